"""`--concurrency auto` beside fixed numbers, on servers that queue, refuse, slow down or break, over real HTTP.

    python benchmarks/concurrency.py [--only SERVER] [--jobs 2]

needs a clone of this project. For each server and setting: the time for all answers, and how often the server refused.
The server is a process of its own; `dead` are answers that it worked out after nobody waited for them any more.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tests.server.loaded import Kind, Load  # noqa: E402


@dataclass(frozen=True)
class Case:
    """One server, how many requests it is asked, and with which fixed numbers in flight."""

    name: str
    load: Load
    requests: int
    fixed: tuple[int, ...]


@dataclass(frozen=True)
class Outcome:
    """What one run took, how many samples it kept, and what the server saw."""

    wall_s: float
    kept: int
    seen: dict[str, Any]


CASES = (
    Case("1 slot, queues, 1 s", Load(slots=1, seconds=1.0), 60, (1, 8)),
    Case("4 slots, queues, 2 s", Load(slots=4, seconds=2.0), 120, (4, 64)),
    Case("8 slots, queues, 0.3 s", Load(slots=8, seconds=0.3), 1200, (8, 64, 256)),
    Case("8 slots, refuses, 0.3 s", Load(Kind.REFUSE, 8, 0.3), 1200, (8, 16)),
    Case("64 slots, queues, 1 s", Load(slots=64, seconds=1.0), 3000, (64, 256)),
    Case("64 slots, refuses, 1 s", Load(Kind.REFUSE, 64, 1.0), 3000, (64,)),
    Case("64 slots, burst of 429", Load(slots=64, seconds=1.0, burst_s=(12.0, 12.3)), 3000, (64, 256)),
    Case("64 slots, no usage told", Load(slots=64, seconds=1.0, usage=False), 3000, (64,)),
    Case("256 slots, queues, 2 s", Load(slots=256, seconds=2.0), 16000, (256,)),
    Case("256 slots, refuses, 2 s", Load(Kind.REFUSE, 256, 2.0), 16000, (256,)),
    Case("batch, slower the fuller", Load(Kind.BATCH, 64, 0.5), 4000, (64, 256)),
    Case("declines beyond 32", Load(Kind.DECLINE, 32, 0.5), 2000, (32, 64)),
    Case("outage of 5 s", Load(slots=32, seconds=0.5, outage_s=(10.0, 15.0)), 2000, (32, 64)),
)


def measure(case: Case, setting: str) -> Outcome:
    """One run against a fresh server."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "tests.server.loaded", "--load", json.dumps(asdict(case.load))]
        server = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
        try:
            assert server.stdout is not None
            url = server.stdout.readline().strip()
            client = [sys.executable, __file__, "--ask", url, "--requests", str(case.requests), "--setting", setting]
            told = subprocess.run([*client, "--out", folder], cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True)
            wall_s, kept = json.loads(told.stdout)
            with urllib.request.urlopen(url.removesuffix("/v1") + "/stats") as answer:
                return Outcome(wall_s, kept, json.load(answer))
        finally:
            server.kill()
            server.wait()


async def ask(url: str, requests: int, setting: str, out: Path) -> tuple[float, int]:
    """Ask so many questions; how long that took, and how many were answered."""
    from quantgate.evals.endpoint.client import Endpoint
    from quantgate.evals.endpoint.window import Window
    from quantgate.evals.runs.asking import ask_all
    from quantgate.evals.runs.directory import RunDirectory
    from quantgate.evals.runs.missing import MissingRequests
    from quantgate.evals.runs.record import RunRecord, now
    from quantgate.evals.runs.task_plan import TaskPlan
    from quantgate.evals.versions import software_versions
    from tests.conftest import Sums, info_of

    class Silent:
        def follow(self, window: object) -> None: ...

        def asked(self, request: object) -> None: ...

        def fault(self, request: object, fault: object) -> None: ...

        def finished(self, sample: object) -> None: ...

    task = Sums(count=requests)
    plan = TaskPlan(task, task.sampling, 1, info_of(task), "test-model")
    record = RunRecord("l", "test-model", {}, (plan.record(),), software_versions(), now())
    window = Window(None if setting == "auto" else int(setting))
    directory = RunDirectory(out)
    with directory.writing(record) as writer:
        async with Endpoint(url, "test-model") as endpoint:
            began = time.monotonic()
            await ask_all(MissingRequests([plan], {}), {"sums": task}, {"sums": endpoint}, writer, window, Silent())
    wall_s = time.monotonic() - began
    return wall_s, sum(sample.status.scored for sample in directory.samples().values())


def row(case: Case, outcomes: dict[str, Outcome]) -> str:
    best = min((name for name in outcomes if name != "auto"), key=lambda name: outcomes[name].wall_s)
    auto = outcomes["auto"]
    fixed = ", ".join(f"{name}: {outcome.wall_s:.1f}" for name, outcome in outcomes.items() if name != "auto")
    kept = "" if auto.kept == case.requests else f" (kept {auto.kept} of {case.requests})"
    return (
        f"| {case.name} | {auto.wall_s:.1f} s{kept} | {fixed} s | {auto.wall_s / outcomes[best].wall_s:.2f} "
        f"| {auto.seen['most_in_flight']} | {auto.seen['refused']} | {auto.seen['dead']} |"
    )


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", help="servers whose name has this in it")
    parser.add_argument("--jobs", type=int, default=1, help="runs at the same time")
    parser.add_argument("--ask", help=argparse.SUPPRESS)
    parser.add_argument("--requests", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--setting", help=argparse.SUPPRESS)
    parser.add_argument("--out", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.ask:
        print(json.dumps(asyncio.run(ask(options.ask, options.requests, options.setting, options.out))))
        return
    cases = [case for case in CASES if not options.only or options.only in case.name]
    print("| server | auto | fixed | auto / best fixed | most in flight | 429 | dead |")
    print("| --- | --- | --- | --- | --- | --- | --- |", flush=True)
    with ThreadPoolExecutor(options.jobs) as pool:
        waiting = [
            (case, {name: pool.submit(measure, case, name) for name in ("auto", *map(str, case.fixed))})
            for case in cases
        ]
        for case, outcomes in waiting:
            print(row(case, {name: outcome.result() for name, outcome in outcomes.items()}), flush=True)


if __name__ == "__main__":
    main()
