"""Gives a follower the answers that a run directory holds already."""

from __future__ import annotations

import numpy as np

from quantgate.evals.checks.prompt_tokens import readings_of
from quantgate.evals.release.types import Following
from quantgate.evals.runs.task_plan import TaskPlan
from quantgate.evals.samples.columns import NONE, STATUSES
from quantgate.evals.samples.held import Held


def replay(following: Following, build: str, plan: TaskPlan, held: Held, missing: bytes | None = None) -> None:
    """Give it the answers of one build, `baseline` or `candidate`, but for those that are `missing`, if that is given.

    What is asked again though it is there, for it was turned away, is missing as well: only its new answer counts.
    """
    columns = held.of_task(plan.task.identity.name).columns
    names = [item.item_id for item in plan.items()]
    rows = columns.rows_of(names, plan.repeats).T.ravel()
    counts = rows != NONE
    if missing is not None:
        counts &= ~np.frombuffer(missing, dtype=np.bool_)
    unread, prompt_of = columns.unparsed, readings_of(columns)
    for place in np.flatnonzero(counts).tolist():
        row = int(rows[place])
        score, status = float(columns.score[row]), STATUSES[columns.status[row]]
        repeat, item = divmod(place, len(names))
        given = score if status.scored else None
        following.answered(build, names[item], repeat, given, status, unread=bool(unread[row]), prompt=prompt_of(row))
