"""What a build is expected to score by what was published of it."""

from __future__ import annotations

from quantgate.evals.runs.record import RunRecord
from quantgate.evals.settings.expected import Expectation


def published_expectation(task: str, run: RunRecord) -> Expectation | None:
    """The published score that a run recorded of its model on a task; `None` where it knew of none."""
    record = run.task(task)
    if record is None or (published := record.published) is None:
        return None
    return Expectation(published.score, published.tolerance, published.source)
