"""A reader's working folder: data, served builds and runs of several formats, made once and copied for every page."""

from __future__ import annotations

import json
import re
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from quantgate.cli import main
from tests.docs.pages import ROOT, Place
from tests.server.served import Reply, gsm8k_rule, served_model
from tests.tasks.invented import invented_rows, write_csv

BASELINE, CANDIDATE = "my-model-fp8", "my-model-mxfp4"
RUNS = {"fp8": BASELINE, "fp8-again": BASELINE, "mxfp4": CANDIDATE, "nvfp4": "my-model-nvfp4", "int4": "my-model-int4"}


def run_main(arguments: list[str]) -> int:
    """Run the command line in this process and return its exit code."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", ["quantgate", *arguments])
        with pytest.raises(SystemExit) as end:
            main()
    return int(end.value.code or 0)


def answering(rows: list[dict[str, str]], wrong_every: int):
    """A build that answers GSM8K's and GPQA's invented questions, every n-th of the former wrongly, and small talk."""
    answers = {row["question"]: row["answer"].split("#### ")[1] for row in rows}
    sums = gsm8k_rule(answers, frozenset(row["question"] for row in rows[::wrong_every]))

    def rule(body) -> Reply:
        asked = body["messages"][-1]["content"]
        if found := re.search(r"what is (\d+) times 17", asked):
            (letter,) = re.findall(rf"^([A-D])\) {int(found[1]) * 17}$", asked, re.MULTILINE)
            return Reply(f"ANSWER: {letter}")
        return sums(body) if asked.startswith("Question: ") else Reply("The answer is 5.")

    return rule


@pytest.fixture(scope="session")
def addresses(gsm8k_files) -> Iterator[dict[str, str]]:
    """The addresses that the pages name, and where the tests' models are."""
    rows = [json.loads(line) for line in gsm8k_files[0].read_text().splitlines()]
    with (
        served_model(answering(rows, 5), model=BASELINE) as baseline,
        served_model(answering(rows, 4), model=CANDIDATE) as candidate,
    ):
        yield {
            "http://127.0.0.1:8000/v1": baseline.base_url,
            "http://127.0.0.1:8001/v1": candidate.base_url,
            "https://inference.example/v1": baseline.base_url,
        }


@pytest.fixture(scope="session")
def workplace(addresses, gsm8k_files, tmp_path_factory) -> Path:
    """What a reader has when a page begins: data files, and runs of a baseline and four formats."""
    folder = tmp_path_factory.mktemp("workplace")
    for file in gsm8k_files:
        shutil.copy(file, folder)
    write_csv(folder / "gpqa.csv", invented_rows(10))
    shutil.copytree(ROOT / "docs" / "claims", folder / "docs" / "claims")
    served = list(addresses.values())
    for name, model in RUNS.items():
        asked = ["--task", "gsm8k", "--data", f"gsm8k={folder / 'test.jsonl'}", "--model", model]
        url = served[0] if model == BASELINE else served[1]
        assert run_main(["run", *asked, "--base-url", url, "--out", str(folder / "runs" / name)]) == 0
    return folder


@pytest.fixture
def place(workplace, addresses, tmp_path, monkeypatch) -> Place:
    """A copy of the workplace that is the current folder."""
    folder = tmp_path / "here"
    shutil.copytree(workplace, folder)
    monkeypatch.chdir(folder)
    monkeypatch.setenv("COLUMNS", "128")
    monkeypatch.setenv("INFERENCE_KEY", "not-a-secret")
    monkeypatch.delenv("GITHUB_STEP_SUMMARY", raising=False)
    return Place(folder, addresses)
