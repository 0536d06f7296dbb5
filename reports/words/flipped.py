"""Which tasks of a decision have items that flipped, of one build or of several."""

from __future__ import annotations

from quantgate.evals.decision.comparison import Comparison
from quantgate.evals.decision.types import Verdict
from quantgate.reports.words.flips import Flipped, flipped_tasks


def flipped(decision: Verdict | Comparison) -> list[Flipped]:
    """Every task with flips, build by build, those that a regression rests on first."""
    if isinstance(decision, Verdict):
        return flipped_tasks(decision.rows, decision.verdict, decision.named_folders)
    return [
        one
        for build in decision.formats
        for one in flipped_tasks(build.rows, build.verdict, (decision.baseline_folder, build.folder), build.name)
    ]
