"""Logs of Inspect that quantgate has written: the run of which they were made comes back as it was."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from quantgate.evals.contract.asked import Asked
from quantgate.evals.contract.records import Continuation
from quantgate.evals.errors import DataError, RunDirectoryError
from quantgate.evals.foreign.inspect_samples import answer_of, number_of, prompt_of
from quantgate.evals.foreign.types import Row
from quantgate.evals.runs.record import RunRecord, TaskRecord, parse_run_record
from quantgate.evals.samples.lines import parse_line

OWN = "quantgate"
"""The name under which the metadata of a log has its run's record, and that of a sample what a log has no place for."""

KEPT = (
    "prompt_hash", "status", "ended", "stratum", "cluster", "error", "vote", "margin", "metrics", "response",
    "reasoning", "finish_reason", "usage", "latency_s", "first_token_s", "tokens_per_s", "attempts", "seed", "time",
    "replied_by",
)  # fmt: skip


def own_record(header: Any, where: str) -> RunRecord | None:
    """The record of the run that a log was written of; `None` where Inspect has written it. Raises DataError."""
    told = (header.eval.metadata or {}).get(OWN)
    if not isinstance(told, str):
        return None
    try:
        record = parse_run_record(told, where)
    except RunDirectoryError as error:
        raise DataError(str(error)) from None
    return record if len(record.tasks) == 1 else None


def own_row(sample: Any, task: TaskRecord) -> Row:
    """A sample of such a log as a row; score and result are the log's. Raises ValueError saying why it is none."""
    kept = (sample.metadata or {}).get(OWN)
    if not isinstance(kept, Mapping):
        raise ValueError(f"it has no {OWN} among its metadata, and the log was written by quantgate")
    score = (sample.scores or {}).get(task.metric)
    told = {
        **{name: kept[name] for name in KEPT if name in kept},
        "task": task.name,
        "item_id": str(sample.id),
        "repeat": sample.epoch - 1,
        "score": None if score is None else number_of(score.value),
        "extracted": None if score is None else score.answer,
    }
    _, found = parse_line(json.dumps(told, ensure_ascii=True, default=str).encode())
    return Row(found, _asked(sample, kept, found.prompt_hash))


def _asked(sample: Any, kept: Mapping[str, Any], prompt_hash: str) -> Asked | None:
    continuations = kept.get("continuations")
    messages = () if isinstance(sample.input, str) else prompt_of(sample)
    if not messages and not isinstance(continuations, list):
        return None
    return Asked(
        "",
        str(sample.id),
        prompt_hash,
        messages=messages,
        continuations=tuple(map(_continuation, continuations or ())),
        reference=None if kept.get("no_reference") is True else answer_of(sample),
    )


def _continuation(told: Any) -> Continuation:
    texts = [told.get(name) if isinstance(told, Mapping) else None for name in ("context", "text")]
    if not all(isinstance(text, str) for text in texts):
        raise ValueError("continuations must be of context and text")
    return Continuation(str(texts[0]), str(texts[1]))
