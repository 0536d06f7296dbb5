"""A run as lm-eval's files: totals in `results_DATE.json`, answers in `samples_TASK_DATE.jsonl`, of each filter."""

from __future__ import annotations

import hashlib
import json
import re
import statistics
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from math import fsum, sqrt
from pathlib import Path
from typing import Any

from quantgate.evals.contract.loglikelihoods import parse_loglikelihoods
from quantgate.evals.contract.question import question
from quantgate.evals.contract.records import Status
from quantgate.evals.errors import DataError
from quantgate.evals.foreign.export.types import Target, answers
from quantgate.evals.inspection.opened import OpenedRun
from quantgate.evals.inspection.seen import Seen
from quantgate.evals.runs.record import TaskRecord

_OWN = "lm-eval:"
_NO_FILTER = "none"
_NO_MATCH = "[invalid]"
_UNFIT = re.compile(r"[\"<>:/|\\?*\[\]]+")
_NO_TOKENS = "left out, as lm-eval has no place for log-probabilities token by token, by which builds are compared"
_LOGLIKELIHOODS = '{"loglikelihoods"'


@dataclass(slots=True)
class _Item:
    """What is gathered of one item over its repeats: the scores by metric, and the texts."""

    first: Seen
    scores: dict[str, list[float]] = field(default_factory=dict)
    texts: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Part:
    """What lm-eval has as one task: a task, or a stratum of one."""

    name: str
    record: TaskRecord
    stratum: str | None
    metrics: Sequence[str]


def _write(run: OpenedRun, out: Path) -> Sequence[str]:
    tasks = [task for task in run.record.tasks if not task.of_logprobs]
    untold = [f"{task.name}: {_NO_TOKENS}" for task in run.record.tasks if task.of_logprobs]
    if not tasks:
        raise DataError("; ".join(untold))
    created = _date(run.record.created)
    folder = out / _UNFIT.sub("__", run.record.model or "model")
    folder.mkdir(parents=True)
    results: dict[str, Any] = {
        name: {}
        for name in ("results", "groups", "group_subtasks", "configs", "versions", "n-shot", "higher_is_better")
    }
    results["n-samples"], results["task_hashes"] = {}, {}
    lost = untold
    for task in tasks:
        parts = _parts(run, task)
        for part in parts:
            _write_part(run, part, folder / f"samples_{part.name}_{_in_name(created)}.jsonl", results)
        if parts[0].stratum is not None:
            _add_group(task, parts, results)
        lost += _lost(run, task)
    results |= _of_run(run, created)
    text = json.dumps(results, indent=2, ensure_ascii=False)
    file = folder / f"results_{_in_name(created)}.json"
    file.write_text(text, encoding="utf-8", errors="backslashreplace")
    return lost


def _parts(run: OpenedRun, task: TaskRecord) -> list[_Part]:
    """The task itself, or its strata where its ids begin with them, as those of lm-eval's groups do."""
    held = run.task(task.name)
    names: dict[str, None] = {}
    strata: dict[str, None] = {}
    split = True
    for sample in held.samples():
        names |= dict.fromkeys(sample.metrics)
        split = split and sample.stratum is not None and sample.item_id.startswith(f"{sample.stratum}/")
        strata[sample.stratum or ""] = None
    metrics = _rectangle(task.metric, [task.metric, *names])
    if not strata or not split:
        return [_Part(_name(task.name), task, None, metrics)]
    return [_Part(_name(stratum), task, stratum, metrics) for stratum in strata]


def _rectangle(scoring: str, metrics: Sequence[str]) -> list[str]:
    """The metrics that stand under each filter which has the scoring one, that first: lm-eval has all under each."""
    pairs = dict.fromkeys(_split(metric) for metric in metrics)
    filters = [filter for name, filter in pairs if name == _split(scoring)[0]]
    names = dict.fromkeys(name for name, _ in pairs if all((name, filter) in pairs for filter in filters))
    return [f"{name},{filter}" for name in names for filter in filters]


def _name(task: str) -> str:
    return _UNFIT.sub("__", task.removeprefix(_OWN))


def _write_part(run: OpenedRun, part: _Part, file: Path, results: dict[str, Any]) -> None:
    totals: dict[str, list[float]] = {}
    hashes = hashlib.sha256()
    filters = list(dict.fromkeys(_split(metric)[1] for metric in part.metrics))
    with open(file, "x", encoding="utf-8", errors="backslashreplace", newline="\n") as stream:
        for filter in filters:
            for item in _items(run, part):
                row = _row(item, part, filter)
                for name in row["metrics"]:
                    totals.setdefault(f"{name},{filter}", []).append(row[name])
                hashes.update("".join(row[f"{what}_hash"] for what in ("doc", "prompt", "target")).encode())
                stream.write(json.dumps(row, ensure_ascii=False, allow_nan=False) + "\n")
    record, name = part.record, part.name
    items = record.strata.get(part.stratum, 0) if part.stratum is not None else record.items
    held = max((len(values) for values in totals.values()), default=0)
    shots = record.provenance.get("num_fewshot", "")
    figures = _figures(totals)
    results["results"][name] = {"name": name, "alias": name, "sample_len": held, **figures}
    results["configs"][name] = _config(part, filters, shots, figures)
    results["versions"][name] = record.settings.get("members", {}).get(part.stratum, record.version)
    results["n-shot"][name] = int(shots) if shots.isdecimal() else 0
    results["higher_is_better"][name] = {_split(metric)[0]: True for metric in part.metrics}
    whole = record.whole if part.stratum is None else None
    results["n-samples"][name] = {"original": whole or max(items, held), "effective": max(items, held)}
    results["task_hashes"][name] = hashes.hexdigest()


def _items(run: OpenedRun, part: _Part) -> Iterator[_Item]:
    """The items of a part that have a score, with all their repeats; one at a time where nothing is repeated."""
    gathered: dict[str, _Item] = {}
    for seen in answers(run, part.record.name):
        sample = seen.sample
        if not sample.status.scored or sample.score is None or (part.stratum not in (None, sample.stratum)):
            continue
        item = gathered.get(sample.item_id) or _Item(seen)
        for name, value in {**sample.metrics, part.record.metric: sample.score}.items():
            item.scores.setdefault(name, []).append(float(value))
        item.texts.append(sample.response or "")
        if part.record.repeats == 1:
            yield item
        else:
            gathered[sample.item_id] = item
    yield from gathered.values()


def _row(item: _Item, part: _Part, filter: str) -> dict[str, Any]:
    """One row as lm-eval writes it; of repeats the score is the mean of theirs."""
    seen, sample = item.first, item.first.sample
    own = sample.item_id.removeprefix(f"{part.stratum}/") if part.stratum is not None else sample.item_id
    scores = {
        _split(name)[0]: fsum(values) / len(values)
        for name, values in item.scores.items()
        if _split(name)[1] == filter and ",".join(_split(name)) in part.metrics
    }
    doc = {"item_id": own, **({"question": _question(seen)} if seen.asked is not None else {})}
    values = _loglikelihoods(sample.response)
    texts = [[[str(total), str(greedy)]] for total, greedy in values] if values else [item.texts]
    scoring = filter == _split(part.record.metric)[1]
    found = sample.extracted or _NO_MATCH if scoring else item.texts[0]
    target = seen.reference or ""
    return {
        "doc_id": int(own) if own.isdecimal() and str(int(own)) == own else own,
        "doc": doc,
        "target": target,
        "arguments": _arguments(seen, part.record),
        "resps": [] if seen.hidden else texts,
        "filtered_resps": [""] if seen.hidden else [pair[0] for pair in texts] if values else [found],
        "filter": filter,
        "metrics": list(scores),
        "doc_hash": _hash(json.dumps(doc, indent=2, ensure_ascii=False)),
        "prompt_hash": sample.prompt_hash,
        "target_hash": _hash(target),
        **scores,
    }


def _arguments(seen: Seen, record: TaskRecord) -> dict[str, Any]:
    asked = seen.asked
    if asked is None:
        # The tools of lm-eval take it that something is there.
        return {"gen_args_0": {"arg_0": "", "arg_1": _generation(record)}}
    if asked.continuations:
        return {
            f"gen_args_{number}": {"arg_0": each.context, "arg_1": each.text}
            for number, each in enumerate(asked.continuations)
        }
    context = json.dumps([dict(message) for message in asked.messages], ensure_ascii=False)
    return {"gen_args_0": {"arg_0": [context], "arg_1": {**asked.body, **_generation(record)}}}


def _generation(record: TaskRecord) -> dict[str, Any]:
    """The parameters of sampling by lm-eval's names."""
    told = record.sampling
    named = {"until": told.get("stop"), "temperature": told.get("temperature"), "top_p": told.get("top_p")}
    named |= {"max_gen_toks": told.get("max_tokens"), **(told.get("extra_body") or {})}
    return {name: value for name, value in named.items() if value is not None}


def _question(seen: Seen) -> str:
    asked = seen.asked
    if asked is None:
        return ""
    return asked.continuations[0].context if asked.continuations else (question(asked) or "")


def _loglikelihoods(response: str | None) -> list[tuple[float, bool]]:
    if not (response or "").startswith(_LOGLIKELIHOODS):
        return []
    try:
        return [(value.total, value.greedy) for value in parse_loglikelihoods(response or "")]
    except DataError:
        return []


def _figures(totals: Mapping[str, Sequence[float]]) -> dict[str, float | str]:
    """Each metric's mean with its standard error, as lm-eval has them; where all scores are from 0 to 1."""
    found: dict[str, float | str] = {}
    for name, values in totals.items():
        if all(0 <= value <= 1 for value in values):
            metric, filter = _split(name)
            spread = statistics.stdev(values) / sqrt(len(values)) if len(values) > 1 else "N/A"
            found |= {name: fsum(values) / len(values), f"{metric}_stderr,{filter}": spread}
    return found


def _config(part: _Part, filters: Sequence[str], shots: str, figures: Mapping[str, object]) -> dict[str, Any]:
    mean = {"aggregation": "mean", "higher_is_better": True}
    metrics = {_split(metric)[0]: mean if metric in figures else {} for metric in part.metrics}
    scored = not part.record.sampling.get("max_length")
    return {
        "task": part.name,
        "dataset_path": part.record.provenance.get("dataset", ""),
        "output_type": "generate_until" if scored else "multiple_choice",
        "num_fewshot": int(shots) if shots.isdecimal() else None,
        "metric_list": [{"metric": name, **how} for name, how in metrics.items()],
        "filter_list": [{"name": name, "filter": [{"function": "take_first"}]} for name in filters],
        "generation_kwargs": _generation(part.record) if scored else {},
        "repeats": part.record.repeats,
        "metadata": {"version": part.record.version},
    }


def _add_group(task: TaskRecord, parts: Sequence[_Part], results: dict[str, Any]) -> None:
    name, members = _name(task.name), [part.name for part in parts]
    figures = [results["results"][member] for member in members]
    sizes = [1 if task.strata_weigh else figure["sample_len"] for figure in figures]
    shared = [
        key for key in figures[0] if "," in key and "_stderr," not in key and all(key in each for each in figures)
    ]
    mean = {
        key: fsum(figure[key] * size for figure, size in zip(figures, sizes, strict=True)) / sum(sizes)
        for key in shared
    }
    results["results"][name] = results["groups"][name] = {"name": name, "alias": name, **mean}
    results["group_subtasks"][name] = members
    results["versions"][name] = task.version


def _of_run(run: OpenedRun, created: datetime) -> dict[str, Any]:
    record = run.record
    first = record.tasks[0]
    scored = first.sampling.get("max_length")
    arguments = {
        "model": record.model,
        "base_url": record.endpoint.get("base_url"),
        "seed": first.sampling.get("seed"),
        "max_length": scored,
    }
    backend = "local-completions" if scored else "local-chat-completions"
    known = {name: value for name, value in arguments.items() if value is not None}
    return {
        "config": {"model": backend, "model_args": known, "limit": None, "gen_kwargs": None},
        "date": created.timestamp(),
        "lm_eval_version": first.grader.removeprefix("lm-eval ") if first.grader.startswith("lm-eval ") else None,
        "model_source": backend,
        "model_name": record.model,
        "model_name_sanitized": _UNFIT.sub("__", record.model),
    }


def _lost(run: OpenedRun, task: TaskRecord) -> Iterator[str]:
    """What lm-eval's files do not hold of a task."""
    columns = run.task(task.name).columns
    told = dict.fromkeys(name for sample in run.task(task.name).samples() for name in sample.metrics)
    kept = _rectangle(task.metric, [task.metric, *told])
    if others := [name for name in told if ",".join(_split(name)) not in kept]:
        yield f"{task.name}: {', '.join(others)} is left out: lm-eval has every metric under every filter"
    if hidden := run.hidden(task.name):
        yield f"{task.name}: texts are left out, as its authors ask: --reveal writes them"
    missing = int((~columns.scored).sum())
    if missing:
        yield f"{task.name}: {missing:,} answers without a score are left out: lm-eval has no faults"
    cut = sum(int(columns.is_status(status).sum()) for status in (Status.TRUNCATED, Status.REFUSED))
    if cut and not hidden:
        yield f"{task.name}: {cut:,} answers that were cut or refused look whole: lm-eval does not tell how answers end"
    if task.repeats > 1:
        yield f"{task.name}: of {task.repeats:,} repeats the mean is the score: lm-eval has one score for each item"


def _split(metric: str) -> tuple[str, str]:
    name, _, filter = metric.partition(",")
    return name, filter or _NO_FILTER


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _date(created: str) -> datetime:
    try:
        found = datetime.fromisoformat(created)
    except ValueError:
        found = datetime.now(UTC)
    return found.replace(tzinfo=found.tzinfo or UTC).astimezone(UTC)


def _in_name(date: datetime) -> str:
    """A date as in lm-eval's names, which have microseconds and no zone."""
    return date.replace(tzinfo=None).isoformat(timespec="microseconds").replace(":", "-")


LM_EVAL = Target("lm-eval", "a folder of results_*.json and samples_*.jsonl", "-lm-eval", _write)
