"""What both builds score at a length of context, as the gate JSON has it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class BuildScore:
    """A build's mean score and its bounds, all fractions."""

    score: float
    lower: float
    upper: float


@dataclass(frozen=True, slots=True)
class LengthFigures:
    """What both builds score where contexts have a length, in tokens, whatever the kind of question.

    `alpha` is the error probability of each bound.
    """

    length: int
    items: int
    baseline: BuildScore
    candidate: BuildScore
    alpha: float
