"""tau2's bars with their full counts, through the command line and real HTTP: `python benchmarks/tau2_bars.py BAR...`.

Needs the extra `[tau2]` in the Python that runs it. Bars: gold, lazy, faults, kill, in-flight; without any, all.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib.util
import json
import os
import random
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections import defaultdict
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from tests.server.agent import Tasks, needs_an_action  # noqa: E402


def data() -> Path:
    found = importlib.util.find_spec("tau2")
    assert found is not None, 'there is no tau2: pip install "quantgate[tau2]"'
    assert found.origin is not None
    return Path(os.environ.get("TAU2_DATA_DIR") or Path(found.origin).parent / "data")


@contextlib.contextmanager
def served(*options: str) -> Iterator[str]:
    """Agent and user on loopback, in a process of their own; gives the API root."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "tests.server.agent", "--port", str(port), "--data", str(data()), *options]
    process = subprocess.Popen(command, cwd=ROOT)
    url = f"http://127.0.0.1:{port}"
    try:
        while process.poll() is None:
            with contextlib.suppress(OSError):
                urllib.request.urlopen(f"{url}/v1/models")
                break
            time.sleep(0.1)
        yield url
    finally:
        process.terminate()
        process.wait()


def command(url: str, out: Path, *options: str) -> list[str]:
    return [
        sys.executable, "-c", "from quantgate.cli import main; main()", "run", "--task", "tau2",
        "--base-url", f"{url}/v1", "--model", "test-model", "--user-base-url", f"{url}/v1", "--user-model", "user",
        "--out", str(out), "--repeats", "1", *options,
    ]  # fmt: skip


def run(url: str, out: Path, *options: str) -> int:
    return subprocess.run(command(url, out, *options), cwd=ROOT, stdout=subprocess.DEVNULL).returncode


def scores(out: Path) -> dict[str, float | None]:
    """The last score of every unit, by item and trial."""
    last = {}
    for line in (out / "samples.jsonl").read_text(encoding="utf-8").splitlines():
        sample = json.loads(line)
        last[f"{sample['item_id']}#{sample['repeat']}"] = sample["score"]
    return last


def by_domain(found: dict[str, float | None]) -> str:
    parts = defaultdict(list)
    for unit, score in found.items():
        parts[unit.partition("/")[0]].append(score)
    return ", ".join(
        f"{domain} {sum(score == 1.0 for score in parts[domain])} of {len(parts[domain])}" for domain in sorted(parts)
    )


def seen(url: str) -> dict:
    with urllib.request.urlopen(f"{url}/seen") as answer:
        return json.load(answer)


def gold(work: Path) -> None:
    with served() as url:
        code = run(url, work / "gold", "--concurrency", "32")
    print(f"gold: exit {code}; reward 1 on {by_domain(scores(work / 'gold'))}")


def lazy(work: Path) -> None:
    with served("--play", "lazy") as url:
        code = run(url, work / "lazy", "--concurrency", "32")
    acting = {f"{item_id}#0" for item_id, task in Tasks(data()).by_item.items() if needs_an_action(item_id, task)}
    found = {unit: score for unit, score in scores(work / "lazy").items() if unit in acting}
    print(f"lazy: exit {code}; of tasks that need an action, reward 1 on {by_domain(found)}")


def faults(work: Path) -> None:
    with served("--agent-faults", "0.05", "--user-faults", "0.05") as url:
        code = run(url, work / "faults", "--concurrency", "32")
        told = seen(url)
    found = scores(work / "faults")
    zero = [unit for unit, score in found.items() if score == 0.0]
    print(
        f"faults: exit {code}; {told['faults']} of {told['requests']} requests failed; "
        f"{len(found)} units, scored 0: {len(zero)}"
    )


def children(parent: int) -> list[int]:
    """The process ids of a process's children."""
    listed = Path(f"/proc/{parent}/task/{parent}/children").read_text(encoding="utf-8")
    return [int(pid) for pid in listed.split()]


def stored(out: Path) -> int:
    return sum(1 for _ in out.glob("simulations/*/*.json"))


def kill(work: Path) -> None:
    """SIGKILL of the run or of one of its workers, ten times after a random number of conversations."""
    draw = random.Random(1)
    options = ("--limit", "45", "--repeats", "2", "--concurrency", "16")
    out, killed = work / "killed", {"run": 0, "worker": 0}
    with served("--delay", "0.05") as url:
        run(url, work / "undisturbed", *options)
        process = subprocess.Popen(command(url, out, *options), cwd=ROOT, stdout=subprocess.DEVNULL)
        at = draw.randint(1, 9)
        while True:
            time.sleep(0.05)
            if process.poll() is not None:
                if process.returncode == 0:
                    break
                process = subprocess.Popen(command(url, out, *options), cwd=ROOT, stdout=subprocess.DEVNULL)
            if sum(killed.values()) == 10 or stored(out) < at:
                continue
            at = stored(out) + draw.randint(1, 9)
            workers = children(process.pid)
            if workers and draw.random() < 0.6:
                os.kill(draw.choice(workers), signal.SIGKILL)
                killed["worker"] += 1
            else:
                process.kill()
                process.wait()
                killed["run"] += 1
    same = scores(work / "undisturbed") == scores(out)
    print(
        f"kill: killed {killed}; exit {process.returncode}; equal to the undisturbed run: {same}; "
        f"{by_domain(scores(out))}"
    )


def in_flight(work: Path) -> None:
    with served("--delay", "0.5", "--play", "chatty") as url:
        code = run(url, work / "in-flight", "--concurrency", "64", "--domains", "telecom", "--repeats", "2")
        told = seen(url)
    levels = told["levels"]
    begin, end = levels[0][0], levels[-1][0]
    low, high = begin + (end - begin) * 0.25, begin + (end - begin) * 0.75
    area, above = 0.0, 0.0
    for (since, level), (until, _) in pairwise(levels):
        part = max(0.0, min(until, high) - max(since, low))
        area += part * level
        above += part * (level >= 48)
    print(
        f"in flight: exit {code}; most {told['most']}; in the middle half of {end - begin:.0f} s on average "
        f"{area / (high - low):.1f}, at least 48 for {above / (high - low):.0%} of the time"
    )


def main() -> None:
    bars = {"gold": gold, "lazy": lazy, "faults": faults, "kill": kill, "in-flight": in_flight}
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("bars", nargs="*", metavar="BAR", help=f"{', '.join(bars)}; default: all")
    chosen = parser.parse_args().bars or list(bars)
    if unknown := [name for name in chosen if name not in bars]:
        parser.error(f"there is no bar {unknown[0]}; choose from {', '.join(bars)}")
    with tempfile.TemporaryDirectory() as work:
        for name in chosen:
            began = time.monotonic()
            bars[name](Path(work))
            print(f"  {time.monotonic() - began:.0f} s", flush=True)


if __name__ == "__main__":
    main()
