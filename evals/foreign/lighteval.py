"""Details of lighteval (Parquet): the folder that it wrote, of one model, with the results that tell how it was run."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from quantgate.evals.endpoint.url import redact_url
from quantgate.evals.errors import DataError
from quantgate.evals.files import open_to_read
from quantgate.evals.foreign.cells import parquet_cells
from quantgate.evals.foreign.folders import files_below
from quantgate.evals.foreign.lighteval_rows import answers_in, part_of, row_of, score_of, sent_of
from quantgate.evals.foreign.models import chosen_model, listed
from quantgate.evals.foreign.sources import created_of, document_of
from quantgate.evals.foreign.types import ForeignRun, ForeignTask, Format, Row, Unread
from quantgate.evals.runs.record import Draw, SameBy
from quantgate.evals.text import one_line

_FORMAT = "lighteval"
_NAME = re.compile(r"details_(?P<task>.+)_(?P<date>\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d(?:\.\d+)?)\.parquet")
_COLUMNS = frozenset({"doc", "metric", "model_response"})
_OLDER = frozenset({"example", "full_prompt", "predictions", "metrics"})
_DEEPEST = 6
_SAME = 1e-9
_SAMPLING = {"temperature": "temperature", "top_p": "top_p", "max_tokens": "max_new_tokens", "seed": "seed"}
_UNTOLD = (
    "lighteval keeps neither finish reasons nor faults: a cut answer looks whole, and where a reply had no text (an "
    "error, thoughts alone) the answer is empty, which counts as empty here, with the score 0"
)


@dataclass(frozen=True, slots=True)
class _Details:
    """The details of one task, in `details/ORG/MODEL/DATE/details_TASK_DATE.parquet`."""

    file: Path
    task: str
    date: str

    @property
    def folder(self) -> Path:
        """The folder of the model."""
        parent = self.file.absolute().parent
        return parent.parent if parent.name == self.date else parent

    @property
    def model(self) -> str:
        """The model by where its details lie; `ORG__MODEL` in data sets of the Hub."""
        parts = self.folder.parts
        if "details" in parts:
            after = parts[len(parts) - parts[::-1].index("details") :]
            return "/".join(after) or self.folder.name
        return self.folder.name.removeprefix("details_").removesuffix("_private").replace("__", "/")

    def results(self) -> dict[str, Any]:
        """The results that were written with the details; nothing where they are not there. Raises DataError."""
        name = f"results_{self.date}.json"
        parts, places = self.folder.parts, [self.file.absolute().parent, self.folder]
        if "details" in parts:
            at = len(parts) - 1 - parts[::-1].index("details")
            places.append(Path(*parts[:at], "results", *parts[at + 1 :]))
        found = next((place / name for place in places if (place / name).is_file()), None)
        return {} if found is None else document_of(found)


@dataclass(slots=True)
class _Survey:
    """What has to be known of a task's rows before they can be read one by one; `scores` by the names of metrics."""

    scores: dict[str, list[float]] = field(default_factory=dict)
    prompts: bool = True
    several: int = 0


def read(path: Path, model: str | None = None) -> ForeignRun:
    """Read lighteval's details at a path, of one model.

    Raises DataError, in one line, for what is broken, of an earlier version, or of several models; UsageError for a
    model that is not there.
    """
    found = _details_at(path)
    if not found:
        raise DataError(f"{path}: it holds no details of lighteval (details_TASK_DATE.parquet)")
    read_of = chosen_model(path, (each.model for each in found), model)
    chosen, notes = _newest([each for each in found if each.model == read_of])
    tasks, results = [], [each.results() for each in chosen]
    for each, told in zip(chosen, results, strict=True):
        task, said = _task(each, told)
        tasks.append(task)
        notes += said
    last = max(range(len(chosen)), key=lambda place: chosen[place].date)
    config = part_of(results[last], "config_general", "model_config")
    url = part_of({"": config}, "", "base_url")
    name = part_of(results[last], "config_general", "model_name")
    return ForeignRun(
        format=_FORMAT,
        model=name if isinstance(name, str) and name else chosen[last].model,
        created=created_of(chosen[last].file),
        tasks=tasks,
        software={"lighteval": _version(results[last])},
        endpoint={"base_url": redact_url(url)} if isinstance(url, str) and url else {},
        notes=(*notes, _UNTOLD),
    )


def _recognises(path: Path) -> bool:
    try:
        return bool(_details_at(path))
    except DataError:
        return False


def _details_at(path: Path) -> list[_Details]:
    files = files_below(path, _DEEPEST) if path.is_dir() else iter([path])
    found = []
    for file in files:
        if (name := _NAME.fullmatch(file.name)) is not None and _is_parquet(file):
            found.append(_Details(file, name["task"].replace("|", ":"), name["date"]))
    return found


def _is_parquet(file: Path) -> bool:
    try:
        with open_to_read(file) as stream:
            return stream.read(4) == b"PAR1"
    except OSError:
        return False


def _newest(found: Sequence[_Details]) -> tuple[list[_Details], list[str]]:
    by_task: dict[str, list[_Details]] = {}
    for each in found:
        by_task.setdefault(each.task, []).append(each)
    chosen, notes = [], []
    for task, several in by_task.items():
        several.sort(key=lambda each: each.date)
        chosen.append(several[-1])
        if len(several) > 1:
            notes.append(
                f"{one_line(task, 60)} is there {len(several):,} times: the newest is read, {several[-1].date}"
            )
    return chosen, notes


def _task(details: _Details, results: Mapping[str, Any]) -> tuple[ForeignTask, list[str]]:
    survey = _survey(details.file)
    totals = _of_task(results, "results", details.task)
    metric = next((name for name in totals if name in survey.scores), next(iter(survey.scores), "score"))
    scores = survey.scores.get(metric, [])
    same_by = SameBy.PROMPT if survey.prompts else SameBy.TEXT
    sampling = _sampling(results)
    config = _of_task(results, "config_tasks", details.task)
    few_shot, general = details.task.rpartition(":")[2], part_of(results, "config_general")
    settings: dict[str, Any] = {"few_shot": int(few_shot)} if few_shot.isascii() and few_shot.isdecimal() else {}
    if isinstance(general, Mapping) and "max_samples" in general:
        settings["limit"] = general["max_samples"]
    version = _of_all(results, "versions", details.task)
    printed, mean = score_of(totals.get(metric)), math.fsum(scores) / len(scores) if scores else None
    notes = []
    if printed is not None and mean is not None and abs(printed - mean) > _SAME:
        notes.append(
            f"{one_line(details.task, 60)}: lighteval says {printed:.6g} ({one_line(metric, 40)}), and the mean of all "
            f"scores is {mean:.6g}"
        )
    if survey.several:
        notes.append(
            f"{one_line(details.task, 60)}: {survey.several:,} items were answered several times, which lighteval "
            "scores together; that is their score here"
        )
    told = {
        "source": details.file.name,
        "dataset": config.get("hf_repo"),
        "accuracy by lighteval": None if printed is None else f"{printed!r} ({metric})",
    }
    task = ForeignTask(
        name=details.task,
        version="unknown" if version is None else one_line(str(version), 40),
        grader=f"lighteval {_version(results)}",
        metric=metric,
        same_by=same_by,
        rows=partial(_rows, details.file, metric, same_by),
        sampling={name: value for name, value in sampling.items() if value is not None},
        unknown=(
            "data_hash",
            *(name for name, value in sampling.items() if value is None),
            *(name for name in ("few_shot", "limit") if name not in settings),
        ),
        settings=settings,
        provenance={name: one_line(str(value), 400) for name, value in told.items() if value is not None},
        # lighteval shuffles the documents before it takes the first of them.
        draw=Draw.RANDOM,
        whole=None,
    )
    return task, notes


def _survey(file: Path) -> _Survey:
    """Go through the rows of a task once. Raises DataError for a file that is broken, or of an earlier version."""
    found, counted = _Survey(), 0
    for _, cells in parquet_cells(file, _COLUMNS | _OLDER):
        if isinstance(cells, str):
            continue
        if counted == 0 and not cells.keys() >= _COLUMNS:
            raise DataError(
                f"{file}: its columns are {listed(sorted(cells)) or 'others'}: details that are read have doc, "
                "metric and model_response, as lighteval 0.13 writes them"
            )
        counted += 1
        told = cells.get("metric")
        for name, value in told.items() if isinstance(told, Mapping) else ():
            score = score_of(value)
            if score is not None and 0 <= score <= 1:
                found.scores.setdefault(str(name), []).append(score)
        found.prompts = found.prompts and sent_of(cells) is not None
        found.several += answers_in(cells) > 1
    return found


def _rows(file: Path, metric: str, same_by: SameBy) -> Iterator[Row | Unread]:
    for where, cells in parquet_cells(file, _COLUMNS):
        try:
            yield Unread(where, cells) if isinstance(cells, str) else row_of(cells, metric, same_by)
        except (ValueError, OverflowError) as error:
            yield Unread(where, str(error))


def _sampling(results: Mapping[str, Any]) -> dict[str, Any]:
    asked = part_of(results, "config_general", "model_config", "generation_parameters")
    told = asked if isinstance(asked, Mapping) else {}
    return {**{name: told.get(theirs) for name, theirs in _SAMPLING.items()}, "stop": told.get("stop_tokens")}


def _of_all(results: Mapping[str, Any], part: str, task: str) -> Any:
    """What a part of the results says of a task, which stands there with its suite before it in earlier versions."""
    told = part_of(results, part)
    named = told if isinstance(told, Mapping) else {}
    return next((named[name] for name in named if str(name).replace("|", ":") == task), None)


def _of_task(results: Mapping[str, Any], part: str, task: str) -> Mapping[str, Any]:
    found = _of_all(results, part, task)
    return found if isinstance(found, Mapping) else {}


def _version(results: Mapping[str, Any]) -> str:
    sha = part_of(results, "config_general", "lighteval_sha")
    return one_line(sha, 40) if isinstance(sha, str) and sha not in ("", "?") else "unknown"


LIGHTEVAL = Format(
    _FORMAT, "lighteval: the folder of its details (details_TASK_DATE.parquet) and results", _recognises, read, read
)
