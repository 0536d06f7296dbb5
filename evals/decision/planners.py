"""The planning of the exact test of recovery, for where that is tighter than points."""

from __future__ import annotations

from quantgate.evals.settings.margin import Margin
from quantgate.evals.stats.ratio.planning import RecoveryPlanning


def recovery_planning(margin: Margin, accuracy: float) -> RecoveryPlanning | None:
    """The planning of recovery where that binds at the baseline's accuracy, else None."""
    if margin.recovery is None or not margin.binds_by_recovery(accuracy):
        return None
    return RecoveryPlanning(margin.recovery, accuracy)
