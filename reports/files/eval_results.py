"""A candidate's scores in the form of the Hugging Face hub: `.eval_results/*.yaml` in the model's repository.

The form is that of https://huggingface.co/docs/hub/eval-results: a list of entries with `dataset` (`id`, `task_id`,
`revision`), `value`, `date`, `source` (`url`, `name`) and `notes`. The hub takes results only for data sets that are
registered as benchmarks, and reads a value as that of the whole benchmark, so others are left out and said so.
"""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlsplit

import yaml

from quantgate.evals.contract.published import Benchmark
from quantgate.evals.decision.types import Decided, Verdict
from quantgate.evals.errors import UsageError
from quantgate.evals.runs.record import RunRecord, TaskRecord
from quantgate.evals.text import one_line
from quantgate.reports.words.palette import verdict_word
from quantgate.reports.words.row import task_cells

_DATASET = re.compile(r"[\w.-]{1,96}/[\w.-]{1,96}")
_TASK = re.compile(r"[\w.-]{1,96}")
_REVISION = re.compile(r"[0-9a-f]{40}")


def eval_results_yaml(verdict: Verdict, source_url: str | None = None) -> str:
    """The entries as YAML, and a comment for each task that is no entry.

    `source_url` is where the report or the answers can be read; the hub asks for it where a source is named.

    Raises
    ------
    UsageError
        When `source_url` is no http(s) address.
    """
    if source_url is not None and not _is_address(source_url):
        raise UsageError(f"--source-url {one_line(source_url, 80)}: give an address such as https://example.org/report")
    entries: list[dict[str, Any]] = []
    left_out = []
    for task in verdict.tasks:
        record = verdict.candidate.task(task.task)
        known = record.benchmark if record is not None else None
        if not isinstance(task, Decided) or record is None:
            problem = "it has no valid score"
        elif known is None:
            problem = "the hub keeps no leaderboard of it that its run knew of"
        elif not (_DATASET.fullmatch(known.dataset) and _TASK.fullmatch(known.task_id)):
            problem = "its record's leaderboard is no name of a data set"
        elif record.items < known.items:
            problem = f"{record.items:,} of its {known.items:,} items are no score of the benchmark"
        else:
            entries.append(_entry(task, record, known, verdict.candidate, source_url))
            continue
        left_out.append(f"# left out: {one_line(task.task, 60)}: {problem}")
    body = yaml.safe_dump(entries, sort_keys=False, allow_unicode=True, width=100) if entries else "[]\n"
    return "".join(f"{line}\n" for line in left_out) + body


def _entry(
    task: Decided, record: TaskRecord, known: Benchmark, candidate: RunRecord, source_url: str | None
) -> dict[str, Any]:
    dataset = {"id": known.dataset, "task_id": known.task_id}
    revision = next((value for value in record.provenance.values() if _REVISION.fullmatch(value)), None)
    if revision is not None and record.provenance.get("dataset") in (None, known.dataset):
        dataset["revision"] = revision
    entry: dict[str, Any] = {"dataset": dataset, "value": round(100 * task.candidate, 2)}
    if re.match(r"\d{4}-\d\d-\d\d", candidate.created):
        entry["date"] = candidate.created[:10]
    if source_url is not None:
        entry["source"] = {"url": source_url, "name": "quantgate report"}
    entry["notes"] = _notes(task, record)
    return entry


def _notes(task: Decided, record: TaskRecord) -> str:
    row = task_cells(task)
    told = (
        f"{one_line(record.grader, 40)}, {one_line(record.metric, 40)}, {row.asked} items; "
        f"baseline {row.baseline}, difference {row.difference} points ({row.bounds}), margin {row.margin}: "
        f"{verdict_word(task.verdict.value)}{f' {row.target}' if row.target else ''}"
        f"{f' {row.beside}' if row.beside else ''}"
    )
    return f"{told} (quantgate)"


def _is_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname) and url.isprintable() and " " not in url
