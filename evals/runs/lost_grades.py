"""Whether lines of a regrade are gone from a run's file, so that grades would count which it has replaced."""

from __future__ import annotations

from collections.abc import Mapping

from quantgate.evals.runs.record import RunRecord
from quantgate.evals.samples.columns import Labels


def lost_lines(record: RunRecord, regrades: Labels) -> dict[str, int]:
    """How many lines of each regrade are gone, by its id; `regrades` has that of every line of the file.

    A regrade writes a line for each sample that it changes, and `run.json` keeps their number.
    """
    held = regrades.counts()
    lost = {regrade.id: regrade.changed - held.get(regrade.id, 0) for regrade in record.regraded}
    return {name: count for name, count in lost.items() if count > 0}


def lost_of_task(record: RunRecord, task: str, lost: Mapping[str, int]) -> int:
    """How many lines are gone that may have been grades of a task which count today.

    A later regrade of the task has graded anew what was gone by then.
    """
    return sum(
        count
        for place, regrade in enumerate(record.regraded)
        if task in regrade.tasks and (count := lost.get(regrade.id, 0))
        if not any(
            task in later.tasks and later.lost.get(regrade.id, 0) >= count for later in record.regraded[place + 1 :]
        )
    )
