"""quantgate beside lm-eval's own `local-chat-completions`, whole processes on one server: wall time, CPU, schedule.

    python benchmarks/against_lm_eval.py --test test.jsonl --train train.jsonl

needs `pip install "lm-eval[api]"` and a clone of this project. Two settings: instant answers (what the tools cost) and
answers after 0.3 s on average, lognormal (how well 128 slots are kept busy: the time between the server's first request
and its last answer, over that of an ideal schedule of the same latencies over the same slots).
"""

from __future__ import annotations

import argparse
import heapq
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SIGMA = 0.6


@dataclass(frozen=True)
class Measured:
    """One whole process: seconds of wall time and CPU, the server's span, and the accuracy it reported."""

    wall: float
    cpu: float
    span: float
    questions: list[str]
    accuracy: float


def latency(question: str, mean: float) -> float:
    """The server's delay for a question; the same rule as in `tests/server/served.py`."""
    return mean * 2.718281828 ** (random.Random(question).gauss(0, SIGMA) - SIGMA**2 / 2) if mean else 0.0


def ideal_span(latencies: Sequence[float], slots: int) -> float:
    """Seconds that the latencies take in this order over so many slots, with nothing lost between."""
    free = [0.0] * min(slots, len(latencies))
    heapq.heapify(free)
    for seconds in latencies:
        heapq.heappush(free, heapq.heappop(free) + seconds)
    return max(free)


def measure(command: list[str], port: int, read_accuracy) -> Measured:
    stats(port)
    began = time.monotonic()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, cwd=ROOT)
    assert process.stderr is not None
    errors = process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.monotonic() - began
    if status != 0:
        raise SystemExit(f"{command[0]} failed:\n{errors.decode()[-2000:]}")
    seen = stats(port)
    return Measured(wall, usage.ru_utime + usage.ru_stime, seen["span_s"], seen["questions"], read_accuracy())


def stats(port: int) -> dict:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/stats") as reply:
        return json.load(reply)


def start_server(port: int, test: Path, mean: float) -> subprocess.Popen:
    server = subprocess.Popen(
        [
            *(sys.executable, "-m", "tests.server.served", "--port", str(port), "--gsm8k", str(test)),
            *("--mean-latency", str(mean)),
        ],
        cwd=ROOT,
    )
    deadline = time.monotonic() + 30
    while True:
        try:
            stats(port)
            return server
        except urllib.error.URLError:
            if server.poll() is not None or time.monotonic() > deadline:
                raise SystemExit("the server did not start") from None
            time.sleep(0.1)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--test", type=Path, required=True, help="GSM8K's test.jsonl")
    parser.add_argument("--train", type=Path, required=True, help="GSM8K's train.jsonl")
    parser.add_argument("--concurrency", type=int, default=128)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--port", type=int, default=8911)
    options = parser.parse_args()
    test, train = options.test.resolve(), options.train.resolve()
    for mean in (0.0, 0.3):
        server = start_server(options.port, test, mean)
        try:
            rows = [compare(options, test, train) for _ in range(options.runs)]
        finally:
            server.terminate()
            server.wait()
        print(f"\n{'instant answers' if not mean else f'mean latency {mean} s'}, {options.concurrency} slots,", end=" ")
        print(f"{len(rows[0][0].questions)} requests, median of {options.runs} runs")
        report(rows, mean, options.concurrency)


def compare(options: argparse.Namespace, test: Path, train: Path) -> tuple[Measured, Measured]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        ours = measure(quantgate_command(options, test, train, folder / "run"), options.port, lambda: our_score(folder))
        theirs = measure(lm_eval_command(options, test, train, folder), options.port, lambda: their_score(folder))
    return ours, theirs


def quantgate_command(options: argparse.Namespace, test: Path, train: Path, out: Path) -> list[str]:
    return [
        *(sys.executable, "-m", "quantgate", "run", "--task", "gsm8k", "--data", f"gsm8k={test}"),
        *("--data", f"gsm8k.train={train}", "--base-url", f"http://127.0.0.1:{options.port}/v1"),
        *("--model", "test-model", "--out", str(out), "--concurrency", str(options.concurrency)),
    ]


def lm_eval_command(options: argparse.Namespace, test: Path, train: Path, folder: Path) -> list[str]:
    """lm-eval's own gsm8k, told only that its documents are local."""
    import lm_eval

    packaged = Path(lm_eval.__file__).parent / "tasks" / "gsm8k" / "gsm8k.yaml"
    files = json.dumps({"train": str(train), "test": str(test)})
    (folder / "gsm8k_local.yaml").write_text(
        f"include: {packaged}\ntask: gsm8k_local\ndataset_path: json\ndataset_name: null\n"
        f"dataset_kwargs:\n  data_files: {files}\n",
        encoding="utf-8",
    )
    arguments = f"model=test-model,base_url=http://127.0.0.1:{options.port}/v1/chat/completions"
    return [
        *(sys.executable, "-m", "lm_eval", "run", "--model", "local-chat-completions", "--tasks", "gsm8k_local"),
        *("--include_path", str(folder), "--output_path", str(folder / "lm-eval"), "--apply_chat_template"),
        *("--model_args", f"{arguments},num_concurrent={options.concurrency},tokenized_requests=False"),
    ]


def our_score(folder: Path) -> float:
    with (folder / "run" / "samples.jsonl").open(encoding="utf-8") as stream:
        return statistics.fmean(json.loads(line)["score"] for line in stream)


def their_score(folder: Path) -> float:
    (file,) = (folder / "lm-eval").rglob("results_*.json")
    return json.loads(file.read_text(encoding="utf-8"))["results"]["gsm8k_local"]["exact_match,flexible-extract"]


def report(rows: list[tuple[Measured, Measured]], mean: float, slots: int) -> None:
    print(f"{'':34}{'quantgate':>12}{'lm-eval':>12}{'ratio':>9}")
    measures = {
        "whole process, wall s": lambda m: m.wall,
        "whole process, CPU s": lambda m: m.cpu,
        "CPU ms per request": lambda m: 1000 * m.cpu / len(m.questions),
        "first request to last answer, s": lambda m: m.span,
    }
    if mean:
        measures["that over the ideal schedule"] = lambda m: (
            m.span
            / ideal_span(
                [
                    latency(question.removeprefix("Question: ").removesuffix("\nAnswer:"), mean)
                    for question in m.questions
                ],
                slots,
            )
        )
    for name, of in measures.items():
        ours = statistics.median(of(row[0]) for row in rows)
        theirs = statistics.median(of(row[1]) for row in rows)
        print(f"{name:34}{ours:12.3f}{theirs:12.3f}{ours / theirs:9.3f}")
    accuracies = {(row[0].accuracy, row[1].accuracy) for row in rows}
    print(f"accuracy {', '.join(f'{ours!r} and {theirs!r}' for ours, theirs in sorted(accuracies))}")


if __name__ == "__main__":
    main()
