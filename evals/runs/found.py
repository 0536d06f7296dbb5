"""What askers find out of how they ask, in the record of a run: it is gone on with, and paired, by that."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from quantgate.evals.contract.found import FindsOut
from quantgate.evals.contract.task import Asker
from quantgate.evals.runs.record import RunRecord


def as_found(record: RunRecord, askers: Mapping[str, Asker]) -> RunRecord:
    """The record with what the askers have found out by now."""
    for name, asker in askers.items():
        if isinstance(asker, FindsOut):
            settings = dict(asker.found_settings)
            tasks = (
                replace(task, settings=task.settings | settings) if task.name == name else task for task in record.tasks
            )
            record = replace(record, asked=record.asked | dict(asker.found_ways), tasks=tuple(tasks))
    return record
