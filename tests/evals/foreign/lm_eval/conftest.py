"""Folders of lm-eval's files, and runs that are imported from them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from quantgate.evals.foreign.choosing import read_chosen
from quantgate.evals.foreign.writing import write_run
from quantgate.evals.pairing.pairing import Run
from tests.evals.foreign.lm_eval.made import REAL, Edit


@pytest.fixture
def folder(tmp_path):
    """A folder with the files of one task of the real ones; `edit` changes its rows, `told` its results."""

    def make(task: str = "g_two", edit: Edit = list, told: Callable[[dict[str, Any]], Any] | None = None) -> Path:
        kind = REAL / ("generated" if task.startswith("g_") else "scored")
        (samples,) = kind.glob(f"samples_{task}_*")
        (results,) = kind.glob("results_*")
        made = tmp_path / "fp8"
        made.mkdir(exist_ok=True)
        rows = edit([json.loads(line) for line in samples.read_text().splitlines()])
        lines = (row if isinstance(row, str) else json.dumps(row) for row in rows)
        (made / samples.name).write_text("".join(f"{line}\n" for line in lines))
        document = json.loads(results.read_text())
        document["group_subtasks"] = {}
        if told is not None:
            told(document)
        (made / results.name).write_text(json.dumps(document))
        return made

    return make


@pytest.fixture
def imported(tmp_path):
    def make(path: Path, name: str = "run", model: str | None = None) -> Run:
        write_run(read_chosen("auto", path, model, []), tmp_path / name)
        return Run.load(tmp_path / name)

    return make
