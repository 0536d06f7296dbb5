"""lm-eval's file of results as types: whose they are, how each task was asked, and what came out in all."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from math import isfinite
from pathlib import Path
from typing import Any

from quantgate.evals.errors import DataError
from quantgate.evals.foreign.lm_eval_files import date_of
from quantgate.evals.foreign.sources import created_of, document_of
from quantgate.evals.runs.record import MOST_SAMPLES
from quantgate.evals.secrets import without_keys

_NAMES_OF_MODEL = ("peft", "delta", "pretrained", "model", "path", "engine")
_BESIDE = frozenset({"configs", "config", "versions", "n-shot"})
"""What stands beside the figures, of which every version writes some."""
_NO_MEANS = frozenset(
    {"perplexity", "word_perplexity", "byte_perplexity", "bits_per_byte", "bleu", "chrf", "ter", "f1", "mcc"}
    | {"brier_score", "bypass"}
)
"""lm-eval's own metrics that are made of all answers together, where a task does not say otherwise."""
_KNOWN_MEANS = frozenset({"acc", "acc_norm", "acc_bytes", "acc_mutual_info", "exact_match", "likelihood"})


@dataclass(frozen=True, slots=True)
class Metric:
    """A metric as the results declare it; `mean` is `None` where only its numbers can tell."""

    name: str
    mean: bool | None
    better_up: bool = True


@dataclass(frozen=True, slots=True)
class TaskResults:
    """What the results say of a task; empty where they say nothing.

    `totals` has the figures by `METRIC,FILTER`; `items` of `whole` documents were asked.
    """

    name: str
    version: str = ""
    shots: str = ""
    metrics: Sequence[Metric] = ()
    filters: Sequence[str] = ()
    voting: bool = False
    totals: Mapping[str, float] = field(default_factory=dict)
    items: int | None = None
    whole: int | None = None
    generation: Mapping[str, Any] = field(default_factory=dict)
    delimiter: str = " "
    dataset: str = ""


@dataclass(frozen=True, slots=True)
class Results:
    """A whole file of results. `rows` holds the answers where they stand in it, as `simple_evaluate` gives them."""

    path: Path
    model: str
    backend: str
    base_url: str
    max_tokens: int | None
    max_length: int | None
    seed: int | None
    version: str
    instruction: str
    created: str
    tasks: Mapping[str, TaskResults]
    groups: Mapping[str, Sequence[str]]
    versions: Mapping[str, str]
    group_totals: Mapping[str, Mapping[str, float]]
    rows: Mapping[str, Sequence[Any]]


def results_of(path: Path) -> Results:
    """Read a file of results. Raises DataError in one line."""
    document = document_of(path)
    if not isinstance(document.get("results"), dict) or not document.keys() & _BESIDE:
        raise DataError(f"{path}: it holds no results of lm-eval")
    config = _dict(document.get("config"))
    told = _arguments(config.get("model_args"))
    model = document.get("model_name") or next((told[name] for name in _NAMES_OF_MODEL if told.get(name)), "")
    version = document.get("lm_eval_version")
    groups = {
        name: [each for each in members if isinstance(each, str)]
        for name, members in _dict(document.get("group_subtasks")).items()
        if isinstance(members, list) and members
    }
    totals = _dict(document["results"])
    samples = {name: rows if isinstance(rows, list) else [] for name, rows in _dict(document.get("samples")).items()}
    names = dict.fromkeys([*(name for name in totals if name not in groups), *samples])
    versions = {name: _shown(value) for name, value in _dict(document.get("versions")).items()}
    return Results(
        path=path,
        model=without_keys(model) if isinstance(model, str) else "",
        backend=_text(document.get("model_source")) or _text(config.get("model")),
        base_url=_text(told.get("base_url")),
        max_tokens=_count(told.get("max_gen_toks")),
        max_length=_count(told.get("max_length")),
        seed=_count(told.get("seed")),
        version=version if isinstance(version, str) else "",
        instruction=_text(document.get("system_instruction")),
        created=_created(document.get("date"), path),
        tasks={name: _task(name, document, versions) for name in names},
        groups=groups,
        versions=versions,
        group_totals={name: _figures(totals.get(name)) for name in groups},
        rows=samples,
    )


def _task(name: str, document: Mapping[str, Any], versions: Mapping[str, str]) -> TaskResults:
    config = _dict(_dict(document.get("configs")).get(name))
    counts = _dict(_dict(document.get("n-samples")).get(name))
    totals = _figures(_dict(document["results"]).get(name))
    up = _dict(_dict(document.get("higher_is_better")).get(name))
    listed = [each for each in _list(config.get("metric_list")) if isinstance(each, dict)]
    metrics = [_metric(each, up) for each in listed if isinstance(each.get("metric"), str)]
    if not metrics:
        known = dict.fromkeys(key.partition(",")[0] for key in totals)
        metrics = [_metric({"metric": metric}, up) for metric in known]
    filters = [each for each in _list(config.get("filter_list")) if isinstance(each, dict)]
    named = [each["name"] for each in filters if isinstance(each.get("name"), str)]
    steps = [step.get("function") for each in filters for step in _list(each.get("filter")) if isinstance(step, dict)]
    delimiter = config.get("target_delimiter")
    return TaskResults(
        name=name,
        version=versions.get(name) or _shown(_dict(config.get("metadata")).get("version")),
        shots=_shown(_dict(document.get("n-shot")).get(name, config.get("num_fewshot"))),
        metrics=metrics,
        filters=named or list(dict.fromkeys(key.partition(",")[2] for key in totals)),
        voting=any("majority" in str(step) for step in steps),
        totals=totals,
        items=_count(counts.get("effective")),
        whole=_count(counts.get("original")),
        generation=_dict(config.get("generation_kwargs")),
        delimiter=delimiter if isinstance(delimiter, str) else " ",
        dataset=" ".join(filter(None, (_text(config.get("dataset_path")), _text(config.get("dataset_name"))))),
    )


def _metric(told: Mapping[str, Any], up: Mapping[str, Any]) -> Metric:
    name, how = str(told["metric"]), told.get("aggregation")
    better_up = told.get("higher_is_better", up.get(name, True)) is not False
    if isinstance(how, str):
        return Metric(name, how == "mean", better_up)
    return Metric(name, False if name in _NO_MEANS else True if name in _KNOWN_MEANS else None, better_up)


def _figures(told: object) -> dict[str, float]:
    """The figures by `METRIC,FILTER`, without their errors."""
    named = {name: number_of(value) for name, value in _dict(told).items() if "," in name and "_stderr," not in name}
    return {name: value for name, value in named.items() if value is not None}


def number_of(value: object) -> float | None:
    """A number or truth value; `None` for what is neither, as NaN, or larger than any score."""
    try:
        return float(value) if isinstance(value, int | float) and isfinite(value) else None
    except OverflowError:
        return None


def _arguments(told: object) -> dict[str, Any]:
    """The arguments of lm-eval's model class, a mapping or `name=value,name=value`."""
    if isinstance(told, str):
        return {name: value for name, _, value in (part.partition("=") for part in re.split(r",(?=\w+=)", told))}
    return _dict(told)


def _created(told: object, path: Path) -> str:
    if isinstance(told, int | float) and not isinstance(told, bool):
        try:
            return datetime.fromtimestamp(told, UTC).isoformat(timespec="seconds")
        except (ValueError, OverflowError, OSError):
            pass
    return created_in_name(date_of(path)) or created_of(path)


def created_in_name(date: str) -> str:
    """lm-eval's date in a name, as ISO 8601: it is that of the machine's clock, wherever that stood."""
    day, _, time = date.partition("T")
    return f"{day}T{time.partition('.')[0].replace('-', ':')}" if time else ""


def _dict(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _shown(value: object) -> str:
    return str(value) if isinstance(value, str | int | float) and not isinstance(value, bool) else ""


def _count(value: object) -> int | None:
    try:
        number = int(value) if isinstance(value, str | int | float) and not isinstance(value, bool) else 0
    except (ValueError, OverflowError):
        return None
    return number if 0 < number <= MOST_SAMPLES else None
