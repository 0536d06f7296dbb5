"""Runs the command line in the test's own process, against a server that answers invented problems."""

from __future__ import annotations

import json
import sys
from contextlib import contextmanager
from pathlib import Path

import pytest

from quantgate.cli import main
from tests.server.served import gsm8k_rule, served_model


@pytest.fixture
def quantgate(capsys, monkeypatch):
    """Runs the command line; returns exit code, standard output and standard error."""

    def run(arguments: list[str]) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["quantgate", *arguments])
        with pytest.raises(SystemExit) as end:
            main()
        captured = capsys.readouterr()
        return int(end.value.code or 0), captured.out, captured.err

    return run


@pytest.fixture
def hurried(monkeypatch):
    """What fails is tried again at once."""
    monkeypatch.setattr("quantgate.evals.endpoint.retrying.RetryPolicy.wait", lambda *_: 0.01)


@pytest.fixture
def rule(gsm8k_files):
    """Answers the invented problems; every fifth one wrongly."""
    rows = [json.loads(line) for line in gsm8k_files[0].read_text().splitlines()]
    answers = {row["question"]: row["answer"].split("#### ")[1] for row in rows}
    return gsm8k_rule(answers, frozenset(row["question"] for row in rows[::5]))


@pytest.fixture
def arguments(gsm8k_files, tmp_path):
    """The arguments of a run against a server."""

    def make(url: str, *more: str, out: Path = tmp_path / "run", model: str = "test-model") -> list[str]:
        return [
            *("run", "--task", "gsm8k", "--data", f"gsm8k={gsm8k_files[0]}", "--base-url", url),
            *("--model", model, "--out", str(out), *more),
        ]

    return make


BUILDS = ("glm-fp8", "glm-mxfp4", "glm-q4")


@pytest.fixture
def builds(gsm8k_files):
    """Serves three builds at one address; `lost` are the shares of the problems that each gets wrong."""
    rows = [json.loads(line) for line in gsm8k_files[0].read_text().splitlines()]
    answers = {row["question"]: row["answer"].split("#### ")[1] for row in rows}

    @contextmanager
    def serve(latency=None, **lost: float):
        rules = {}
        for model in BUILDS:
            wrong = round(len(rows) * lost.get(model.removeprefix("glm-"), 0.0))
            rules[model] = gsm8k_rule(answers, frozenset(row["question"] for row in rows[:wrong]), latency)
        with served_model(
            lambda body: rules[body["model"]](body), models=[{"id": model} for model in BUILDS]
        ) as server:
            yield server

    return serve


@pytest.fixture
def release(gsm8k_files, tmp_path):
    """Writes a release.yaml of two builds at one address, and returns its path; `more` replaces what it says."""

    def write(url: str, **more: object) -> str:
        says = {
            "name": "glm",
            "baseline": {"label": "fp8", "base_url": url, "model": "glm-fp8"},
            "candidate": {"label": "mxfp4", "base_url": url, "model": "glm-mxfp4"},
            "tasks": {"gsm8k": {"margin": 0.2, "data": str(gsm8k_files[0])}},
            "concurrency": 4,
            "out": str(tmp_path / "out"),
            **more,
        }
        (tmp_path / "glm.yaml").write_text(json.dumps({name: value for name, value in says.items() if value}))
        return str(tmp_path / "glm.yaml")

    return write
