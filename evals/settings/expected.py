"""A score that is expected of a build, with its tolerance."""

from __future__ import annotations

import re
from dataclasses import dataclass

FIGURES = {"schema_accuracy": "schema accuracy", "trigger_f1": "Trigger F1"}
"""Figures of tool calls that may be expected in place of the score, as the makers of models publish them."""

_WRITTEN = re.compile(r"\s*(?:([a-z]\w*)\s+)?(\d*\.?\d+)\s*(?:\+-|\+/-|±)\s*(\d*\.?\d+)\s*")


@dataclass(frozen=True, slots=True)
class Expectation:
    """A score that is expected, the tolerance on either side (fractions), and who says so; `None`: the user.

    `figure` is a name in `FIGURES` where not the score is meant but that.
    """

    score: float
    tolerance: float
    source: str | None = None
    figure: str | None = None


def parse_expectation(text: str) -> Expectation:
    """Read `0.92 +- 0.03`, or a figure of `FIGURES`: `schema_accuracy 0.98 +- 0.02`. Raises ValueError otherwise."""
    found = _WRITTEN.fullmatch(text)
    if found is None:
        raise ValueError("write an expected score and its tolerance as fractions: 0.92 +- 0.03")
    figure, score, tolerance = found.group(1), float(found.group(2)), float(found.group(3))
    if figure is not None and figure not in FIGURES:
        raise ValueError(f"no figure is called {figure}: a score has no name before it, figures of tool calls are "
                         f"{' and '.join(FIGURES)}")  # fmt: skip
    if not (0 <= score <= 1 and 0 < tolerance < 1):
        raise ValueError("score and tolerance are fractions between 0 and 1: 0.92 +- 0.03")
    return Expectation(score, tolerance, figure=figure)
