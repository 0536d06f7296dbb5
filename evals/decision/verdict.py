"""The verdict that a pair of bounds gives at a margin; the bounds decide, nothing else does."""

from __future__ import annotations

from quantgate.evals.decision.types import TaskVerdict
from quantgate.evals.stats.verdict import bounds_verdict


def task_verdict(lower: float, upper: float, margin: float) -> TaskVerdict:
    """The verdict as a task's: that of `evals.stats.verdict.bounds_verdict`."""
    return TaskVerdict(bounds_verdict(lower, upper, margin))
