"""Reviews of evalscope: the folder of an invocation, or of several, of one model; subsets are strata of a benchmark."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from quantgate.evals.contract.records import is_number
from quantgate.evals.endpoint.url import redact_url
from quantgate.evals.errors import DataError
from quantgate.evals.foreign.evalscope_files import (
    Reviews,
    config_of,
    object_at,
    part_of,
    recognised,
    report_of,
    reviews_at,
)
from quantgate.evals.foreign.evalscope_rows import (
    Judged,
    Position,
    Predictions,
    judged,
    place_of,
    question_of,
    row_of,
)
from quantgate.evals.foreign.models import chosen_model
from quantgate.evals.foreign.sources import created_of, digest_of, lines_of, object_of
from quantgate.evals.foreign.types import ForeignRun, ForeignTask, Format, Row, Unread
from quantgate.evals.runs.record import Draw, SameBy
from quantgate.evals.text import natural_key, one_line

_FORMAT = "evalscope"
_SHOWN = 5
_SAMPLING = {"temperature": "temperature", "top_p": "top_p", "max_tokens": "max_tokens", "seed": "seed"}
_SETTINGS = {"few_shot": "few_shot_num", "split": "eval_split", "filters": "filters"}
_ROUNDED = 1e-4
"""Evalscope writes its figures with four digits."""


@dataclass(slots=True)
class _Survey:
    """What has to be known of a subset before its reviews can be read one by one.

    `items` has the id of each question by its position; `same` counts those that others have word for word.
    """

    metric: str = ""
    items: dict[str, str] = field(default_factory=dict)
    same: int = 0
    repeats: int = 1
    rows: int = 0
    zeroed: int = 0
    without_prediction: int = 0
    scores: list[float] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Subset:
    reviews: Reviews
    name: str
    predictions: Predictions
    survey: _Survey


def read(path: Path, model: str | None = None) -> ForeignRun:
    """Read evalscope's reviews at a path, of one model.

    Raises DataError, in one line, for what is broken, without reviews, or of several models; UsageError for a model
    that is not there.
    """
    found = reviews_at(path)
    if not found:
        raise DataError(f"{path}: it holds no reviews of evalscope (reviews/MODEL/*.jsonl)")
    read_of = chosen_model(path, (each.model for each in found), model)
    chosen, notes = _newest([each for each in found if each.model == read_of])
    tasks = []
    for (name, _), files in chosen.items():
        task, told = _task(name, files)
        tasks.append(task)
        notes += told
    last = max((files[0] for files in chosen.values()), key=lambda each: each.root.name)
    config = config_of(last.root)
    version, url = config.get("evalscope_version"), config.get("api_url")
    return ForeignRun(
        format=_FORMAT,
        model=last.model,
        created=created_of(last.file),
        tasks=tasks,
        software={"evalscope": version if isinstance(version, str) else "unknown"},
        endpoint={"base_url": redact_url(url)} if isinstance(url, str) and url else {},
        notes=tuple(notes),
    )


def _newest(found: Sequence[Reviews]) -> tuple[dict[tuple[str, Path], list[Reviews]], list[str]]:
    """The reviews of each benchmark, of the newest invocation that has it."""
    by_benchmark: dict[str, dict[Path, list[Reviews]]] = {}
    configs = {root: config_of(root) for root in {each.root for each in found}}
    for each in found:
        name = each.benchmark(configs[each.root])
        by_benchmark.setdefault(name, {}).setdefault(each.root, []).append(each)
    chosen, notes = {}, []
    for name, by_root in by_benchmark.items():
        *older, newest = sorted(by_root, key=lambda root: root.name)
        if older:
            notes.append(
                f"{one_line(name, 60)} is there {len(by_root):,} times: the newest is read, {one_line(newest.name, 60)}"
            )
        chosen[name, newest] = by_root[newest]
    return chosen, notes


def _task(name: str, files: Sequence[Reviews]) -> tuple[ForeignTask, list[str]]:
    config, report = config_of(files[0].root), report_of(files, name)
    settings = object_at(config, "resolved_benchmarks", name) or object_at(config, "dataset_args", name)
    repeats = config.get("repeats")
    asked = repeats if isinstance(repeats, int) and not isinstance(repeats, bool) and repeats > 0 else None
    subsets = []
    for each in files:
        predictions = Predictions(each.predictions)
        stratum = each.file.stem.removeprefix(name).removeprefix("_") or name
        subsets.append(_Subset(each, stratum, predictions, _survey(each, predictions, asked or 1)))
    metric = next((each.survey.metric for each in subsets if each.survey.metric), "score")
    several = len(subsets) > 1
    sampling = _sampling(config)
    told = {key: settings.get(theirs) for key, theirs in _SETTINGS.items() if theirs in settings}
    limit = {"limit": config["limit"]} if "limit" in config else {}
    unknown = [key for key in ("few_shot", "limit") if key not in told | limit]
    version = part_of(config, "evaluation_identity", "benchmarks", name, "evaluation_version")
    printed = _printed(report, metric)
    items = _items(report, subsets, config.get("limit"), asked)
    task = ForeignTask(
        name=name,
        version=version if isinstance(version, str) else "unknown",
        grader=f"evalscope {one_line(str(config.get('evalscope_version', 'unknown')), 40)}",
        metric=metric,
        same_by=SameBy.PROMPT,
        rows=partial(_rows, name, subsets, metric, several, asked or 1),
        sampling={key: value for key, value in sampling.items() if value is not None},
        unknown=("data_hash", *(key for key, value in sampling.items() if value is None), *unknown),
        settings={**told, **limit},
        provenance=_provenance(files, settings, printed),
        items=items,
        repeats=asked,
        draw=Draw.RANDOM if settings.get("shuffle") is True else Draw.FIRST,
    )
    return task, list(_notes(name, subsets, report, printed, several))


def _survey(reviews: Reviews, predictions: Predictions, repeats: int) -> _Survey:
    """Go through the reviews of a subset once; those that cannot be read are passed over."""
    found, questions = _Survey(), dict[str, dict[str, str]]()
    for _, line in lines_of(reviews.file):
        cells = object_of(line)
        if isinstance(cells, str):
            continue
        found.metric = found.metric or _metric(cells)
        try:
            place, question = place_of(cells, repeats), question_of(cells)
            prediction = predictions.of(cells)
            result = judged(cells, found.metric, prediction)
        except (ValueError, OverflowError):
            continue
        # Those that ask the same are told apart by what else is known of them.
        questions.setdefault(question, {})[place.group] = digest_of(part_of(cells, "sample_score", "sample_metadata"))
        found.rows += 1
        found.repeats = max(found.repeats, place.repeat + 1)
        found.without_prediction += prediction is None
        _add(found, result)
    for question, groups in questions.items():
        order = sorted(groups, key=lambda group: (groups[group], natural_key(group)))
        found.same += len(order) if len(order) > 1 else 0
        found.items |= {group: question + (f"-{number}" if number > 1 else "") for number, group in enumerate(order, 1)}
    return found


def _add(found: _Survey, result: Judged) -> None:
    if result.scored is not None:
        found.scores.append(result.scored)
        found.zeroed += bool(result.score == 0 and result.scored > 0)


def _metric(cells: Mapping[str, Any]) -> str:
    """The score that counts: the one that evalscope names, else the first."""
    score = part_of(cells, "sample_score", "score")
    named, values = part_of(score, "main_score_name"), part_of(score, "value")
    if isinstance(named, str) and named:
        return named
    return str(next(iter(values), "")) if isinstance(values, Mapping) else ""


def _rows(name: str, subsets: Sequence[_Subset], metric: str, several: bool, repeats: int) -> Iterator[Row | Unread]:
    for subset in subsets:
        for where, line in lines_of(subset.reviews.file):
            cells = object_of(line)
            if isinstance(cells, str):
                yield Unread(where, cells)
                continue
            try:
                place = place_of(cells, repeats)
                item = subset.survey.items.get(place.group) or question_of(cells)
                if several:
                    item = f"{subset.name}/{item}"
                stratum = subset.name if several else None
                at = Position(name, item, place.repeat)
                yield row_of(cells, at, metric, stratum, subset.predictions.of(cells))
            except (ValueError, OverflowError) as error:
                yield Unread(where, str(error))


def _items(report: Mapping[str, Any], subsets: Sequence[_Subset], limit: Any, repeats: int | None) -> int | None:
    """How many questions there were to be: evalscope leaves out what failed where errors are ignored."""
    asked = part_of(report, "execution_summary", "requested")
    if isinstance(asked, int) and not isinstance(asked, bool):
        return asked // (repeats or max(each.survey.repeats for each in subsets))
    if report or not isinstance(limit, int) or isinstance(limit, bool):
        return None
    return sum(max(limit, len(each.survey.items)) for each in subsets)


def _printed(report: Mapping[str, Any], metric: str) -> float | None:
    """The mean of a metric as evalscope reports it."""
    metrics = report.get("metrics")
    for each in metrics if isinstance(metrics, list) else []:
        identity = part_of(each, "identity")
        name = part_of(identity, "name") or part_of(each, "name")
        aggregation = part_of(identity, "aggregation") or "mean"
        if name in (metric, f"mean_{metric}") and aggregation == "mean" and is_number(score := part_of(each, "score")):
            return float(score)
    return None


def _notes(
    name: str, subsets: Sequence[_Subset], report: Mapping[str, Any], printed: float | None, several: bool
) -> Iterator[str]:
    task = one_line(name, 60)
    if not report:
        yield f"{task}: there is no report, so that nobody knows whether evalscope came to its end"
    failed = part_of(report, "execution_summary", "errored")
    if isinstance(failed, int) and failed > 0:
        yield f"{task}: {failed:,} answers failed, which evalscope left out of its accuracy and which are missing here"
    if same := sum(each.survey.same for each in subsets):
        yield (
            f"{task}: {same:,} items are asked word for word like others; they are told apart by a number, and which "
            "is which is not known"
        )
    if without := sum(each.survey.without_prediction for each in subsets):
        yield f"{task}: {without:,} answers have no prediction beside their review, so that how they ended is unknown"
    if zeroed := sum(each.survey.zeroed for each in subsets):
        yield f"{task}: {zeroed:,} empty or refused answers score 0 here, which evalscope had scored higher"
    scores = [score for each in subsets for score in each.survey.scores]
    mean = math.fsum(scores) / len(scores) if scores else None
    if printed is not None and mean is not None and abs(printed - mean) > _ROUNDED:
        yield f"{task}: evalscope says {printed:.6g}, and the mean of all its scores is {mean:.6g}"
    if several:
        yield f"{task}: its {len(subsets):,} subsets are its strata"


def _sampling(config: Mapping[str, Any]) -> dict[str, Any]:
    asked = object_at(config, "generation_config")
    return {
        **{name: asked.get(theirs) for name, theirs in _SAMPLING.items()},
        "stop": asked.get("stop_seqs"),
        "extra_body": asked.get("extra_body") or ({} if asked else None),
    }


def _provenance(files: Sequence[Reviews], settings: Mapping[str, Any], printed: float | None) -> dict[str, str]:
    told = {
        "source": ", ".join(each.file.name for each in files[:_SHOWN]) + (" ..." if len(files) > _SHOWN else ""),
        "invocation": files[0].root.name,
        "dataset": settings.get("dataset_id"),
        "dataset revision": settings.get("dataset_revision"),
        "accuracy by evalscope": None if printed is None else repr(printed),
    }
    return {name: one_line(str(value), 400) for name, value in told.items() if value is not None}


EVALSCOPE = Format(
    _FORMAT,
    "evalscope: the folder of an invocation, its reviews/MODEL/*.jsonl, or one of those",
    recognised,
    read,
    read,
)
