"""Makes a run directory of what a reader gives: every row counted, none dropped in silence."""

from __future__ import annotations

import json
import secrets
import shutil
from collections import Counter
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from quantgate.evals.contract.asked import Asked
from quantgate.evals.contract.records import Sample, Status, is_number
from quantgate.evals.errors import DataError, StorageError, UsageError
from quantgate.evals.files import write_atomically
from quantgate.evals.foreign.private import request_of
from quantgate.evals.foreign.twice import Told, missing
from quantgate.evals.foreign.types import ForeignRun, ForeignTask, Row, Unread
from quantgate.evals.runs.appending import GatheredLines, gathered_lines
from quantgate.evals.runs.planned import written
from quantgate.evals.runs.record import MOST_SAMPLES, RUN_FILE, Imported, RunRecord, TaskRecord
from quantgate.evals.samples.digests import Digests
from quantgate.evals.samples.lines import SAMPLES_FILE, line_of
from quantgate.evals.samples.prompts import PROMPTS_FILE, line_of_prompt, prompt_digest
from quantgate.evals.secrets import without_keys
from quantgate.evals.text import one_line
from quantgate.evals.versions import software_versions

_LONGEST_REASON = 200


@dataclass(slots=True)
class _Seen:
    """What has been read of a task; `results` says whether an answer has one, `right` whether an answer scores.

    What scores has been read: a source where none of that has a result does not tell results.
    """

    items: dict[str, None] = field(default_factory=dict)
    strata: dict[str, str] = field(default_factory=dict)
    repeats: int = 0
    stored: int = 0
    results: bool = False
    right: bool = False
    unread: int = 0
    first: str | None = None
    faults: Counter[str] = field(default_factory=Counter)
    faults_score: float = 0.0


def write_run(source: ForeignRun, out: Path, label: str | None = None) -> RunRecord:
    """Write a source's rows into a new run directory, which is there when all of it is, and else not at all.

    A second row of one item and repeat counts as unread. Where it contradicts the first, neither stands: the answer is
    missing, whichever of them came first.

    Raises
    ------
    UsageError
        When `out` holds something already.
    StorageError
        When it cannot be written.
    DataError
        When the source breaks off, or has no row that can be read.
    """
    out = out.resolve()
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise UsageError(f"--out {out} is not empty: give a folder that is, or another name")
    if again := [name for name, count in Counter(task.name for task in source.tasks).items() if count > 1]:
        raise DataError(f"the source has two tasks of the name {again[0]}")
    partial = out.with_name(f".{out.name[:100]}.{secrets.token_hex(8)}")
    try:
        partial.mkdir(parents=True)
        try:
            record = _write_into(partial, source, label or source.label or out.name)
            partial.rename(out)
        except BaseException:
            shutil.rmtree(partial, ignore_errors=True)
            raise
    except OSError as error:
        raise StorageError(f"cannot write to {out}: {error.strerror or error}") from None
    return record


def _write_into(folder: Path, source: ForeignRun, label: str) -> RunRecord:
    with ExitStack() as stack:
        samples = stack.enter_context(gathered_lines(folder / SAMPLES_FILE))
        prompts = stack.enter_context(gathered_lines(folder / PROMPTS_FILE))
        tasks = tuple(_write_task(task, source.format, samples, prompts) for task in source.tasks)
    if not (folder / PROMPTS_FILE).stat().st_size:
        (folder / PROMPTS_FILE).unlink()
    if not any(task.items for task in tasks):
        first = next((task.imported.unread_first for task in tasks if task.imported and task.imported.unread), None)
        raise DataError(f"the source holds no row that can be read{f' (the first: {first})' if first else ''}")
    record = (
        replace(source.record, tasks=tasks, label=label)
        if source.record is not None
        else RunRecord(
            label=label,
            model=source.model,
            endpoint=_without_keys(source.endpoint),
            tasks=tasks,
            software={**software_versions(), **_without_keys(source.software)},
            created=source.created,
        )
    )
    write_atomically(folder / RUN_FILE, record.to_json())
    return record


def _without_keys(told: Mapping[str, Any]) -> dict[str, Any]:
    """What a tool has written down of how it was run, without the keys that some write down, too."""
    found: dict[str, Any] = json.loads(without_keys(json.dumps(dict(told), ensure_ascii=False, default=str)))
    return found


def _is_sound(name: str, value: object) -> bool:
    """Whether a parameter is of the kind that it has to be; one that is not tells nothing."""
    whole = isinstance(value, int) and not isinstance(value, bool)
    kinds = {"temperature": is_number(value), "top_p": is_number(value), "max_tokens": whole, "seed": whole}
    return value is None or kinds.get(name, True)


def _write_task(task: ForeignTask, format: str, samples: GatheredLines, prompts: GatheredLines) -> TaskRecord:
    seen, told, kept = _Seen(), Told(), Digests(np.zeros(0, np.uint64))
    private = request_of(task) if task.record is None else task.record.asked_by_authors
    for row in task.rows():
        if isinstance(row, Unread):
            _count_unread(seen, row)
            continue
        sample = row.sample if row.sample.task == task.name else replace(row.sample, task=task.name)
        if sample in told:
            again = "not alike: it is missing" if (unlike := told.contradicts(sample)) else "and counts once"
            _count_unread(seen, Unread("", f"item {sample.item_id}, repeat {sample.repeat} is there twice, {again}"))
            if unlike:
                samples.append(line_of(missing(sample)))
            continue
        told.add(sample)
        _count(seen, row, sample)
        if row.asked is not None:
            digest = prompt_digest(task.name, sample.item_id, sample.prompt_hash)
            if digest not in kept:
                kept.add(digest)
                asked = row.asked if row.asked.task == task.name else replace(row.asked, task=task.name)
                prompts.append(line_of_prompt(_without_text(asked) if private else asked))
        samples.append(line_of(sample))
    return _record(task, format, seen, private)


def _without_text(asked: Asked) -> Asked:
    return Asked(asked.task, asked.item_id, asked.prompt_hash, private=True)


def _count(seen: _Seen, row: Row, sample: Sample) -> None:
    seen.items[sample.item_id] = None
    seen.repeats = max(seen.repeats, sample.repeat + 1)
    seen.stored += 1
    if sample.stratum is not None:
        seen.strata[sample.item_id] = sample.stratum
    seen.results = seen.results or sample.extracted is not None
    seen.right = seen.right or bool(sample.score)
    if row.scored is not None and sample.status is Status.ERROR:
        seen.faults[one_line(sample.error or "a fault", _LONGEST_REASON)] += 1
        seen.faults_score += row.scored


def _count_unread(seen: _Seen, row: Unread) -> None:
    seen.unread += 1
    if seen.first is None:
        seen.first = one_line(f"{row.where}: {row.why}" if row.where else row.why, _LONGEST_REASON)


def _record(task: ForeignTask, format: str, seen: _Seen, private: str | None) -> TaskRecord:
    imported = Imported(
        format=format,
        same_by=task.same_by,
        unknown=(*task.unknown, *(name for name, value in task.sampling.items() if not _is_sound(name, value))),
        results=seen.results or not seen.right,
        unread=seen.unread,
        unread_first=seen.first,
        faults=dict(seen.faults.most_common()),
        faults_score=seen.faults_score,
    )
    if task.record is not None:
        # What an earlier import has told of its source still holds.
        before = task.record.imported
        if before is not None:
            imported = replace(
                before, unread=before.unread + seen.unread, unread_first=before.unread_first or seen.first
            )
        return replace(task.record, imported=imported)
    items = len(seen.items) if task.items is None else max(task.items, len(seen.items))
    repeats = max(seen.repeats, task.repeats or 1)
    if items * repeats > MOST_SAMPLES:
        raise DataError(
            f"{one_line(task.name, 60)} has {items:,} items and repeats up to {one_line(f'{repeats - 1:,}', 40)}: "
            f"more than {MOST_SAMPLES:,} samples are no run"
        )
    return TaskRecord(
        name=task.name,
        version=task.version,
        grader=task.grader,
        metric=task.metric,
        data_hash=task.data_hash,
        items=items,
        repeats=repeats,
        sampling={name: value for name, value in _without_keys(task.sampling).items() if _is_sound(name, value)},
        provenance=_without_keys(task.provenance),
        settings=_without_keys(task.settings),
        private=private,
        guess=task.guess,
        strata=dict(Counter(seen.strata.values())),
        whole=task.whole,
        draw=task.draw if task.whole is not None and items < task.whole else None,
        item_ids=written(seen.items) if items == len(seen.items) else None,
        imported=imported,
    )
