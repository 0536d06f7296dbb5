"""How much of a task a look at a pair of runs was at."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Size:
    """Its items, and how often the baseline and the candidate were asked each of them.

    What is meant is what was to be asked: an answer that is missing counts for the worst, so that a look at what is
    there shows nothing that a look at all of it would not. `planned` says that the looks at it were fixed before its
    first answer.
    """

    items: int
    baseline: int
    candidate: int
    planned: bool = False

    def __str__(self) -> str:
        often = str(self.baseline) if self.baseline == self.candidate else f"{self.baseline}/{self.candidate}"
        return f"{self.items:,} x {often}"
