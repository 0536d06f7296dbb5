"""Many processes in one sandbox: each call is made by one that knows nothing of the others and can make none."""

import signal
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from quantgate.evals.sandbox import running
from quantgate.evals.sandbox.running import Call, SandboxError, run_apart
from quantgate.evals.sandbox.seccomp import filter_program
from tests.evals.sandbox.needed import HARNESS, SMALL, needs_sandbox, ran, still_works

pytestmark = needs_sandbox

ASLEEP = replace(SMALL, wall_s=60.0, asleep_s=0.5)


def called(program: str, *numbers: int, limits=SMALL) -> running.Ran:
    """What a program's `f` gives for each of the numbers, in order."""
    return run_apart(HARNESS, "called", [Call((program, number), 0.5) for number in numbers], limits)


def values(heard: running.Ran) -> list[object]:
    return [group[0].value if group else None for group in heard.groups]


def test_nothing_of_one_call_is_left_to_the_next():
    program = """
import math, os, sys, threading, time
def f(x):
    seen = (hasattr(math, "mark"), "mark" in sys.modules, threading.active_count(), os.getpid())
    math.mark = sys.modules["mark"] = math
    threading.Thread(target=time.sleep, args=(60,), daemon=True).start()
    return seen
"""
    seen = values(called(program, 1, 2, 3))
    assert [each[:3] for each in seen] == [(False, False, 1)] * 3
    assert len({each[3] for each in seen}) == 3


def test_what_other_calls_are_given_is_not_to_be_found():
    program = """
import sys
def f(x):
    frame, seen = sys._getframe(), []
    while frame:
        seen += [value["groups"] for value in frame.f_locals.values() if isinstance(value, dict) and "groups" in value]
        frame = frame.f_back
    return seen
"""
    assert values(called(program, 1, 2)) == [[[], []], [[], []]]


def test_threads_of_other_sandboxes_keep_no_call_from_being_made():
    busy = """
import threading, time
def f(x):
    threading.stack_size(65536)
    for _ in range(40):
        threading.Thread(target=time.sleep, args=(3,), daemon=True).start()
    time.sleep(2)
    return x
"""
    with ThreadPoolExecutor() as pool:
        other = pool.submit(called, busy, 1, limits=replace(SMALL, threads=200))
        mine = [values(called("def f(x): return x", *range(9))) for _ in range(6)]
        assert values(other.result()) == [1]
    assert mine == [[*range(9)]] * 6


def test_the_harness_is_executed_once_for_all_calls():
    harness = "import os\nMADE_BY = os.getpid()\ndef entry(x): return MADE_BY, os.getppid(), x"
    heard = values(run_apart(harness, "entry", [Call((x,), 0.5) for x in range(3)], SMALL))
    assert {each[:2] for each in heard} == {(heard[0][0], heard[0][0])}
    assert [each[2] for each in heard] == [0, 1, 2]


@pytest.mark.parametrize(
    "failing", ["1 // 0", "sys.exit(0)", "os._exit(1)", "os.abort()", "os.kill(os.getpid(), 9)", "time.sleep(60)"]
)
def test_after_a_call_that_fails_no_other_is_made(failing):
    heard = called(f"import os, sys, time\ndef f(x):\n    if x == 2: {failing}\n    return x", 1, 2, 3, limits=ASLEEP)
    assert values(heard) == [1, None, None]


def test_a_call_that_takes_too_long_is_ended_though_it_puts_its_timer_off():
    program = (
        "import signal\ndef f(x):\n    signal.setitimer(signal.ITIMER_PROF, 0)\n    while x == 2: pass\n    return x"
    )
    before = time.monotonic()
    assert values(called(program, 1, 2, 3, limits=replace(SMALL, cpu_s=30, wall_s=60.0))) == [1, None, None]
    assert time.monotonic() - before < 30


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGSTOP])
def test_a_program_that_ends_or_stops_what_started_it_has_given_nothing(number):
    program = f"import os, time\ndef f(x):\n    os.kill(os.getppid(), {int(number)})\n    time.sleep(60)\n    return x"
    heard = called(program, 1, 2, limits=ASLEEP)
    assert values(heard) == [None, None]
    assert heard.ended in ("ended before its calls were made", "out of time")
    assert still_works()


def test_no_process_of_the_sandbox_is_reached_by_another():
    program = """
import ctypes, os
def f(x):
    libc = ctypes.CDLL(None, use_errno=True)
    pidfd = os.pidfd_open(os.getppid())
    return [libc.syscall(438, pidfd, number, 0) for number in range(4)] + [libc.ptrace(16, os.getppid(), 0, 0)]
"""
    assert values(called(program, 1)) == [[-1] * 5]


def test_a_filter_that_does_not_hold_is_found_before_a_program_runs(monkeypatch):
    for rules in (b"", filter_program(forks=True)):
        monkeypatch.setattr(
            running, "filter_program", lambda forks=False, rules=rules: filter_program(forks=True) if forks else rules
        )
        with pytest.raises(SandboxError, match="cannot be put behind the filter"):
            called("def f(x): return x", 1)


def test_a_whole_text_comes_back():
    (heard,) = ran("def f(): return 'x' * 300_000", apart=True).groups
    assert heard[0].value == "x" * 300_000


def test_texts_count_as_one_value_each_whatever_they_hold(monkeypatch):
    monkeypatch.setattr(running, "_MOST_VALUES", 1000)
    assert values(called("def f(x): return ',' * 900", 1, 2, 3)) == ["," * 900] * 3
    assert values(called("def f(x): return [[]] * 400", 1, 2, 3)) == [[[]] * 400, None, None]
