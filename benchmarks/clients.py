"""quantgate beside the clients of lm-eval and Inspect, whole processes on one server, as a table.

    python benchmarks/clients.py --test test.jsonl --train train.jsonl [--inspect PATH/TO/inspect]

needs `pip install "lm-eval[api]"` and a clone of this project; Inspect (`pip install inspect-ai openai`) may be in an
environment of its own. All ask the same 1,319 five-shot questions of GSM8K. Answers come at once (what the tools cost)
or after 0.3 s on average, lognormal (how well the slots are kept busy: the time between the server's first request and
its last answer, over that of an ideal schedule of the same latencies over the same slots).
"""

from __future__ import annotations

import argparse
import heapq
import json
import multiprocessing
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SIGMA = 0.6


@dataclass(frozen=True)
class Measured:
    """One whole process: seconds of wall time and CPU, MB at the peak of its largest process, the server's span."""

    wall: float
    cpu: float
    peak: float
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


def measure(command: list[str], port: int, read_accuracy: Callable[[], float], **more: str) -> Measured:
    stats(port)
    began = time.monotonic()
    process = subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, cwd=ROOT, env={**os.environ, **more}
    )
    assert process.stderr is not None
    errors = process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.monotonic() - began
    if status != 0:
        raise SystemExit(f"{command[0]} failed:\n{errors.decode()[-2000:]}")
    seen = stats(port)
    return Measured(
        wall,
        usage.ru_utime + usage.ru_stime,
        usage.ru_maxrss / 1024,
        seen["span_s"],
        seen["questions"],
        read_accuracy(),
    )


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
    parser.add_argument("--inspect", type=Path, help="Inspect's command, where it is installed")
    parser.add_argument("--concurrency", type=int, nargs="+", default=[16, 128, 512])
    parser.add_argument("--latency", type=float, nargs="+", default=[0.0, 0.3], help="mean, in seconds")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--port", type=int, default=8911)
    options = parser.parse_args()
    test, train = options.test.resolve(), options.train.resolve()
    with tempfile.TemporaryDirectory() as name:
        prompts = Path(name) / "prompts.jsonl"
        if options.inspect is not None:
            # In a process of its own: what a child's peak is counted from is its parent's.
            writing = multiprocessing.get_context("spawn").Process(target=write_prompts, args=(test, train, prompts))
            writing.start()
            writing.join()
        for mean in options.latency:
            server = start_server(options.port, test, mean)
            try:
                for slots in options.concurrency:
                    rows = [compare(options, slots, test, train, prompts) for _ in range(options.runs)]
                    report(rows, mean, slots)
            finally:
                server.terminate()
                server.wait()


def compare(options: argparse.Namespace, slots: int, test: Path, train: Path, prompts: Path) -> dict[str, Measured]:
    port = options.port
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        done = {
            "quantgate": measure(
                quantgate_command(port, slots, test, train, folder / "run"), port, lambda: our_score(folder)
            ),
            "lm-eval": measure(lm_eval_command(port, slots, test, train, folder), port, lambda: their_score(folder)),
        }
        if options.inspect is not None:
            done["Inspect"] = measure(
                inspect_command(options.inspect, slots, prompts, folder),
                port,
                lambda: inspect_score(folder),
                LOCAL_BASE_URL=f"http://127.0.0.1:{port}/v1",
                LOCAL_API_KEY="none",
            )
    return done


def quantgate_command(port: int, slots: int, test: Path, train: Path, out: Path) -> list[str]:
    return [
        *(sys.executable, "-m", "quantgate", "run", "--task", "gsm8k", "--data", f"gsm8k={test}"),
        *("--data", f"gsm8k.train={train}", "--base-url", f"http://127.0.0.1:{port}/v1"),
        *("--model", "test-model", "--out", str(out), "--concurrency", str(slots)),
    ]


def lm_eval_command(port: int, slots: int, test: Path, train: Path, folder: Path) -> list[str]:
    """lm-eval's own gsm8k, told only that its documents are local."""
    import lm_eval

    packaged = Path(lm_eval.__file__).parent / "tasks" / "gsm8k" / "gsm8k.yaml"
    files = json.dumps({"train": str(train), "test": str(test)})
    (folder / "gsm8k_local.yaml").write_text(
        f"include: {packaged}\ntask: gsm8k_local\ndataset_path: json\ndataset_name: null\n"
        f"dataset_kwargs:\n  data_files: {files}\n",
        encoding="utf-8",
    )
    arguments = f"model=test-model,base_url=http://127.0.0.1:{port}/v1/chat/completions"
    return [
        *(sys.executable, "-m", "lm_eval", "run", "--model", "local-chat-completions", "--tasks", "gsm8k_local"),
        *("--include_path", str(folder), "--output_path", str(folder / "lm-eval"), "--apply_chat_template"),
        *("--model_args", f"{arguments},num_concurrent={slots},tokenized_requests=False"),
    ]


def write_prompts(test: Path, train: Path, file: Path) -> None:
    """The conversations that lm-eval builds, for a client that builds none."""
    from quantgate.tasks.gsm8k import gsm8k

    task = gsm8k(test=test, train=train)
    answers = [json.loads(line)["answer"].split("#### ")[1].replace(",", "") for line in test.open(encoding="utf-8")]
    with file.open("w", encoding="utf-8") as stream:
        for item in task.items():
            messages = list(task.prompt(item, 0).messages)
            stream.write(json.dumps({"messages": messages, "answer": answers[int(item.item_id)]}) + "\n")


def inspect_command(inspect: Path, slots: int, prompts: Path, folder: Path) -> list[str]:
    (folder / "gsm8k_inspect.py").write_text(
        f"""
import json
from inspect_ai import Task, task
from inspect_ai.dataset import Sample
from inspect_ai.model import ChatMessageAssistant, ChatMessageUser
from inspect_ai.scorer import match
from inspect_ai.solver import generate

KINDS = {{"user": ChatMessageUser, "assistant": ChatMessageAssistant}}

@task
def gsm8k():
    rows = [json.loads(line) for line in open({str(prompts)!r})]
    samples = [
        Sample([KINDS[said["role"]](content=said["content"]) for said in row["messages"]], target=row["answer"])
        for row in rows
    ]
    return Task(samples, solver=generate(), scorer=match(numeric=True))
""",
        encoding="utf-8",
    )
    return [
        *(str(inspect), "eval", f"{folder / 'gsm8k_inspect.py'}@gsm8k", "--model", "openai-api/local/test-model"),
        *("--max-connections", str(slots), "--max-samples", str(slots), "--max-tokens", "2048", "--temperature", "0"),
        *("--display", "none", "--log-dir", str(folder / "inspect"), "--log-format", "json"),
    ]


def inspect_score(folder: Path) -> float:
    (file,) = (folder / "inspect").glob("*.json")
    (score,) = json.loads(file.read_text(encoding="utf-8"))["results"]["scores"]
    return float(score["metrics"]["accuracy"]["value"])


def our_score(folder: Path) -> float:
    with (folder / "run" / "samples.jsonl").open(encoding="utf-8") as stream:
        return statistics.fmean(json.loads(line)["score"] for line in stream)


def their_score(folder: Path) -> float:
    (file,) = (folder / "lm-eval").rglob("results_*.json")
    return json.loads(file.read_text(encoding="utf-8"))["results"]["gsm8k_local"]["exact_match,flexible-extract"]


def report(rows: list[dict[str, Measured]], mean: float, slots: int) -> None:
    asked = len(rows[0]["quantgate"].questions)
    print(f"\n{'instant answers' if not mean else f'mean latency {mean} s'}, {slots} slots,", end=" ")
    print(f"{asked} requests, median of {len(rows)} runs; ratios of quantgate to each")
    print(f"{'':34}" + "".join(f"{name:>12}" for name in rows[0]) + "".join(f"{name:>12}" for name in [*rows[0]][1:]))
    measures: dict[str, Callable[[Measured], float]] = {
        "whole process, wall s": lambda m: m.wall,
        "whole process, CPU s": lambda m: m.cpu,
        "peak of its largest process, MB": lambda m: m.peak,
        "first request to last answer, s": lambda m: m.span,
    }
    if mean:
        ideal = ideal_span(
            [
                latency(question.removeprefix("Question: ").removesuffix("\nAnswer:"), mean)
                for question in rows[0]["quantgate"].questions
            ],
            slots,
        )
        measures["that over the ideal schedule"] = lambda m: m.span / ideal
    for name, of in measures.items():
        medians = {tool: statistics.median(of(row[tool]) for row in rows) for tool in rows[0]}
        ours = medians["quantgate"]
        ratios = [ours / medians[tool] for tool in [*medians][1:]]
        print(f"{name:34}" + "".join(f"{median:12.3f}" for median in medians.values()), end="")
        print("".join(f"{ratio:12.3f}" for ratio in ratios), flush=True)
    print("accuracy", {tool: sorted({row[tool].accuracy for row in rows}) for tool in rows[0]}, flush=True)


if __name__ == "__main__":
    main()
