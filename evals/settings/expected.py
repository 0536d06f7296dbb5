"""A score that is expected of a build, with its tolerance."""

from __future__ import annotations

import re
from dataclasses import dataclass

_WRITTEN = re.compile(r"\s*(\d*\.?\d+)\s*(?:\+-|\+/-|±)\s*(\d*\.?\d+)\s*")


@dataclass(frozen=True, slots=True)
class Expectation:
    """A score that is expected, the tolerance on either side (fractions), and who says so; `None`: the user."""

    score: float
    tolerance: float
    source: str | None = None


def parse_expectation(text: str) -> Expectation:
    """Read `0.92 +- 0.03`. Raises ValueError for anything else."""
    found = _WRITTEN.fullmatch(text)
    if found is None:
        raise ValueError("write an expected score and its tolerance as fractions: 0.92 +- 0.03")
    score, tolerance = float(found.group(1)), float(found.group(2))
    if not (0 <= score <= 1 and 0 < tolerance < 1):
        raise ValueError("score and tolerance are fractions between 0 and 1: 0.92 +- 0.03")
    return Expectation(score, tolerance)
