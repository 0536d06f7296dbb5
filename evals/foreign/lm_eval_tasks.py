"""One task of lm-eval's files: which metric is the score, and how it was sampled as far as the files tell."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from itertools import islice
from math import fsum, isclose
from pathlib import Path
from typing import Any

from quantgate.evals.contract.records import Sampling
from quantgate.evals.errors import DataError
from quantgate.evals.foreign.lm_eval_results import Metric, Results, TaskResults, number_of
from quantgate.evals.foreign.lm_eval_rows import (
    NO_FILTER,
    Cells,
    Reading,
    answers,
    context_of,
    item_of,
    metrics_of,
    requests_of,
)
from quantgate.evals.foreign.types import ForeignTask
from quantgate.evals.runs.record import SameBy
from quantgate.evals.secrets import without_keys

_CHAT = ("local-chat-completions", "openai-chat-completions")
_API = (*_CHAT, "local-completions", "openai-completions")
"""lm-eval's clients of an endpoint, of which is known what they send where nothing is said."""
_MOST_STOPS = 4
_SEED = 1234
_MAX_LENGTH = 2048
_LOOKED_AT = 1000
_CLOSE = 1e-9


@dataclass(frozen=True, slots=True)
class Source:
    """The rows of one task, the file that they stand in, and the results that were written with them."""

    task: str
    path: Path
    cells: Cells
    results: Results | None = None

    @property
    def told(self) -> TaskResults:
        """What the results say of the task."""
        known = self.results.tasks.get(self.task) if self.results is not None else None
        return known or TaskResults(self.task)


def task_of(source: Source, wanted: str | None = None) -> ForeignTask:
    """A task of lm-eval as it is read; the metric `wanted` as `METRIC,FILTER`, else its first that can be the score.

    Raises DataError, in one line, when it holds no row, or no metric that scores single answers from 0 to 1.
    """
    first = _first_row(source)
    told, results = source.told, source.results
    filters = told.filters or _filters_of(source)
    metric = wanted or _score_of(source, first, filters)
    same_by = _same_by(first)
    is_mean = any(each.mean for each in told.metrics if each.name == metric.partition(",")[0])
    figure = told.totals.get(metric) if is_mean else None
    reading = Reading(source.task, metric, filters, same_by, told.voting, told.delimiter, figure, told.items)
    sampling, unknown = _sampling(first, told, results)
    grader = f"lm-eval {results.version}" if results is not None and results.version else ""
    version = told.version or ""
    settings, untold = ({}, []) if same_by is SameBy.PROMPT else _around(told, results)
    return ForeignTask(
        name=source.task,
        version=version or "unknown",
        grader=grader or "lm-eval",
        metric=metric,
        same_by=same_by,
        rows=partial(answers, source.cells, reading),
        sampling=sampling,
        unknown=("data_hash", *([] if version else ["version"]), *([] if grader else ["grader"]), *unknown, *untold),
        settings=settings,
        provenance=_provenance(source),
        items=told.items,
        whole=told.whole,
    )


def _first_row(source: Source) -> dict[str, Any]:
    why = "it is empty"
    for where, cells in islice(source.cells(bytearray()), _LOOKED_AT):
        if isinstance(cells, dict) and ("doc_id" in cells or "doc_hash" in cells):
            return cells
        why = f"{where}: {cells if isinstance(cells, str) else 'it has no doc_id'}"
    raise DataError(f"{source.path}: it holds no row of lm-eval ({why})")


def _filters_of(source: Source) -> list[str]:
    """The filters that the rows name, where no results do."""
    named = dict.fromkeys(
        cells["filter"]
        for _, cells in source.cells(bytearray())
        if isinstance(cells, dict) and isinstance(cells.get("filter"), str)
    )
    return list(named) or [NO_FILTER]


def _score_of(source: Source, first: Mapping[str, Any], filters: Sequence[str]) -> str:
    """The task's first metric that is a mean over its answers, better when higher and from 0 to 1, as of our own runs.

    Raises DataError with what each of its metrics is instead.
    """
    told = source.told
    held = metrics_of(first, filters[0])
    named = first.get("metrics")
    row = [name for name in named if isinstance(name, str)] if isinstance(named, list) else []
    row = row or [name.partition(",")[0] for name in held]
    declared = {metric.name: metric for metric in told.metrics}
    metrics = [metric for metric in told.metrics if metric.name in row]
    metrics += [Metric(name, None) for name in row if name not in declared]
    why = []
    for metric in metrics:
        reason = _not_a_share(source, metric, first, filters)
        if reason is None:
            return f"{metric.name},{filters[0]}"
        why.append(f"{metric.name} {reason}")
    reasons = "; ".join(why) or "it has no metric"
    raise DataError(f"{source.task} has no metric that scores single answers from 0 to 1: {reasons}")


def _not_a_share(source: Source, metric: Metric, first: Mapping[str, Any], filters: Sequence[str]) -> str | None:
    """Why a metric cannot be weighed answer by answer; `None` where it can."""
    value, total = first.get(metric.name), source.told.totals.get(f"{metric.name},{filters[0]}")
    if metric.mean is False:
        return "is made of all answers together"
    if not metric.better_up:
        return "is better when lower"
    if not isinstance(value, int | float):
        return "is no number for a single answer"
    if total is not None and not 0 <= total <= 1:
        return f"is {total:g} in all, not from 0 to 1"
    if metric.mean is None and total is not None and not _is_mean(source, metric.name, filters, total):
        return f"is {total:g} in all, which is not the mean of its answers'"
    return None


def _is_mean(source: Source, metric: str, filters: Sequence[str], total: float) -> bool:
    """Whether the figure in the results is the mean of the rows'; of repeated rows the first counts."""
    values: dict[str, float] = {}
    for _, cells in source.cells(bytearray()):
        if isinstance(cells, dict) and cells.get("filter", filters[0]) == filters[0]:
            value = number_of(cells.get(metric))
            if value is not None:
                values.setdefault(item_of(cells), value)
    return bool(values) and isclose(fsum(values.values()) / len(values), total, rel_tol=_CLOSE, abs_tol=_CLOSE)


def _same_by(first: Mapping[str, Any]) -> SameBy:
    if isinstance(first.get("prompt_hash"), str) or context_of(requests_of(first)) is not None:
        return SameBy.PROMPT
    return SameBy.TEXT if isinstance(first.get("doc_hash"), str) else SameBy.ID


def _around(told: TaskResults, results: Results | None) -> tuple[dict[str, Any], list[str]]:
    """What stood around the questions, where no prompt shows it, and the names of what nobody knows of that."""
    shots = {"few_shot": told.shots} if told.shots else {}
    instruction = {"system_instruction": results.instruction} if results is not None else {}
    return shots | instruction, [name for name in ("few_shot", "system_instruction") if name not in shots | instruction]


def _sampling(first: Mapping[str, Any], told: TaskResults, results: Results | None) -> tuple[dict[str, Any], list[str]]:
    """The parameters that were sent, and the names of those that nobody knows."""
    requests, backend = requests_of(first), results.backend if results is not None else ""
    served = backend in _API
    seed = (results.seed or _SEED) if results is not None and served else None
    no_seed = [] if served else ["seed"]
    generated = [request[1] for request in requests if len(request) > 1 and isinstance(request[1], dict)]
    if generated or told.generation:
        sent = {name: value for name, value in [*generated, told.generation][0].items() if value is not None}
        return _generation(sent, results, seed, no_seed)
    if not requests:
        return {}, [name for name in asdict(Sampling()) if name != "max_length"]
    length = results.max_length if results is not None else None
    length = length or (_MAX_LENGTH if served else None)
    sampling = Sampling(temperature=0.0, max_tokens=1, seed=seed, max_length=length)
    return _recorded(sampling), [*no_seed, *([] if length else ["max_length"])]


def _generation(
    kwargs: dict[str, Any], results: Results | None, seed: int | None, no_seed: list[str]
) -> tuple[dict[str, Any], list[str]]:
    backend = results.backend if results is not None else ""
    drawn, until = kwargs.pop("do_sample", None), kwargs.pop("until", None)
    stops = [until] if isinstance(until, str) else [each for each in until or () if isinstance(each, str)]
    # lm-eval asks greedily unless it is told otherwise; its models on this machine look at do_sample first.
    temperature = kwargs.pop("temperature", 0.0)
    if drawn is False and backend and backend not in _API:
        temperature = 0.0
    budget = kwargs.pop("max_tokens", None)
    later = kwargs.pop("max_gen_toks", None)
    budget = budget or later or (results.max_tokens if results is not None else None)
    sampling = Sampling(
        temperature=temperature,
        top_p=kwargs.pop("top_p", None),
        max_tokens=budget,
        stop=tuple(stops[:_MOST_STOPS] if backend in _CHAT else stops),
        seed=seed,
        extra_body=_without_keys(kwargs),
    )
    told = _recorded(sampling)
    del told["max_length"]
    return told, [*no_seed, *([] if budget else ["max_tokens"]), *([] if backend else ["stop"])]


def _without_keys(told: Mapping[str, Any]) -> dict[str, Any]:
    try:
        found: dict[str, Any] = json.loads(without_keys(json.dumps(told, default=str)))
    except RecursionError:
        raise DataError("its parameters of sampling are nested too deeply") from None
    return found


def _recorded(sampling: Sampling) -> dict[str, Any]:
    return {**asdict(sampling), "stop": list(sampling.stop), "extra_body": dict(sampling.extra_body)}


def _provenance(source: Source) -> dict[str, str]:
    told = source.told
    figures = "; ".join(f"{name} {value!r}" for name, value in told.totals.items())
    known = {
        "lm_eval_task": source.task,
        "num_fewshot": told.shots,
        "dataset": told.dataset,
        "source": str(source.path),
        "lm_eval_results": figures,
    }
    return {name: value for name, value in known.items() if value}
