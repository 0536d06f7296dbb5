"""The verdict that a pair of bounds gives at a margin; the bounds decide, nothing else does."""

from __future__ import annotations

from quantgate.evals.decision.standing import Bounded, standings
from quantgate.evals.decision.types import TaskVerdict
from quantgate.evals.settings.margin import Margin
from quantgate.evals.stats.verdict import bounds_verdict


def task_verdict(lower: float, upper: float, margin: float) -> TaskVerdict:
    """The verdict as a task's: that of `evals.stats.verdict.bounds_verdict`."""
    return TaskVerdict(bounds_verdict(lower, upper, margin))


def verdict_of(bounds: Bounded, margin: Margin) -> TaskVerdict:
    """What the bounds show at a margin: a pass must be shown in all that it says, a regression in one of it."""
    found = standings(bounds, margin)
    if all(one.not_worse for one in found):
        equivalent = all(one.not_better for one in found)
        return TaskVerdict.EQUIVALENT if equivalent else TaskVerdict.NON_INFERIOR
    return TaskVerdict.REGRESSED if any(one.worse for one in found) else TaskVerdict.INCONCLUSIVE
