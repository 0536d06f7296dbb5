"""What was read of another tool's files, in the lines of `quantgate import`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from quantgate.evals.checks.summary import RunSummary, TaskSummary
from quantgate.evals.runs.record import Imported, RunRecord, SameBy, TaskRecord
from quantgate.evals.text import one_line

_FAULTS_SHOWN = 3
_SAME_BY = {
    SameBy.PROMPT: "by prompt: what was asked is compared item by item",
    SameBy.TEXT: "by text: the questions are compared item by item, not what stood around them",
    SameBy.ID: "by id alone: the source has nothing that shows what was asked",
}


def import_lines(record: RunRecord, summary: RunSummary, source: Path) -> Iterator[str]:
    """The lines, task by task: how many items and answers, what they score, what is missing, and what nobody knows."""
    formats = {task.imported.format for task in record.tasks if task.imported is not None}
    yield f"{source}: {', '.join(sorted(formats))}, model {one_line(record.model, 80)}, of {record.created}"
    for task, counted in zip(record.tasks, summary.tasks, strict=True):
        yield from _task_lines(task, counted)


def _task_lines(task: TaskRecord, summary: TaskSummary) -> Iterator[str]:
    counts = summary.counts
    score = next((score for score in summary.scores if score.primary), None)
    accuracy = "no answer is scored" if score is None else f"accuracy {score.mean:.4f} ({one_line(task.metric, 60)})"
    size = f"{task.items:,} items" + (f" x {task.repeats:,}" if task.repeats > 1 else "")
    yield f"{one_line(task.name, 60)}: {size}, {accuracy}"
    troubles = {
        "truncated": counts.truncated,
        "empty": counts.empty,
        "refused": counts.refused,
        "errors": counts.error,
        "missing": counts.missing,
    }
    told = [f"{name} {count:,}" for name, count in troubles.items() if count]
    yield f"  {summary.answered:,} of {summary.planned:,} answered" + (f"; {', '.join(told)}" if told else "")
    if task.imported is not None:
        yield from _of_source(task.imported)


def _of_source(imported: Imported) -> Iterator[str]:
    yield f"  paired {_SAME_BY[imported.same_by]}"
    if imported.unread:
        first = f"; the first: {one_line(imported.unread_first, 200)}" if imported.unread_first else ""
        rows = (
            "1 row could not be read and counts"
            if imported.unread == 1
            else (f"{imported.unread:,} rows could not be read and count")
        )
        yield f"  {rows} for nothing{first}"
    if count := sum(imported.faults.values()):
        faults = (
            "1 fault is missing here, which had been scored"
            if count == 1
            else (f"{count:,} faults are missing here, which had been scored in all")
        )
        yield f"  {faults} {imported.faults_score:g}:"
        for reason, each in list(imported.faults.items())[:_FAULTS_SHOWN]:
            yield f"    {each:,} {one_line(reason, 160)}"
    if imported.unknown:
        yield f"  unknown: {', '.join(imported.unknown)}"
