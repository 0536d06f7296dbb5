"""Logs of Inspect that quantgate has written: the run of which they were made comes back as it was."""

from __future__ import annotations

from typing import Any

from quantgate.evals.foreign.inspect_samples import answer_of, number_of, prompt_of
from quantgate.evals.foreign.own import OWN, asked_in, record_of, sample_of
from quantgate.evals.foreign.types import Row
from quantgate.evals.runs.record import RunRecord, TaskRecord


def own_record(header: Any, where: str) -> RunRecord | None:
    """The record of the run that a log was written of; `None` where Inspect has written it. Raises DataError."""
    return record_of((header.eval.metadata or {}).get(OWN), where)


def own_row(sample: Any, task: TaskRecord) -> Row:
    """A sample of such a log as a row; score and result are the log's. Raises ValueError saying why it is none."""
    kept = (sample.metadata or {}).get(OWN)
    score = (sample.scores or {}).get(task.metric)
    found = sample_of(
        kept,
        task=task.name,
        item_id=str(sample.id),
        repeat=sample.epoch - 1,
        score=None if score is None else number_of(score.value),
        extracted=None if score is None else score.answer,
    )
    messages = () if isinstance(sample.input, str) else prompt_of(sample)
    return Row(found, asked_in(kept, found, messages, answer_of(sample)))
