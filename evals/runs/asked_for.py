"""Which answers of a run are to what it was to ask: an answer to anything else counts for nothing."""

from __future__ import annotations

import numpy as np

from quantgate.evals.runs.record import TaskRecord
from quantgate.evals.samples.columns import Bools, Columns


def asked_for(record: TaskRecord, of_task: Columns) -> Bools:
    """Which samples of a task are to an item and a repeat that its record has."""
    planned = of_task.repeat < record.repeats
    if (items := record.planned_items) is not None:
        known = np.array([item in items for item in of_task.item.names], dtype=np.bool_)
        planned &= known[of_task.item.codes]
    return np.asarray(planned)
