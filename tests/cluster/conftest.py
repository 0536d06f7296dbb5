"""Runs whose workers are processes of this machine, started without Ray, and sums for them to ask."""

from __future__ import annotations

import json
import os
import re
import signal
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from quantgate.cluster.executing import OnCluster
from quantgate.cluster.links import LinkLost
from quantgate.cluster.relay import Relay
from quantgate.evals.runs.session import prepare
from quantgate.evals.runs.side_by_side import ask_side_by_side
from quantgate.evals.settings.run import RunConfig
from quantgate.tasks.loading import configured_task
from quantgate.tasks.registry import find_task
from tests.server.served import Reply, gsm8k_rule

OF_THE_MOMENT = ("latency_s", "first_token_s", "tokens_per_s", "time")
"""What of a sample no two runs have alike."""


def sums(body) -> Reply:
    """Answers a sum of the task `arithmetic`, wrongly where it is a multiple of five."""
    a, b = map(int, re.findall(r"\d+", body["messages"][-1]["content"])[-2:])
    return Reply(f"The answer is {a + b + ((a + b) % 5 == 0)}.")


def samples(out: Path) -> dict[str, str]:
    """A run's samples as they are stored, without what is of the moment, by what they answer; none is there twice."""
    found = {}
    for line in (out / "samples.jsonl").read_text().splitlines():
        sample = json.loads(line)
        key = f"{sample['task']} {sample['item_id']} {sample['repeat']}"
        assert key not in found, f"{key} is stored twice"
        found[key] = json.dumps({name: value for name, value in sample.items() if name not in OF_THE_MOMENT})
    return found


class Quiet:
    """Progress that nobody looks at; it counts the faults."""

    def __init__(self):
        self.faults = []

    def follow(self, window):
        self.window = window

    def asked(self, request):
        pass

    def fault(self, request, fault):
        self.faults.append(str(fault))

    def finished(self, sample):
        pass


@dataclass
class HereLink:
    relay: Relay
    where: str = "here"

    async def send(self, data):
        await self.relay.send(data)

    async def pieces(self) -> AsyncIterator[bytes]:
        async for piece in self.relay.listen():
            yield piece
        raise LinkLost(await self.relay.ended())

    async def close(self):
        if self.relay._process.returncode is None:
            self.relay._process.kill()
        await self.relay.ended()
        self.relay._process._transport.close()


@dataclass
class Here:
    """Places for workers on this machine; `command` is what is started in them, `hired` are those that were."""

    room: int = 2
    command: tuple[str, ...] | None = None
    hired: list[HereLink] = field(default_factory=list)

    async def places(self):
        return self.room

    async def hire(self):
        link = HereLink(Relay())
        await (link.relay.start() if self.command is None else link.relay.start(self.command))
        self.hired.append(link)
        return link

    def shared(self, data):
        return data

    def kill_one(self):
        """Kill a worker that is alive, as a machine does that has no memory left."""
        pid = next(link.relay._process.pid for link in self.hired if link.relay._process.returncode is None)
        os.kill(pid, signal.SIGKILL)
        return pid


@pytest.fixture
def rule(gsm8k_files):
    """Answers the invented problems of gsm8k; every fifth one wrongly."""
    rows = [json.loads(line) for line in gsm8k_files[0].read_text().splitlines()]
    answers = {row["question"]: row["answer"].split("#### ")[1] for row in rows}
    return gsm8k_rule(answers, frozenset(row["question"] for row in rows[::5]))


@pytest.fixture
def run_here(tmp_path):
    """Asks sums into a run directory, by workers in `place` or without them; gives the directory and the progress."""

    def run(url, place=None, out="run", own=None, most=None, **options):
        config = RunConfig(
            **{"task": ["arithmetic"], "base_url": url, "model": "test-model", "out": tmp_path / out, **options}
        )
        infos = {name: find_task(name) for name in config.task}
        given = {name: (own or {}).get(name, {}) for name in infos}
        tasks = {name: configured_task(name, config, given[name]) for name in infos}
        progress = Quiet()
        session = prepare(config, tasks, infos)
        elsewhere = None if place is None else OnCluster(place, given, 1, most)
        ask_side_by_side([(session, progress)], elsewhere=elsewhere)
        return config.out, progress

    return run
