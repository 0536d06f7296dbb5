"""When a task is looked at, and what each look may err: fixed before the first answer."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise


@dataclass(frozen=True)
class Look:
    """One look: after so many items, each answered `repeats` times by both builds.

    `spent` is the error probability that this look and those before it may have used, a fraction of one; the last look
    has all of it. `level` is the nominal error probability at which the exact test of single 0/1 answers is held here,
    so that all looks together err no more than `spent`; `None` where only the difference of `spent` to the look before
    may be used, which holds for any bound (the union bound).
    """

    items: int
    repeats: int
    spent: float
    level: float | None = None


@dataclass(frozen=True)
class Design:
    """How one task is looked at on the way to its verdict.

    Parameters
    ----------
    items, repeats
        The full size: of the last look.
    margin
        The largest loss that passes, a fraction, for which the levels were computed; `None` where the margin is another
        kind than points.
    alpha
        The one-sided error probability of a pass over all looks.
    regression_alpha
        That of the bets against a regression, which are looked at with every answer.
    futility
        The conditional power under which it is given up as inconclusive; 0 for never. No error rests on it.
    looks
        Growing in items or repeats.
    order
        The key of the order in which the items are asked.
    """

    items: int
    repeats: int
    margin: float | None
    alpha: float
    regression_alpha: float
    futility: float
    looks: tuple[Look, ...]
    order: str

    def __post_init__(self) -> None:
        sizes = [(look.items, look.repeats) for look in self.looks]
        if not sizes or sizes[-1] != (self.items, self.repeats):
            raise ValueError("the last look must be at the full size")
        grows = [
            earlier != later and earlier[0] <= later[0] and earlier[1] <= later[1] for earlier, later in pairwise(sizes)
        ]
        if not all(grows) or sizes[0][0] < 1 or sizes[0][1] < 1:
            raise ValueError("looks must grow in items or repeats")
        spent = [look.spent for look in self.looks]
        if not (0 < self.alpha < 0.5 and spent[0] > 0 and sorted(spent) == spent and spent[-1] <= self.alpha):
            raise ValueError("what looks have spent must grow, up to alpha at most")
        levels = [look.level for look in self.looks]
        told = [each for each in (self.margin, *levels) if each is not None]
        if not all(map(math.isfinite, (self.regression_alpha, self.futility, *told))):
            raise ValueError("the margin, levels, regression_alpha and futility must be finite numbers")

    def share(self, place: int) -> float:
        """The error probability that look number `place`, from 0, has for itself, whatever the bound."""
        return self.looks[place].spent - (self.looks[place - 1].spent if place else 0.0)
