"""What the looks at a task have come to, as the decision takes it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from quantgate.evals.decision.bounds import Bounds
from quantgate.evals.decision.sequential.doubts import Doubts
from quantgate.evals.decision.sequential.looks import Looks
from quantgate.evals.decision.sequential.state import Stage
from quantgate.evals.pairing.item_scores import ItemScores
from quantgate.evals.pairing.pairs import Pairs, TaskPairs
from quantgate.evals.settings.policy import TaskPolicy

DoubtsOfPairs: TypeAlias = Callable[[TaskPairs, TaskPolicy, float], Doubts]
"""What there is to doubt in the answers of a prefix, where bounds are held at such a level."""

UNASKED = "no item has an answer of both builds yet"
"""The problem of a task of which nothing is there to look at."""


@dataclass(frozen=True, slots=True, eq=False)
class Looked:
    """A task that is looked at on the way.

    `pairs` are those that its state rests on, `bounds` what may be claimed of them over all looks; `decide` gives the
    bounds of other scores at the same level, which describe. `whole` are the scores of the full size, where all of it
    is answered: what is decided over several tasks rests on them. `wealth` is the evidence of the bets against a
    regression in units of what the release has for it.
    """

    pairs: TaskPairs
    bounds: Bounds
    looks: Looks
    decide: Callable[[ItemScores, TaskPolicy, float], Bounds]
    wealth: float
    whole: ItemScores | None

    def regressed_among(self, members: int) -> bool:
        """Whether it is stopped as regressed, and that stands among so many members of a family."""
        return self.looks.stage is Stage.REGRESSED and self.wealth >= members


Look: TypeAlias = Callable[[TaskPairs, Pairs, TaskPolicy, DoubtsOfPairs], "Looked | TaskPairs"]
"""Looks at a task whose runs were designed for it; gives the pairs of any other back, with the problem if there is."""
