"""What another tool's file has of a run of our own that it has no place for, and how the answer comes back of it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from quantgate.evals.contract.asked import Asked
from quantgate.evals.contract.records import Sample
from quantgate.evals.errors import DataError, RunDirectoryError
from quantgate.evals.inspection.seen import Seen
from quantgate.evals.runs.record import RunRecord, parse_run_record
from quantgate.evals.samples.lines import parse_line
from quantgate.evals.samples.prompts import asked_of

OWN = "quantgate"
"""The name under which a tool's metadata have the run's record, and of an answer what the tool has no place for."""

_KEPT = (
    "prompt_hash", "status", "ended", "stratum", "cluster", "error", "vote", "margin", "metrics", "response",
    "reasoning", "finish_reason", "usage", "latency_s", "first_token_s", "tokens_per_s", "attempts", "seed", "time",
    "replied_by",
)  # fmt: skip


def kept_of(seen: Seen) -> dict[str, Any]:
    """What stands in the metadata of an answer: all but its id, its score, its result and its messages."""
    sample, asked = seen.sample, seen.asked
    kept = {name: getattr(sample, name) for name in _KEPT}
    kept = {name: dict(each) if isinstance(each, Mapping) else each for name, each in kept.items() if each is not None}
    if asked is not None:
        if asked.continuations:
            kept["continuations"] = [asdict(each) for each in asked.continuations]
        if asked.body:
            kept["body"] = dict(asked.body)
        if asked.reference is None:
            kept["no_reference"] = True
        if asked.messages and not all(map(_is_plain, asked.messages)):
            kept["messages"] = [dict(message) for message in asked.messages]
    return kept


def _is_plain(message: Mapping[str, Any]) -> bool:
    """Whether a message is nothing but a text of one of the roles that every tool has."""
    return (
        set(message) == {"role", "content"}
        and isinstance(message["content"], str)
        and message["role"] in ("system", "user", "assistant")
    )


def record_of(told: object, where: str) -> RunRecord | None:
    """The record of the run of a task that a file was written of; `None` where the tool wrote it. Raises DataError."""
    if not isinstance(told, str):
        return None
    try:
        record = parse_run_record(told, where)
    except RunDirectoryError as error:
        raise DataError(str(error)) from None
    return record if len(record.tasks) == 1 else None


def sample_of(kept: object, **told: Any) -> Sample:
    """The answer of which `kept` was made; `told` is what the file itself says. Raises ValueError saying why not."""
    if not isinstance(kept, Mapping):
        raise ValueError(f"it has no {OWN} among its metadata, and the file was written by quantgate")
    line = {**{name: kept[name] for name in _KEPT if name in kept}, **told}
    return parse_line(json.dumps(line, ensure_ascii=True, default=str).encode())[1]


def asked_in(kept: Any, sample: Sample, messages: Sequence[Any], reference: str | None) -> Asked | None:
    """What was asked; `messages` and `reference` are the file's. Raises ValueError saying what cannot be."""
    continuations, own = kept.get("continuations"), kept.get("messages", messages)
    if not own and not continuations:
        return None
    return asked_of(
        {
            "task": sample.task,
            "item_id": sample.item_id,
            "prompt_hash": sample.prompt_hash,
            "messages": list(own or ()),
            "continuations": continuations or [],
            "body": kept.get("body", {}),
            "reference": None if kept.get("no_reference") is True else reference,
        }
    )
