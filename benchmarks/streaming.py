"""What streaming costs: CPU per request of `quantgate run --stream` beside `--no-stream`, on one server, in turn.

    python benchmarks/streaming.py --test test.jsonl --train train.jsonl

needs a clone of this project. Answers of 8,000 tokens, 128 in flight; the server writes every token by itself.
CPU seconds are those of whole processes, and of what a request adds to a process: the difference of two runs.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FORMS = ("--no-stream", "--stream")


@dataclass(frozen=True)
class Cost:
    """One whole process: CPU and wall seconds, and the mean score."""

    cpu: float
    wall: float
    score: float


def start_server(port: int, test: Path, tokens: int) -> subprocess.Popen[bytes]:
    server = subprocess.Popen(
        [
            *(sys.executable, "-m", "tests.server.served", "--port", str(port), "--gsm8k", str(test)),
            *("--streams", "--tokens", str(tokens)),
        ],
        cwd=ROOT,
    )
    deadline = time.monotonic() + 30
    while True:
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/stats").close()
            return server
        except urllib.error.URLError:
            if server.poll() is not None or time.monotonic() > deadline:
                raise SystemExit("the server did not start") from None
            time.sleep(0.1)


def run(options: argparse.Namespace, form: str, requests: int) -> Cost:
    """One run of so many requests, in a process of its own."""
    with tempfile.TemporaryDirectory() as name:
        out = Path(name) / "run"
        command = [
            *(sys.executable, "-m", "quantgate", "run", "--task", "gsm8k", "--data", f"gsm8k={options.test}"),
            *("--data", f"gsm8k.train={options.train}", "--base-url", f"http://127.0.0.1:{options.port}/v1"),
            *("--model", "test-model", "--out", str(out), "--concurrency", str(options.concurrency)),
            *("--limit", str(requests), "--max-tokens", str(options.tokens), form),
        ]
        began = time.monotonic()
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, cwd=ROOT)
        assert process.stderr is not None
        errors = process.stderr.read()
        _, status, usage = os.wait4(process.pid, 0)
        if status != 0:
            raise SystemExit(f"{' '.join(command)} failed:\n{errors.decode()[-2000:]}")
        with (out / "samples.jsonl").open(encoding="utf-8") as stream:
            samples = [json.loads(line) for line in stream]
        if any((sample["first_token_s"] is not None) != (form == "--stream") for sample in samples):
            raise SystemExit(f"{form} was not what was measured")
        score = statistics.fmean(sample["score"] for sample in samples)
        return Cost(usage.ru_utime + usage.ru_stime, time.monotonic() - began, score)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--test", type=Path, required=True, help="GSM8K's test.jsonl")
    parser.add_argument("--train", type=Path, required=True, help="GSM8K's train.jsonl")
    parser.add_argument("--tokens", type=int, default=8000)
    parser.add_argument("--requests", type=int, default=384)
    parser.add_argument("--concurrency", type=int, default=128)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--port", type=int, default=8913)
    options = parser.parse_args()
    options.test, options.train = options.test.resolve(), options.train.resolve()
    few = options.requests // 3
    server = start_server(options.port, options.test, options.tokens)
    try:
        rows = [
            {(form, n): run(options, form, n) for n in (few, options.requests) for form in FORMS}
            for _ in range(options.runs)
        ]
    finally:
        server.terminate()
        server.wait()
    whole, added = (
        {form: statistics.median(of(row, form) for row in rows) for form in FORMS}
        for of in (
            lambda row, form: row[form, options.requests].cpu / options.requests,
            lambda row, form: (row[form, options.requests].cpu - row[form, few].cpu) / (options.requests - few),
        )
    )
    print(
        f"{options.requests} answers of {options.tokens} tokens, {options.concurrency} in flight, {options.runs} runs"
    )
    print(f"{'':34}{'plain':>10}{'streamed':>10}{'ratio':>8}")
    for title, costs in (("whole process, CPU ms per request", whole), ("CPU ms that a request adds", added)):
        plain, streamed = (1000 * costs[form] for form in FORMS)
        print(f"{title:34}{plain:10.2f}{streamed:10.2f}{streamed / plain:8.2f}")
    scores = {cost.score for row in rows for (_, n), cost in row.items() if n == options.requests}
    print(f"scores: {', '.join(map(repr, sorted(scores)))}")


if __name__ == "__main__":
    main()
