"""What a large run costs: peak memory, CPU per sample, resume, and whether a sample is lost or doubled, as a table.

    python benchmarks/run_memory.py                       1,000, 10,000 and 100,000 samples
    python benchmarks/run_memory.py --samples 1000000     10,000 items, 100 repeats: half an hour of two cores
    python benchmarks/run_memory.py --samples 1000000 --copy    the same, with only the first and last pass asked
    python benchmarks/run_memory.py --nightly             100,000 with a kill in the middle, held to its limits

`quantgate run --task gsm8k` as a user calls it, with invented questions of GSM8K's length, five worked examples, 512
requests in flight and 5% faults that heal, against a server in another process. CPU is the client's alone. With --kill
(and --nightly) it is killed half-way, and the same command goes on. With --copy what lies between the first and the
last pass over the items is copied from the first, so that a run goes on that is long already: memory and resume are
those of the whole, CPU that of the samples that were asked. `resume` is the same command once more over the whole
directory. Exits 1 when a sample is lost, doubled or graded wrong, and at nightly size when a limit is broken.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks.quick_server import answered, price  # noqa: E402

MOST_ITEMS = 10_000
SIZES = (1_000, 10_000, 100_000)
NIGHTLY = 100_000
LIMIT_MB = 600
LIMIT_MS = 2.5
"""Twice what a sample costs on a quiet machine, for the night is not quiet everywhere."""
LIMIT_RESUME_S = 20.0
_LINE_BYTES = 600
FILLER = "They carry the rest of it home in two carts, one of which is lent, and count what is left in the yard. " * 2


@dataclass(frozen=True)
class Measured:
    """One process: its exit code, seconds of wall time and CPU, and the most memory that it held."""

    code: int
    wall_s: float
    cpu_s: float
    peak_mb: float


def write_data(folder: Path, items: int) -> Path:
    """Files as GSM8K publishes them; the question's number is its item's."""
    for split, first, count in (("test", 0, items), ("train", 1_000_000, 200)):
        with (folder / f"{split}.jsonl").open("w", encoding="utf-8") as stream:
            for number in range(first, first + count):
                question = f"Crate {number}: three at ${number} each and seven more. {FILLER}What do they pay?"
                answer = f"3 * {number} = {3 * number}, and 7 more.\n#### {price(number)}"
                stream.write(json.dumps({"question": question, "answer": answer}) + "\n")
    return folder / "test.jsonl"


def command(test: Path, repeats: int, port: int, out: Path, in_flight: int) -> list[str]:
    return [
        *(sys.executable, "-m", "quantgate", "run", "--task", "gsm8k", "--data", f"gsm8k={test}"),
        *("--base-url", f"http://127.0.0.1:{port}/v1", "--model", "test-model", "--out", str(out)),
        *("--concurrency", str(in_flight), "--temperature", "1", "--repeats", str(repeats)),
    ]


def measured(arguments: list[str], kill_at: int = 0, samples: Path | None = None) -> Measured:
    """Run a command to its end, or until a file has so many lines."""
    began = time.monotonic()
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen(arguments, stdout=said, stderr=subprocess.STDOUT, cwd=ROOT)
        while kill_at and samples is not None and process.poll() is None:
            if samples.exists() and samples.stat().st_size >= kill_at:
                process.send_signal(signal.SIGKILL)
                break
            time.sleep(0.05)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode not in (0, -signal.SIGKILL):
            said.seek(0)
            sys.stderr.write(said.read().decode()[-3000:])
    return Measured(
        process.returncode, time.monotonic() - began, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024
    )


def copy_passes(samples: Path, until: int) -> None:
    """Give the repeats from 1 to below `until` the lines of the first."""
    first = samples.read_text(encoding="utf-8")
    with samples.open("a", encoding="utf-8") as stream:
        for repeat in range(1, until):
            passed = first.replace('"repeat": 0', f'"repeat": {repeat}')
            passed = passed.replace("By way 1234", f"By way {1234 + repeat}")
            stream.write(passed.replace('"seed": 1234', f'"seed": {1234 + repeat}'))


def checked(samples: Path, items: int, repeats: int) -> tuple[int, int, int]:
    """How many samples of the plan have no line, how many lines are too many, how many are graded wrong."""
    seen: Counter[tuple[int, int]] = Counter()
    wrong = 0
    with samples.open("rb") as stream:
        for line in stream:
            sample = json.loads(line)
            if sample["status"] == "ungraded":  # arrived while the graders were loading, and graded in a later line
                continue
            item = int(sample["item_id"])
            seen[item, sample["repeat"]] += 1
            right = float(answered(item) == price(item))
            wrong += sample["status"] != "ok" or sample["score"] != right or sample["extracted"] != str(answered(item))
    planned = {(item, repeat) for item in range(items) for repeat in range(repeats)}
    return len(planned - seen.keys()), seen.total() - len(planned & seen.keys()), wrong


def one_size(count: int, options: argparse.Namespace) -> bool:
    """Print the row of one size; whether nothing was lost, doubled or wrong, and the limits hold where they count."""
    items = min(count, options.items)
    repeats = count // items
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        test, out = write_data(folder, items), folder / "run"
        shape = ["--no-stream"] if options.no_stream else []
        server = subprocess.Popen(
            [sys.executable, str(ROOT / "benchmarks" / "quick_server.py"), "--faults", str(options.faults), *shape],
            stdout=subprocess.PIPE,
        )
        try:
            assert server.stdout is not None
            port = int(server.stdout.readline())
            asked = command(test, repeats, port, out, options.in_flight)
            parts, samples = [], out / "samples.jsonl"
            if options.kill:
                parts.append(measured(asked, _LINE_BYTES * count // 2, samples))
            if options.copy:
                parts.append(measured(command(test, 1, port, out, options.in_flight)))
                copy_passes(samples, repeats - 1)
            parts.append(measured(asked))
            lost, doubled, wrong = checked(samples, items, repeats)
            resumed = measured(asked)
        finally:
            server.terminate()
            server.wait()
    peak = max(part.peak_mb for part in parts)
    cpu_ms = 1000 * sum(part.cpu_s for part in parts) / (2 * items if options.copy else count)
    wall_s = sum(part.wall_s for part in parts)
    print(
        f"{count:>9,} {items:>6,} x {repeats:<4} {peak:>8.0f} {cpu_ms:>11.2f} {wall_s:>8.1f} "
        f"{resumed.wall_s:>9.1f} {resumed.cpu_s:>10.1f} {resumed.peak_mb:>10.0f} {lost:>5} {doubled:>8} {wrong:>6}",
        flush=True,
    )
    holds = lost == doubled == wrong == 0 and parts[-1].code == resumed.code == 0
    if options.nightly:
        holds &= peak <= LIMIT_MB and cpu_ms <= LIMIT_MS and resumed.wall_s <= LIMIT_RESUME_S
    return holds


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--samples", type=int, nargs="*", default=list(SIZES), help="sizes to measure")
    parser.add_argument("--items", type=int, default=MOST_ITEMS, help=f"items at most (default {MOST_ITEMS:,})")
    parser.add_argument("--in-flight", type=int, default=512)
    parser.add_argument("--faults", type=float, default=0.05, help="share of requests that first fail once")
    parser.add_argument("--no-stream", action="store_true", help="a server that streams no answers")
    parser.add_argument("--kill", action="store_true", help="kill the run half-way and go on")
    parser.add_argument("--copy", action="store_true", help="ask only the first and the last pass over the items")
    parser.add_argument("--nightly", action="store_true", help=f"{NIGHTLY:,} samples with a kill, held to the limits")
    options = parser.parse_args()
    sizes = [NIGHTLY] if options.nightly else options.samples
    options.kill |= options.nightly
    print(
        f"{'samples':>9} {'items x repeats':>13} {'peak MB':>8} {'CPU ms each':>11} {'wall s':>8} {'resume s':>9} "
        f"{'resume CPU':>10} {'resume MB':>10} {'lost':>5} {'doubled':>8} {'wrong':>6}"
    )
    holds = [one_size(count, options) for count in sizes]
    return 0 if all(holds) else 1


if __name__ == "__main__":
    sys.exit(main())
