"""Where a task stands that is looked at on the way, as frozen types; light, for those who show it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Stage(StrEnum):
    """How far a task is. All but `OPEN` are final: what is answered later changes nothing.

    `REGRESSED`, `FUTILE` and `BLOCKED` are stopped before the full size or at it; `ENDED` is the full size without a
    verdict. `FUTILE` is given up, since it would hardly pass any more; `BLOCKED` cannot pass for what its answers are.
    """

    OPEN = "open"
    PASSED = "passed"
    REGRESSED = "regressed"
    FUTILE = "futile"
    BLOCKED = "blocked"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class State:
    """Where a task stands: a function of its design, the order of its items, and their answers.

    Parameters
    ----------
    stage
        How far it is.
    looks_done
        Looks that were taken, the deciding one among them.
    looks
        Looks that the design has.
    items, repeats
        What it rests on: once it is settled the deciding prefix, items of the drawn order each answered so often by
        both builds; before that the items at the front that both builds have answered, without a gap.
    baseline, candidate, difference
        Accuracies over these, and candidate minus baseline, fractions; `None` before the first pair of answers.
    lower, upper
        The bounds that belong to all looks together: those of the last look, or where it was stopped by the bets
        against a regression, or no look was taken yet, theirs. `None` before the first pair of answers.
    evidence
        How often the bets against a regression have won back their stake at best: 1 / `evidence` is a p-value; 1 where
        there are no bets.
    next_items, next_repeats
        Of the next look; `None` where there is none.
    missing
        Answers that the verdict counts for the worst, since the run has ended without them.
    message
        Why it is settled, in a sentence; empty while it is open.
    """

    stage: Stage
    looks_done: int
    looks: int
    items: int = 0
    repeats: int = 1
    baseline: float | None = None
    candidate: float | None = None
    difference: float | None = None
    lower: float | None = None
    upper: float | None = None
    evidence: float = 1.0
    next_items: int | None = None
    next_repeats: int | None = None
    missing: int = 0
    message: str = ""

    @property
    def settled(self) -> bool:
        """Whether nothing more needs to be asked."""
        return self.stage is not Stage.OPEN
