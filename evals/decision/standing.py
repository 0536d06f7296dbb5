"""Where bounds stand to a margin, in points, in recovery, in divergence, or in two: the rule by which they decide."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Protocol

from quantgate.evals.decision.recovery_bounds import RecoveryBounds
from quantgate.evals.fidelity.figures import KlBounds
from quantgate.evals.settings.margin import Margin
from quantgate.evals.settings.requirements import Requirement


class Bounded(Protocol):
    """What has bounds of a difference, and of the ratio of the accuracies where the margin asks for it."""

    @property
    def lower(self) -> float: ...

    @property
    def upper(self) -> float: ...

    @property
    def recovery_bounds(self) -> RecoveryBounds | None: ...

    @property
    def kl_bounds(self) -> KlBounds | None: ...


@dataclass(frozen=True, slots=True)
class Standing:
    """Two bounds of one quantity, and what is tolerated of it: more than `least`, and for equivalence less than `most`.

    The quantity is the difference of the accuracies, their ratio, or a divergence with its sign turned round.
    """

    lower: float
    upper: float
    least: float
    most: float

    @property
    def not_worse(self) -> bool:
        return self.lower > self.least

    @property
    def not_better(self) -> bool:
        return self.upper < self.most

    @property
    def worse(self) -> bool:
        return self.upper < self.least


def standings(bounds: Bounded, margin: Margin) -> tuple[Standing, ...]:
    """How the bounds stand in points, in recovery and in divergence: in what the margin says, in that order.

    A recovery of r is mirrored by 1 / r: there the baseline recovers r of the candidate.
    """
    found = []
    if margin.points is not None:
        found.append(Standing(bounds.lower, bounds.upper, -margin.points, margin.points))
    if margin.recovery is not None:
        ratio = bounds.recovery_bounds
        lower, upper = (0.0, None) if ratio is None else (ratio.lower, ratio.upper)
        found.append(Standing(lower, math.inf if upper is None else upper, margin.recovery, 1 / margin.recovery))
    if margin.kl is not None:
        kl = bounds.kl_bounds
        lower, upper = (-math.inf, 0.0) if kl is None else (-kl.upper, -kl.lower)
        found.append(Standing(lower, upper, -margin.kl, math.inf))
    return tuple(found)


def not_worse(bounds: Bounded, margin: Margin) -> bool:
    """Whether the lower bounds show that no more than the margin is lost."""
    return all(one.not_worse for one in standings(bounds, margin))


def worse(bounds: Bounded, margin: Margin) -> bool:
    """Whether an upper bound shows that more than the margin is lost."""
    return any(one.worse for one in standings(bounds, margin))


def shows(bounds: Bounded, margin: Margin, require: Requirement) -> bool:
    """Whether the bounds show what is required."""
    both = require is Requirement.EQUIVALENT
    return all(one.not_worse and (one.not_better or not both) for one in standings(bounds, margin))
