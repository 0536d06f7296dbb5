"""Whether a run directory is of our own asking: what another tool has asked and graded is left as it is."""

from __future__ import annotations

from pathlib import Path

from quantgate.evals.errors import ResumeMismatch
from quantgate.evals.runs.record import RunRecord


def check_own(record: RunRecord, folder: Path, then: str) -> None:
    """Raise ResumeMismatch for a run that was imported; `then` goes on after `nothing`."""
    formats = sorted({task.imported.format for task in record.tasks if task.imported is not None})
    if formats:
        raise ResumeMismatch(
            f"{folder} was imported from {', '.join(formats)} files: its answers are another tool's, and nothing {then}"
        )
