"""The pool of worker processes, with a stand-in for the worker."""

from __future__ import annotations

import asyncio
import os
import select
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from quantgate.tasks.tau2.pool import Pool
from quantgate.tasks.tau2.wire import Ending

STAND_IN = [sys.executable, str(Path(__file__).with_name("stand_in_worker.py"))]


def nothing(role: str, message: str, overload: bool) -> None: ...


def in_pool(size, using):
    async def run():
        async with Pool(STAND_IN, os.environ, size) as pool:
            return await using(pool)

    return asyncio.run(run())


def wait_for_the_end_of(*pids: int) -> None:
    """Return when the processes have ended; they need not be children of this one."""
    for pid in pids:
        try:
            descriptor = os.pidfd_open(pid)
        except ProcessLookupError:
            continue
        ended, _, _ = select.select([descriptor], [], [], 30)
        os.close(descriptor)
        assert ended, f"process {pid} is still there"


def test_commands_are_spread_over_the_workers_and_answered_each_by_its_own():
    async def using(pool):
        outcomes = await asyncio.gather(*(pool.obey({"command": "tell", "told": n}, nothing) for n in range(40)))
        return [outcome.result["told"] for outcome in outcomes], {outcome.result["pid"] for outcome in outcomes}

    told, processes = in_pool(3, using)
    assert told == list(range(40))
    assert len(processes) == 3


def test_a_worker_that_dies_is_replaced_and_its_command_sent_again(tmp_path):
    faults = []

    async def using(pool):
        return await pool.obey(
            {"command": "die once", "mark": str(tmp_path / "died"), "told": 1}, lambda *it: faults.append(it)
        )

    assert in_pool(1, using).result["told"] == 1
    assert faults == [("worker", "a worker process died: exit code 9, it said last: out of memory", False)]


def test_what_the_dead_worker_had_beside_is_sent_again_too(tmp_path):
    async def using(pool):
        commands = [{"command": "die once", "mark": str(tmp_path / "died"), "told": 0}]
        commands += [{"command": "tell", "told": n} for n in range(1, 10)]
        return [
            outcome.result["told"] for outcome in await asyncio.gather(*(pool.obey(it, nothing) for it in commands))
        ]

    assert in_pool(1, using) == list(range(10))


def test_a_command_that_every_worker_dies_of_becomes_a_fault():
    outcome = in_pool(1, lambda pool: pool.obey({"command": "die"}, nothing))
    assert outcome.ending is Ending.FAULT
    assert (
        outcome.message
        == "4 worker processes died one after the other, the last with: exit code 9, it said last: out of memory"
    )


def test_a_worker_that_breaks_the_agreement_counts_as_dead():
    outcome = in_pool(1, lambda pool: pool.obey({"command": "lie"}, nothing))
    assert outcome.ending is Ending.FAULT
    assert "something else than was agreed" in outcome.message


def test_a_worker_that_cannot_be_started_becomes_a_fault(tmp_path):
    async def run():
        async with Pool([str(tmp_path / "no-python")], os.environ, 1) as pool:
            return await pool.obey({"command": "tell"}, nothing)

    assert "cannot be started" in asyncio.run(run()).message


def test_faults_of_calls_are_told_while_the_command_goes_on():
    faults = []
    outcome = in_pool(1, lambda pool: pool.obey({"command": "fault"}, lambda *it: faults.append(it)))
    assert outcome.ending is Ending.DONE
    assert faults == [("user", "HTTP 500", False)]


def test_leaving_the_pool_ends_workers_that_are_busy():
    async def run():
        async with Pool(STAND_IN, os.environ, 2) as pool:
            waiting = [asyncio.create_task(pool.obey({"command": "wait"}, nothing)) for _ in range(4)]
            # Behind them in the queue for a worker: once it is answered, both workers are there and busy.
            await asyncio.create_task(pool.obey({"command": "tell"}, nothing))
            pids = pool.process_ids
            for task in waiting:
                task.cancel()
        return pids

    pids = asyncio.run(run())
    assert len(pids) == 2
    wait_for_the_end_of(*pids)


def test_no_worker_outlives_a_run_that_is_killed():
    script = (
        "import asyncio, os, sys\n"
        "from quantgate.tasks.tau2.pool import Pool\n"
        "async def run():\n"
        "    async with Pool(sys.argv[1:], os.environ, 1) as pool:\n"
        "        waiting = asyncio.create_task(pool.obey({'command': 'wait'}, print))\n"
        "        await pool.obey({'command': 'tell'}, print)\n"
        "        print(*pool.process_ids, flush=True)\n"
        "        await waiting\n"
        "asyncio.run(run())\n"
    )
    with subprocess.Popen([sys.executable, "-c", script, *STAND_IN], stdout=subprocess.PIPE, text=True) as run:
        pids = [int(pid) for pid in run.stdout.readline().split()]
        run.send_signal(signal.SIGKILL)
    assert pids
    wait_for_the_end_of(*pids)


@pytest.mark.parametrize("size", [1, 3])
def test_a_pool_that_was_never_asked_starts_nothing(size):
    async def using(pool):
        return pool.process_ids

    assert in_pool(size, using) == []
