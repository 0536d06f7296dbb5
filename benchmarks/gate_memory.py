"""What a gate of two large runs costs: CPU and peak memory, with its HTML report, as a table.

    python benchmarks/gate_memory.py                        two runs of 1,000, 10,000 and 100,000 samples
    python benchmarks/gate_memory.py --samples 1000000      10,000 items, 100 repeats: 2.6 GB of lines, two minutes
    python benchmarks/gate_memory.py --samples 100000 --nightly    held to its limits

`quantgate gate A B --json --html` as a user calls it, on two directories of invented answers of 300 to 1,000 letters,
10,000 items at most; beside it what reading one of them takes, without and with an index, as a resumed run does. Exits
1 when a limit is broken with --nightly: 6 s of CPU and 500 MB for 100,000 samples twice, 30 s and 1.5 GB for a million.
"""

from __future__ import annotations

import argparse
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from quantgate.evals.contract.records import Sample, Status  # noqa: E402
from quantgate.evals.runs.directory import RunDirectory  # noqa: E402
from quantgate.evals.runs.planned import written  # noqa: E402
from quantgate.evals.runs.record import RunRecord, TaskRecord  # noqa: E402
from quantgate.evals.samples.lines import line_of  # noqa: E402

SIZES = (1_000, 10_000, 100_000)
MOST_ITEMS = 10_000
LIMITS = {100_000: (6.0, 500), 1_000_000: (30.0, 1536)}
"""By samples of each run: seconds of CPU, and MB."""
WORDS = [f"token{number} " for number in range(500)]


@dataclass(frozen=True)
class Cost:
    """Seconds of CPU, and the most memory, of one gate; of reading one of its runs without an index and with one."""

    cpu_s: float
    peak_mb: float
    read_s: float
    indexed_s: float


def write_run(folder: Path, samples: int, label: str, seed: int) -> None:
    """A run directory of so many answers, about two thirds of them right."""
    items = min(samples, MOST_ITEMS)
    ids = written(str(item) for item in range(items))
    sampling = {"temperature": 0.7, "max_tokens": 2048}
    task = TaskRecord(
        "gsm8k", "3.0", "lm-eval", "strict", "d" * 64, items, samples // items, sampling, {}, item_ids=ids
    )
    record = RunRecord(label, label, {"base_url": f"http://{label}/v1"}, (task,), {}, "2026-01-01T00:00:00+00:00")
    with RunDirectory(folder).writing(record), (folder / "samples.jsonl").open("wb") as stream:
        chance = random.Random(seed)
        for number in range(samples):
            item = number % items
            score = float(chance.random() < 0.3 + 0.7 * (item * 7919 % 1000) / 1000)
            text = "".join(chance.choices(WORDS, k=chance.randint(35, 110)))
            stream.write(
                line_of(
                    Sample(
                        "gsm8k",
                        str(item),
                        number // items,
                        f"{item * 7919:064x}",
                        Status.OK,
                        score,
                        extracted=str(chance.randint(0, 99)),
                        metrics={"strict": score, "flexible": score},
                        response=text,
                        finish_reason="stop",
                        usage={"prompt_tokens": 900, "completion_tokens": len(text) // 4},
                        latency_s=round(chance.random(), 4),
                        time=f"2026-01-01T{number // 3600 % 24:02d}:{number // 60 % 60:02d}:{number % 60:02d}+00:00",
                    )
                )
            )


def gate(folder: Path) -> tuple[float, float]:
    """Seconds of CPU and peak memory in MB of `quantgate gate`. Raises SystemExit when it fails."""
    outputs = ["--json", str(folder / "gate.json"), "--html", str(folder / "gate.html")]
    command = [sys.executable, "-m", "quantgate", "gate", str(folder / "fp8"), str(folder / "mxfp4"), *outputs]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode not in (0, 1, 3):
        raise SystemExit(f"quantgate gate exits {process.returncode}")
    return used.ru_utime + used.ru_stime, used.ru_maxrss / 1024


def seconds(work: Callable[[], object]) -> float:
    """CPU of this process."""
    begun = time.process_time()
    work()
    return time.process_time() - begun


def measure(samples: int) -> Cost:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for seed, label in enumerate(("fp8", "mxfp4")):
            write_run(folder / label, samples, label, seed)
        directory = RunDirectory(folder / "fp8")
        read = seconds(directory.held)
        directory.keep_index(directory.held())
        return Cost(*gate(folder), read, seconds(directory.held))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--samples", type=int, nargs="*", default=SIZES)
    parser.add_argument("--nightly", action="store_true", help="exit 1 when a limit is broken")
    given = parser.parse_args()
    broken = []
    print("| samples, twice | gate: CPU s | gate: peak MB | reading one: CPU s | with its index: CPU s |")
    print("| ---: | ---: | ---: | ---: | ---: |")
    for samples in given.samples:
        cost = measure(samples)
        figures = f"{cost.cpu_s:.1f} | {cost.peak_mb:,.0f} | {cost.read_s:.2f} | {cost.indexed_s:.2f}"
        print(f"| {samples:,} | {figures} |", flush=True)
        most_s, most_mb = LIMITS.get(samples, (float("inf"), float("inf")))
        if cost.cpu_s > most_s or cost.peak_mb > most_mb:
            broken.append(f"{samples:,} samples twice: more than {most_s:g} s of CPU or {most_mb:,} MB")
    print("\n".join(broken))
    return 1 if broken and given.nightly else 0


if __name__ == "__main__":
    sys.exit(main())
