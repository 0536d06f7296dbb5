"""The real files of lm-eval that the tests read, and what they look up in them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from quantgate.evals.pairing.pairing import Run

REAL = Path(__file__).parents[3] / "data" / "lm_eval"
STRICT, FLEXIBLE = "exact_match,strict-match", "exact_match,flexible-extract"

Edit = Callable[[list[dict[str, Any]]], list[Any]]


def scores(run: Run, task: str) -> dict[str, float | None]:
    return {item: sample.score for (name, item, _), sample in sorted(run.samples.items()) if name == task}


def only(rows: list[dict[str, Any]], filter: str = "strict-match") -> dict[str, Any]:
    return next(row for row in rows if row["filter"] == filter)
