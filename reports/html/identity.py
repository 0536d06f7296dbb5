"""What was compared, as rows for a reader: models, endpoints without secrets, versions, sampling, data hashes."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from quantgate.evals.endpoint.url import redact_url
from quantgate.evals.runs.record import RunRecord, TaskRecord

IdentityRow = tuple[str, list[str]]
"""A name, and the value of each build; one value where all are the same."""


def identity_rows(
    records: Sequence[RunRecord], policy: Mapping[str, object], software: Mapping[str, str]
) -> list[IdentityRow]:
    """The rows for the builds' records, in their order; then the policy and what decided."""
    rows = [
        _row("model", [record.model for record in records]),
        _row("endpoint", [_endpoint(record) for record in records]),
        _row("served as", [_told(record.endpoint.get("served")) for record in records]),
        _row("asked at", [_asked(record) for record in records]),
        _row("asked with", [_pairs(record.software) for record in records]),
    ]
    for name in dict.fromkeys(task.name for record in records for task in record.tasks):
        rows.append(_row(name, [_task(record.task(name)) for record in records]))
    rows.append(("policy", [_pairs({key: value for key, value in policy.items() if value not in (None, {}, [])})]))
    if software:
        rows.append(("decided with", [_pairs(software)]))
    return [row for row in rows if any(row[1])]


def _row(name: str, values: list[str]) -> IdentityRow:
    return name, values[:1] if len(set(values)) == 1 else values


def _endpoint(record: RunRecord) -> str:
    url = record.endpoint.get("base_url")
    return redact_url(url) if isinstance(url, str) else ""


def _asked(record: RunRecord) -> str:
    sessions = f" ({len(record.earlier) + 1} sessions)" if record.earlier else ""
    return f"{record.created}{sessions}"


def _task(task: TaskRecord | None) -> str:
    if task is None:
        return "not asked"
    repeats = f" × {task.repeats}" if task.repeats > 1 else ""
    told = [
        f"version {task.version}, graded by {task.grader}, metric {task.metric}, {task.items:,} items{repeats}",
        f"data {task.data_hash}",
        _pairs({name: value for name, value in task.sampling.items() if value not in (None, [], {}, "")}),
        _pairs(task.settings),
        _pairs(task.provenance),
    ]
    return "; ".join(part for part in told if part)


def _told(served: object) -> str:
    if not isinstance(served, Mapping):
        return ""
    flat: dict[str, Any] = {}
    for name, value in served.items():
        flat.update(value if isinstance(value, Mapping) else {name: value})
    return _pairs(flat)


def _pairs(values: Mapping[str, Any]) -> str:
    return ", ".join(f"{name} {_value(value)}" for name, value in values.items())


def _value(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
