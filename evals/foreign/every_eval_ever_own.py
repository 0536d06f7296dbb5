"""Records of Every Eval Ever that quantgate has written: the run of which they were made comes back as it was."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from quantgate.evals.documents import BrokenDocument, parse_json
from quantgate.evals.foreign.own import OWN, asked_in, record_of, sample_of
from quantgate.evals.foreign.sources import TOO_DEEP, is_deep, lines_of, object_of
from quantgate.evals.foreign.types import ForeignTask, Row, Unread
from quantgate.evals.runs.record import RunRecord, SameBy, TaskRecord


def own_record(totals: Mapping[str, Any], where: str) -> RunRecord | None:
    """The record of the run that a file of totals was written of; `None` where it was not. Raises DataError."""
    source = totals.get("source_metadata")
    details = source.get("additional_details") if isinstance(source, dict) else None
    return record_of(details.get(OWN) if isinstance(details, dict) else None, where)


def own_task(record: TaskRecord, file: Path, holds: Callable[[Mapping[str, Any]], bool]) -> ForeignTask:
    """A task as the run had it, of which the records in a file were written; `holds` says which lines are of it."""
    return ForeignTask(
        name=record.name,
        version=record.version,
        grader=record.grader,
        metric=record.metric,
        same_by=SameBy.PROMPT if record.imported is None else record.imported.same_by,
        rows=partial(_rows, record, file, holds),
        record=record,
    )


def _rows(record: TaskRecord, file: Path, holds: Callable[[Mapping[str, Any]], bool]) -> Iterator[Row | Unread]:
    for where, line in lines_of(file):
        cells = object_of(line)
        if isinstance(cells, str) or is_deep(cells):
            yield Unread(where, cells if isinstance(cells, str) else TOO_DEEP)
        elif holds(cells):
            try:
                yield _row(cells, record)
            except ValueError as error:
                yield Unread(where, str(error))


def _row(cells: Mapping[str, Any], task: TaskRecord) -> Row:
    """A line as a row; its answer, score and result are the line's. Raises ValueError saying why it is none."""
    kept = _parsed(_mapping(cells.get("metadata")).get(OWN))
    score = _mapping(cells.get("evaluation")).get("score")
    attribution = cells.get("answer_attribution")
    told = _mapping(attribution[-1]) if isinstance(attribution, list) and attribution else {}
    found = sample_of(
        kept,
        task=task.name,
        item_id=cells.get("sample_id"),
        repeat=kept.get("repeat"),
        score=score if kept.get("scored") is True else None,
        extracted=told.get("extracted_value"),
        **_answer(cells),
    )
    asked_of = _mapping(cells.get("input"))
    formatted, reference = asked_of.get("formatted"), asked_of.get("reference")
    right = reference[0] if isinstance(reference, list) and reference else None
    messages = parse_json(formatted) if isinstance(formatted, str) else []
    return Row(found, asked_in(kept, found, messages, right))


def _answer(cells: Mapping[str, Any]) -> dict[str, Any]:
    """Answer and thoughts of a single turn; a conversation is named in the metadata."""
    if not isinstance(output := cells.get("output"), dict):
        return {}
    texts = {"response": output.get("raw"), "reasoning": output.get("reasoning_trace")}
    return {name: told[0] if isinstance(told, list) and told else None for name, told in texts.items()}


def _parsed(told: object) -> Mapping[str, Any]:
    """The metadata of a line. Raises ValueError where there are none, or they are broken."""
    if not isinstance(told, str):
        raise ValueError(f"it has no {OWN} among its metadata, and the file was written by quantgate")
    try:
        return _mapping(parse_json(told))
    except BrokenDocument as error:
        raise ValueError(f"{OWN} among its metadata: {error}") from None


def _mapping(told: object) -> Mapping[str, Any]:
    return told if isinstance(told, dict) else {}
