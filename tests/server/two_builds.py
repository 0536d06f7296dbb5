"""Two builds of one model behind one address, whose true difference on GSM8K is known: right or wrong by a seeded hash.

Run as a process, `python -m tests.server.two_builds --gsm8k test.jsonl --psi 0.03 --difference -0.02`: the first line
that it prints is its address. `GET /stats` tells how many answers each build has given.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import hashlib
import json
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aiohttp import web

from tests.server.served import Reply, ServedModel

ROOT = Path(__file__).resolve().parents[2]
BASELINE, CANDIDATE = "fp8", "mxfp4"
BOTH_RIGHT = 0.9
"""The share that both builds have right, of the questions on which they do not differ."""


@dataclass(frozen=True)
class Truth:
    """How the builds differ: the share of questions on which they do, and the candidate's difference in accuracy."""

    psi: float
    difference: float
    seed: int = 0

    def right(self, model: str, question: str) -> bool:
        """Whether a build answers a question rightly."""
        digest = hashlib.blake2b(f"{self.seed} {question}".encode(), digest_size=16).digest()
        differs, other = (int.from_bytes(part, "big") / 2**64 for part in (digest[:8], digest[8:]))
        if differs < (self.psi - self.difference) / 2:
            return model == BASELINE
        if differs < self.psi:
            return model == CANDIDATE
        return other < BOTH_RIGHT


class TwoBuilds(ServedModel):
    """The server; `after_s` is how long each answer takes."""

    def __init__(self, truth: Truth, answers: dict[str, str], after_s: float = 0.0) -> None:
        listed = [{"id": model, "object": "model", "max_model_len": 8192} for model in (BASELINE, CANDIDATE)]
        super().__init__(self._reply, models=listed)
        self.truth, self.answers, self.after_s = truth, answers, after_s
        self.given: Counter[str] = Counter()

    def _reply(self, body: dict[str, Any]) -> Reply:
        said = body["messages"][-1]["content"]
        question = said.removeprefix("Question: ").removesuffix("\nAnswer:")
        gold = self.answers.get(question)
        self.log.bodies.clear()
        if gold is None:
            return Reply("I cannot tell.")
        self.given[body["model"]] += 1
        value = int(gold.replace(",", "")) + (not self.truth.right(body["model"], question))
        return Reply(f"Step by step.\n#### {value}", delay_s=self.after_s)

    async def _stats(self, _: web.Request) -> web.Response:
        return web.json_response(dict(self.given))


@contextlib.contextmanager
def two_builds(truth: Truth, gsm8k: Path, after_s: float = 0.0, port: int = 0) -> Iterator[str]:
    """Serve in a process of its own, on a free port unless one is given; its address."""
    options = {"gsm8k": gsm8k, "psi": truth.psi, "difference": truth.difference, "seed": truth.seed, "after": after_s}
    words = [f"--{name}={value}" for name, value in {**options, "port": port}.items()]
    command = [sys.executable, "-m", "tests.server.two_builds", *words]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            address = process.stdout.readline().strip()
            assert address, "the test's server did not start"
            yield address
        finally:
            process.kill()


async def _serve(model: TwoBuilds, port: int) -> None:
    runner = web.AppRunner(model.app(), shutdown_timeout=0.1, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port, reuse_address=True).start()
    print(f"http://127.0.0.1:{runner.addresses[0][1]}/v1", flush=True)
    ended = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, ended.set)
    await ended.wait()


def main() -> None:
    """Serve until SIGTERM."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--gsm8k", type=Path, required=True, help="test.jsonl")
    parser.add_argument("--psi", type=float, required=True)
    parser.add_argument("--difference", type=float, required=True)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--after", type=float, default=0.0, help="seconds that each answer takes")
    options = parser.parse_args()
    rows = [json.loads(line) for line in options.gsm8k.read_text(encoding="utf-8").splitlines()]
    answers = {row["question"]: row["answer"].split("####")[-1].strip() for row in rows}
    truth = Truth(options.psi, options.difference, options.seed)
    asyncio.run(_serve(TwoBuilds(truth, answers, options.after), options.port))


if __name__ == "__main__":
    main()
