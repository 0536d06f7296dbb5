"""What a decision tells of the looks at a task, as a frozen type."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from quantgate.evals.contract.design import Look
from quantgate.evals.decision.sequential.state import Stage


@dataclass(frozen=True, slots=True)
class Looks:
    """How a task was looked at on the way.

    Parameters
    ----------
    planned
        The looks of its design, fixed before the first request; empty for the mean over a suite.
    stage
        Where it stands.
    message
        Why, in a sentence that begins small and names no task.
    done
        Looks that were taken.
    decided_at
        The number of the look that settled it, from 1; `None` where it is open, or was stopped between looks.
    level
        The error probability at which the bounds are held; `None` where those are of the bets, or there are none.
    spent
        What the looks that were taken may have erred, all together.
    alpha, regression_alpha
        The error probabilities over all looks of a pass, and of a regression.
    evidence
        How often the bets against a regression have won back their stake at best; its inverse is a p-value.
    items, repeats
        The prefix of the drawn order that the decision rests on, and how often each item was answered.
    asked
        Answers that each build has in all, those counted among them, by `baseline` and `candidate`.
    missing
        Answers that are counted for the worst.
    why
        By what all looks together err no more than alpha, where that is not by exact levels; empty where it is.
    """

    planned: tuple[Look, ...]
    stage: Stage
    message: str
    done: int = 0
    decided_at: int | None = None
    level: float | None = None
    spent: float = 0.0
    alpha: float = 0.05
    regression_alpha: float = 0.05
    evidence: float = 1.0
    items: int = 0
    repeats: int = 1
    asked: Mapping[str, int] = field(default_factory=dict)
    missing: int = 0
    why: str = ""

    @property
    def awaits(self) -> bool:
        """Whether it is not more data of the same that would settle it, but the rest, or what blocks it taken away."""
        return self.stage in (Stage.OPEN, Stage.BLOCKED)

    @property
    def at_the_end(self) -> bool:
        """Whether the last look was taken."""
        return bool(self.planned) and self.done == len(self.planned)

    @property
    def early(self) -> bool:
        """Whether it rests on answers that no look was taken of, or that came after the last one."""
        return self.decided_at is None and (self.stage is not Stage.OPEN or not self.done)
