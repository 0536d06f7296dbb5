"""Tables of scores, written and imported."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from quantgate.evals.foreign.formats import read_source
from quantgate.evals.foreign.writing import write_run
from quantgate.evals.pairing.pairing import Run

Table = Callable[..., Run]


@pytest.fixture
def table(tmp_path: Path) -> Table:
    """Imports rows as JSON Lines; each has task, repeat and score unless it says otherwise."""

    def make(rows: Sequence[Mapping[str, Any]], name: str = "fp8") -> Run:
        file = tmp_path / f"{name}.jsonl"
        told = [{"task": "gsm8k", "repeat": 0, "score": 1} | dict(row) for row in rows]
        file.write_text("".join(json.dumps(row) + "\n" for row in told))
        write_run(read_source("auto", file), tmp_path / name)
        return Run.load(tmp_path / name)

    return make
