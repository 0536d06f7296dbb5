"""`quantgate check` over real HTTP, GSM8K at its whole size, of builds whose true difference is known."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from quantgate.evals.decision.gate import decide
from quantgate.evals.decision.types import ReleaseVerdict
from quantgate.evals.pairing.pairing import pair_runs
from quantgate.evals.settings.policy import Policy
from tests.evals.made_runs import pair_of
from tests.server.two_builds import BASELINE, CANDIDATE, ROOT, Truth, two_builds

pytestmark = pytest.mark.slow

ITEMS = 1319
EQUAL = Truth(psi=0.03, difference=0.0, seed=6)
WORSE = Truth(psi=0.12, difference=-0.08, seed=2)
SECONDS = 0.01
"""How long an answer takes: long enough that a process can be met half-way."""


@pytest.fixture(scope="module")
def gsm8k(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Invented problems in GSM8K's form, as many as it has."""
    folder = tmp_path_factory.mktemp("whole")
    for split, count in (("test", ITEMS), ("train", 30)):
        rows = [
            {
                "question": f"{split.title()} {number}: Ana buys {number % 7 + 2} boxes at ${number + 3}. What is due?",
                "answer": f"She pays for all.\n#### {(number % 7 + 2) * (number + 3)}",
            }
            for number in range(count)
        ]
        (folder / f"{split}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return folder / "test.jsonl"


@pytest.fixture(scope="module")
def equal(gsm8k: Path) -> Iterator[str]:
    """The address of two builds without a true difference."""
    with two_builds(EQUAL, gsm8k, SECONDS) as address:
        yield address


@pytest.fixture(scope="module")
def worse(gsm8k: Path) -> Iterator[str]:
    """That of a candidate that is eight points worse."""
    with two_builds(WORSE, gsm8k) as address:
        yield address


def release(folder: Path, gsm8k: Path, address: str, **more: Any) -> Path:
    """Write a release file for the builds at an address, whose answers go to `out` beside it."""
    builds = {
        role: {"label": model, "base_url": address, "model": model}
        for role, model in (("baseline", BASELINE), ("candidate", CANDIDATE))
    }
    said = {"tasks": {"gsm8k": {"margin": 0.02}}, "data": {"gsm8k": str(gsm8k)}, "reports": ["json"], "out": "out"}
    file = folder / "release.yaml"
    file.write_text(yaml.safe_dump({**builds, **said, "concurrency": 16, **more}))
    return file


def flips(truth: Truth, gsm8k: Path) -> tuple[int, int]:
    """Losses and gains of all of the questions."""
    asked = [json.loads(line)["question"] for line in gsm8k.read_text().splitlines()]
    right = [(truth.right(BASELINE, question), truth.right(CANDIDATE, question)) for question in asked]
    return right.count((True, False)), right.count((False, True))


def stats(address: str) -> dict[str, int]:
    with urllib.request.urlopen(f"{address.removesuffix('/v1')}/stats") as reply:
        return json.load(reply)


def deciding(out: Path) -> dict[str, Any]:
    """What decided, without when, by which command, and what was in flight behind it."""
    document = json.loads((out / "gate.json").read_text())
    (task,) = document["tasks"]
    figures = ("verdict", "items", "baseline", "candidate", "difference", "lower", "upper", "losses", "gains", "looks")
    decided = {"release": document["verdict"], "reasons": document["reasons"], **{name: task[name] for name in figures}}
    if task["looks"] is not None:
        decided["looks"] = {name: value for name, value in task["looks"].items() if name != "asked"}
    return decided


def samples(out: Path) -> int:
    """How many answers have been stored, of both builds."""
    held = 0
    for build in (BASELINE, CANDIDATE):
        with contextlib.suppress(FileNotFoundError):
            held += (out / build / "samples.jsonl").read_bytes().count(b"\n")
    return held


def checking(file: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "quantgate", "check", str(file), "--quiet"],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "COLUMNS": "200"},
    )


def wait_for(count: int, out: Path, process: subprocess.Popen[str]) -> None:
    """Wait until so many answers are stored, or the process has ended."""
    while process.poll() is None and samples(out) < count:
        time.sleep(0.01)


def ended(process: subprocess.Popen[str]) -> int:
    """The exit code of a check, once it has ended by itself."""
    out, err = process.communicate(timeout=300)
    assert process.returncode is not None
    assert "Traceback" not in err, out + err
    return process.returncode


@pytest.fixture(scope="module")
def undisturbed(equal: str, gsm8k: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What is decided of the equal builds when nothing happens."""
    folder = tmp_path_factory.mktemp("undisturbed")
    assert ended(checking(release(folder, gsm8k, equal))) == 0
    return deciding(folder / "out")


def test_equal_builds_pass_after_part_of_the_questions_as_they_do_after_all(equal, gsm8k, tmp_path, undisturbed):
    file = release(tmp_path, gsm8k, equal, stop="never")
    assert ended(checking(file)) == 0
    whole = deciding(tmp_path / "out")
    assert samples(tmp_path / "out") == 2 * ITEMS
    assert (whole["items"], whole["losses"], whole["gains"]) == (ITEMS, *flips(EQUAL, gsm8k))
    assert undisturbed["release"] == whole["release"] == "pass"
    assert undisturbed["items"] < 0.6 * ITEMS
    assert undisturbed["looks"]["decided_at"] > 1, "a verdict at the first look says nothing of looking again"


def test_a_build_that_is_worse_is_stopped_early(worse, gsm8k, tmp_path):
    assert ended(checking(release(tmp_path, gsm8k, worse))) == 1
    assert deciding(tmp_path / "out")["release"] == "regressed"
    losses, gains = flips(WORSE, gsm8k)
    assert decide(pair_runs(*pair_of(losses, gains, ITEMS)), Policy()).verdict is ReleaseVerdict.REGRESSED
    assert max(stats(worse).values()) < ITEMS / 3


def test_what_is_killed_again_and_again_comes_to_the_same_looks_and_verdict(equal, gsm8k, tmp_path, undisturbed):
    file = release(tmp_path, gsm8k, equal)
    for count in (150, 700):
        process = checking(file)
        wait_for(count, tmp_path / "out", process)
        assert process.poll() is None, "it had ended before it could be killed"
        process.kill()
        process.communicate()
    assert ended(checking(file)) == 0
    assert deciding(tmp_path / "out") == undisturbed


def test_neither_a_server_that_dies_and_comes_back_nor_another_number_in_flight_changes_them(
    gsm8k, tmp_path, undisturbed
):
    with contextlib.ExitStack() as first:
        address = first.enter_context(two_builds(EQUAL, gsm8k, SECONDS))
        port = int(address.removesuffix("/v1").rpartition(":")[2])
        process = checking(release(tmp_path, gsm8k, address, concurrency=37))
        wait_for(300, tmp_path / "out", process)
        first.close()
        held = samples(tmp_path / "out")
    with two_builds(EQUAL, gsm8k, port=port):
        code = ended(process)
    assert samples(tmp_path / "out") > held
    assert code == 0
    assert deciding(tmp_path / "out") == undisturbed
