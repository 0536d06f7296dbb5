"""Counts how the samples of one build ended."""

from __future__ import annotations

from quantgate.evals.contract.records import Status
from quantgate.evals.pairing.status_counts import StatusCounts
from quantgate.evals.runs.record import TaskRecord
from quantgate.evals.samples.columns import Columns


def count_statuses(samples: Columns, planned: int, record: TaskRecord | None = None) -> StatusCounts:
    """Count the samples of one task out of the `planned` number; `record` tells whether they have results."""
    has_results = record is None or record.tells_results
    return StatusCounts(
        ok=int(samples.is_status(Status.OK).sum()),
        truncated=int(samples.is_status(Status.TRUNCATED).sum()),
        empty=int(samples.is_status(Status.EMPTY).sum()),
        refused=int(samples.is_status(Status.REFUSED).sum()),
        error=int(samples.is_status(Status.ERROR).sum()),
        unparsed=int(samples.unparsed.sum()) if has_results else 0,
        missing=max(0, planned - len(samples)),
        ungraded=int(samples.is_status(Status.UNGRADED).sum()),
    )
