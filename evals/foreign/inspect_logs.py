"""Logs of Inspect (`.eval`, `.json`), a file or a folder of one model's: read with inspect-ai's own types."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from quantgate.evals.errors import DataError
from quantgate.evals.files import open_to_read
from quantgate.evals.foreign.inspect_archive import ZIP_BEGINS, missing_inspect, opened_archive
from quantgate.evals.foreign.inspect_headers import endpoint_of, grader_of, provenance_of, sampling_of, settings_of
from quantgate.evals.foreign.inspect_own import own_record, own_row
from quantgate.evals.foreign.inspect_samples import reason_of, row_of
from quantgate.evals.foreign.inspect_survey import Survey, survey_of
from quantgate.evals.foreign.models import chosen_model
from quantgate.evals.foreign.sources import BEFORE_TEXT, document_of, object_of
from quantgate.evals.foreign.types import ForeignRun, ForeignTask, Format, Row, Unread
from quantgate.evals.runs.record import Draw, RunRecord, SameBy
from quantgate.evals.secrets import without_keys
from quantgate.evals.text import natural_key, one_line

_HEADER, _START, _SAMPLES = "header.json", "_journal/start.json", "samples/"
MOST_JSON = 256 << 20
"""Bytes of a log that is one JSON document, which is read whole, and takes some ten times that as objects."""
_MOST_FILES = 10_000
_DEEPEST = 3
_UNREAD_PARTS = ("events", "events_data", "timelines", "store", "transcript")
"""The parts of a sample that nothing here is read from, and that are most of it."""
_HEAD = 4096


@dataclass(frozen=True, slots=True)
class Log:
    """One log: its file, and its header with no sample in it."""

    file: Path
    header: Any

    @property
    def task(self) -> str:
        return str(self.header.eval.task)

    @property
    def model(self) -> str:
        return str(self.header.eval.model)

    @property
    def created(self) -> datetime:
        made = datetime.fromisoformat(str(self.header.eval.created))
        return made if made.tzinfo is not None else made.replace(tzinfo=UTC)


def read(path: Path, model: str | None = None) -> ForeignRun:
    """The run that a log is, or all logs of one model in a folder.

    Raises DataError, in one line, for what is broken or of several models; UsageError for a model that is not there.
    """
    logs = _logs(path)
    name = chosen_model(path, sorted(log.model for log in logs), model)
    return _run([log for log in logs if log.model == name])


def _logs(path: Path) -> list[Log]:
    files = list(_files(path)) if path.is_dir() else [path]
    if not files:
        raise DataError(f"{path}: there is no Inspect log (.eval or .json) in it")
    return [Log(file, _header(file)) for file in files]


def _files(folder: Path) -> Iterator[Path]:
    """The logs of a folder, and of those in it; links are not followed, and what is not of Inspect is passed over."""
    count = 0
    for where, folders, names in os.walk(folder):
        folders[:] = sorted(folders) if len(Path(where).relative_to(folder).parts) < _DEEPEST else []
        for name in sorted(names):
            count += 1
            if count > _MOST_FILES:
                raise DataError(f"{folder}: it holds more than {_MOST_FILES:,} files; name the folder of the logs")
            if name.lower().endswith((".eval", ".json")) and _is_log(Path(where, name)):
                yield Path(where, name)


def _is_log(file: Path) -> bool:
    try:
        with open_to_read(file) as stream:
            head = stream.read(_HEAD)
    except OSError:
        return False
    if file.suffix.lower() == ".eval":
        return head.startswith(ZIP_BEGINS)
    return head.lstrip(BEFORE_TEXT).startswith(b"{") and all(
        name in head for name in (b'"eval"', b'"status"', b'"version"')
    )


def _recognises(path: Path) -> bool:
    if not path.is_dir():
        return path.suffix.lower() in (".eval", ".json") and _is_log(path)
    try:
        return next(_files(path), None) is not None
    except DataError:
        return False


def _header(file: Path) -> Any:
    """The header of a log. Raises DataError in one line."""
    document = _archived_header(file) if _is_zip(file) else _json_log(file)
    document.pop("samples", None)
    document.pop("reductions", None)
    version = document.get("version")
    log_type, _ = _types()
    newest = log_type.model_fields["version"].default
    if not isinstance(version, int) or "eval" not in document:
        raise DataError(f"{file}: it is no Inspect log, which tells its version and its `eval`")
    if version > newest:
        raise DataError(
            f"{file}: it is a log of version {version}, and the inspect-ai that is installed reads up to {newest}: "
            "upgrade it"
        )
    try:
        return log_type.model_validate(document)
    except (ValueError, TypeError) as error:
        raise DataError(f"{file}: it is no Inspect log that inspect-ai can read: {_why(error)}") from None


def _types() -> tuple[Any, Any]:
    """The types of logs and samples. Raises UsageError when inspect-ai is not installed."""
    try:
        from inspect_ai.log import EvalLog, EvalSample
    except ImportError:
        raise missing_inspect() from None
    return EvalLog, EvalSample


def _why(error: Exception) -> str:
    """What a type finds wrong first, and where, without the value that stands there."""
    errors = getattr(error, "errors", None)
    if errors is None:
        return one_line(without_keys(str(error)), 160)
    first = errors(include_input=False, include_url=False)[0]
    return one_line(f"{'.'.join(map(str, first['loc']))}: {first['msg']}", 160)


def _is_zip(file: Path) -> bool:
    try:
        with open_to_read(file) as stream:
            return stream.read(len(ZIP_BEGINS)) == ZIP_BEGINS
    except OSError as error:
        raise DataError(f"{file} cannot be read: {error.strerror or error}") from None


def _archived_header(file: Path) -> dict[str, Any]:
    """The header of an archive; of one that was never finished what was written when it began."""
    with opened_archive(file) as archive:
        name = next((name for name in (_HEADER, _START) if name in archive.members), None)
        if name is None:
            raise DataError(f"{file}: it is a zip, but no Inspect log: there is no {_HEADER} in it")
        content = archive.read(name)
    found = object_of(content) if isinstance(content, bytes) else content
    if isinstance(found, str):
        raise DataError(f"{file}, {name}: {found}")
    return found if name == _HEADER else {**found, "status": "started"}


def _json_log(file: Path) -> dict[str, Any]:
    if file.stat().st_size > MOST_JSON:
        raise DataError(
            f"{file}: a log in JSON of more than {MOST_JSON >> 20} MB is not read; "
            "`inspect log convert --to eval` makes one that is read piece by piece"
        )
    return document_of(file, MOST_JSON)


def _documents(file: Path) -> Iterator[tuple[str, Any]]:
    """Where each sample stands, and its document or why there is none; always in the same order."""
    if not _is_zip(file):
        samples = _json_log(file).get("samples") or []
        for number, document in enumerate(samples if isinstance(samples, list) else [], 1):
            yield f"{file.name}, sample {number:,}", document
        return
    with opened_archive(file) as archive:
        names = (name for name in archive.members if name.startswith(_SAMPLES) and name.endswith(".json"))
        for name in sorted(names, key=natural_key):
            content = archive.read(name)
            yield f"{file.name}, {one_line(name)}", object_of(content) if isinstance(content, bytes) else content


def samples_of(file: Path) -> Iterator[tuple[str, Any]]:
    """Where each sample of a log stands, and the sample as inspect-ai has it, or the text of why there is none."""
    _, sample_type = _types()
    for where, document in _documents(file):
        if not isinstance(document, dict):
            yield where, document if isinstance(document, str) else "it is no JSON object"
            continue
        for name in _UNREAD_PARTS:
            document.pop(name, None)
        try:
            yield where, sample_type.model_validate(document)
        except (ValueError, TypeError) as error:
            yield where, f"it is no sample that inspect-ai can read: {_why(error)}"
        except RecursionError:
            yield where, "it is nested too deeply"


def _rows(file: Path, row: Callable[[Any], Row]) -> Iterator[Row | Unread]:
    for where, sample in samples_of(file):
        if isinstance(sample, str):
            yield Unread(where, sample)
            continue
        try:
            yield row(sample)
        except ValueError as error:
            yield Unread(where, str(error))


def _run(logs: Sequence[Log]) -> ForeignRun:
    notes: list[str] = []
    newest: dict[str, Log] = {}
    for log in sorted(logs, key=lambda log: log.created):
        if (older := newest.get(log.task)) is not None:
            notes.append(f"{older.file.name} is an older log of {one_line(log.task, 60)} and is not read")
        newest[log.task] = log
    last = max(newest.values(), key=lambda log: log.created)
    own = {name: own_record(log.header, str(log.file)) for name, log in newest.items()}
    tasks, bare = list[ForeignTask](), list[str]()
    for name, log in newest.items():
        if (record := own[name]) is not None:
            tasks.append(_own_task(log, record))
            continue
        survey = survey_of(log.header, samples_of(log.file))
        if survey.samples == 0 and log.header.status == "success":
            bare.append(_only_totals(log, survey))
            continue
        notes += _notes(log, survey)
        tasks.append(_task(log, survey))
    if not tasks:
        raise DataError(bare[0])
    notes += [f"left out: {reason}" for reason in bare]
    record = own[last.task]
    return ForeignRun(
        format="inspect",
        model=last.model,
        created=last.created.isoformat(timespec="seconds"),
        tasks=tasks,
        label=None if record is None else record.label,
        software={f"inspect: {name}": str(version) for name, version in (last.header.eval.packages or {}).items()},
        endpoint=endpoint_of(last.header.eval.model_base_url),
        notes=tuple(notes),
        record=record if all(own.values()) else None,
    )


def _only_totals(log: Log, survey: Survey) -> str:
    """That there is nothing to pair, and how two totals are judged."""
    count = log.header.results.total_samples if log.header.results is not None else None
    figure = "..." if survey.printed is None else f"{survey.printed:.4f}"
    task = one_line(log.task, 60)
    return (
        f"{log.file}: no sample of {task} can be read from it, as after `--no-log-samples`; two totals are judged by "
        f"`quantgate claim --task {task} --n {count or 'ITEMS'} --baseline {figure} --candidate ...`"
    )


def _notes(log: Log, survey: Survey) -> Iterator[str]:
    task, status = one_line(log.task, 60), log.header.status
    if status != "success":
        planned = len(log.header.eval.dataset.sample_ids or ()) * (log.header.eval.config.epochs or 1)
        reason = reason_of(log.header.error.message) if log.header.error is not None else ""
        yield (
            f"{task}: the status of {log.file.name} is {status}; {survey.samples:,} of {planned:,} samples are in it"
            + (f" ({one_line(without_keys(reason), 120)})" if reason else "")
        )
    if survey.reading.among:
        yield (
            f"{task}: {len(survey.reading.among):,} items are asked word for word like others; they are told apart "
            "by a number, and which is which is not known"
        )
    if survey.zeroed:
        yield f"{task}: {survey.zeroed:,} empty or refused answers score 0 here, which Inspect had scored higher"
    if survey.differs:
        yield (
            f"{task}: Inspect says {survey.printed:.6g} ({one_line(survey.printed_as, 60)}), and the mean of all "
            f"scores in the log is {survey.mean:.6g}"
        )


def _task(log: Log, survey: Survey) -> ForeignTask:
    spec = log.header.eval
    sampling = sampling_of(log.header)
    told = {name: value for name, value in sampling.items() if value is not None}
    ids = spec.dataset.sample_ids
    shuffled = spec.dataset.shuffled or spec.config.sample_shuffle not in (None, False)
    return ForeignTask(
        name=log.task,
        version=str(spec.task_version),
        grader=grader_of(log.header, survey.reading.primary),
        metric=survey.reading.primary,
        same_by=survey.reading.same_by,
        rows=partial(_rows, log.file, partial(row_of, reading=survey.reading)),
        sampling=told,
        unknown=("data_hash", *(name for name, value in sampling.items() if value is None)),
        settings=settings_of(log.header),
        provenance=provenance_of(log.header, log.file.name, survey),
        items=len(ids) if ids is not None else None,
        repeats=spec.config.epochs,
        whole=spec.dataset.samples if spec.config.sample_id is None else None,
        draw=Draw.RANDOM if shuffled else Draw.FIRST,
        guess=survey.guess,
    )


def _own_task(log: Log, run: RunRecord) -> ForeignTask:
    """The task that a log was written of by quantgate."""
    task = run.tasks[0]
    return ForeignTask(
        name=task.name,
        version=task.version,
        grader=task.grader,
        metric=task.metric,
        same_by=SameBy.PROMPT if task.imported is None else task.imported.same_by,
        rows=partial(_rows, log.file, partial(own_row, task=task)),
        record=task,
    )


INSPECT = Format("inspect", "logs of Inspect (.eval, .json): one, or a folder of one model's", _recognises, read, read)
