"""Results of NeMo Evaluator: a run's folder or that of a benchmark; of an interrupted run what its logs have."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import chain
from pathlib import Path
from typing import Any

from quantgate.evals.endpoint.url import redact_url
from quantgate.evals.errors import DataError
from quantgate.evals.foreign.models import listed
from quantgate.evals.foreign.nemo_files import (
    INFERENCES,
    REPLIES,
    RESULTS,
    VERIFIED,
    Benchmark,
    benchmarks_at,
    count_of,
    is_finished,
    object_in,
    recognised,
    text_in,
)
from quantgate.evals.foreign.nemo_rows import (
    METRIC,
    Inference,
    Logs,
    Place,
    Reply,
    inferences_of,
    place_of,
    prompt_of,
    replies_of,
    results_in,
    row_of,
    unscored_row,
)
from quantgate.evals.foreign.sources import created_of
from quantgate.evals.foreign.types import ForeignRun, ForeignTask, Format, Row, Unread
from quantgate.evals.runs.record import Draw, SameBy
from quantgate.evals.text import one_line

_FORMAT = "nemo"
_ROUNDED = 1e-4
"""NeMo Evaluator writes its figures with four digits."""
_SAMPLING = ("temperature", "top_p", "max_tokens", "seed", "stop")
_SETTINGS = {"limit": "max_problems", "shuffle_seed": "shuffle_seed", "scorers": "scorers"}


@dataclass(slots=True)
class _Survey:
    """What has to be known of the results before they can be read one by one; `last` has each answer's last line."""

    last: dict[Place, str] = field(default_factory=dict)
    rewards: dict[int, list[float]] = field(default_factory=dict)
    prompts: bool = True
    system: str | None = None
    system_told: bool = False
    ending_untold: int = 0
    again: int = 0


def read(path: Path) -> ForeignRun:
    """Read the results of NeMo Evaluator at a path. Raises DataError, in one line, for what is broken or of several."""
    benchmarks = benchmarks_at(path)
    if not benchmarks:
        raise DataError(f"{path}: it holds no results of NeMo Evaluator ({RESULTS}, or {VERIFIED})")
    tasks, notes, models = [], list[str](), list[str]()
    for each in benchmarks:
        logs = _logs(each)
        task, told = _task(each, logs)
        tasks.append(task)
        notes += told
        named = each.config.get("model")
        models += (
            [named] if isinstance(named, str) and named else [i.model for i in logs.inferences.values() if i.model]
        )
    if len(several := list(dict.fromkeys(models))) > 1:
        raise DataError(f"{path} holds results of {len(several):,} models, {listed(several)}: name one of the folders")
    newest = max(benchmarks, key=lambda each: text_in(each.bundle, "timestamp"))
    url = text_in(newest.config, "base_url")
    return ForeignRun(
        format=_FORMAT,
        model=several[0] if several else path.absolute().name,
        created=text_in(newest.bundle, "timestamp") or created_of(newest.file),
        tasks=tasks,
        software={"nemo-evaluator": text_in(newest.bundle, "sdk_version") or "unknown"},
        endpoint={"base_url": redact_url(url)} if url else {},
        notes=tuple(notes),
    )


def _logs(benchmark: Benchmark) -> Logs:
    """What the logs beside the results tell; an answer stands in those of one shard alone."""
    replies, inferences = dict[Place, Reply](), dict[Place, Inference]()
    for file in benchmark.files:
        replies |= replies_of(file.with_name(REPLIES))
        inferences |= inferences_of(file.with_name(INFERENCES), texts=not is_finished(file))
    return Logs(replies, inferences)


def _task(benchmark: Benchmark, logs: Logs) -> tuple[ForeignTask, list[str]]:
    config, survey = benchmark.config, _survey(benchmark.files, logs)
    shuffle = object_in(config, "shuffle")
    whole, effective = count_of(shuffle.get("ds_full_size")), count_of(shuffle.get("ds_effective_size"))
    shuffled = shuffle.get("applied") is True
    repeats = count_of(config.get("repeats"))
    same_by = SameBy.PROMPT if survey.prompts and survey.last else SameBy.ID
    settings = {name: config[theirs] for name, theirs in _SETTINGS.items() if theirs in config}
    if survey.system_told:
        settings["system_prompt"] = survey.system
    sampling = {name: config[name] for name in _SAMPLING if config.get(name) is not None}
    printed = _printed(benchmark.bundle)
    untold = [name for name in (*_SETTINGS, "system_prompt") if name not in settings]
    version = text_in(benchmark.bundle, "sdk_version") or "unknown"
    task = ForeignTask(
        name=benchmark.name,
        version="unknown",
        grader=f"NeMo Evaluator {one_line(version, 40)}",
        metric=METRIC,
        same_by=same_by,
        rows=partial(_rows, benchmark, logs, survey, same_by),
        sampling=sampling,
        unknown=("data_hash", *(name for name in _SAMPLING if name not in sampling), *untold),
        settings=settings,
        provenance=_provenance(benchmark, printed),
        items=effective,
        repeats=repeats,
        whole=whole if shuffled else None,
        draw=Draw.RANDOM if shuffled else Draw.FIRST,
    )
    return task, list(_notes(benchmark, survey, logs, printed))


def _survey(files: Sequence[Path], logs: Logs) -> _Survey:
    """Go through the results once; those that cannot be read are passed over."""
    found = _Survey()
    for each in chain.from_iterable(map(results_in, files)):
        if isinstance(each, Unread):
            continue
        where, cells = each
        try:
            place = place_of(cells)
        except (ValueError, OverflowError):
            continue
        found.again += place in found.last
        found.last[place] = where
        reply, logged = logs.replies.get(place), logs.inferences.get(place)
        found.prompts = found.prompts and prompt_of(cells, logged) is not None
        found.ending_untold += not _ending_told(cells, reply, logged)
        reward = cells.get(METRIC)
        if isinstance(reward, bool | int | float) and 0 <= reward <= 1:
            found.rewards.setdefault(place[0], []).append(float(reward))
        if not found.system_told:
            found.system_told, found.system = _system(cells.get("trajectory"))
    return found


def _ending_told(cells: Mapping[str, Any], reply: Reply | None, logged: Inference | None) -> bool:
    """Whether something says how an answer ended; of a failure the result itself does."""
    if reply is not None and (reply.finish_reason or reply.fault):
        return True
    failed = object_in(cells, "scoring_details").get("error")
    return bool(failed or (logged is not None and logged.finish_reason))


def _system(trajectory: Any) -> tuple[bool, str | None]:
    """Whether a trajectory shows what was sent, and the system's message that was part of it."""
    first = trajectory[0] if isinstance(trajectory, list) and trajectory else None
    steps = object_in({"": first}, "").get("steps")
    if not isinstance(steps, list) or not steps:
        return False, None
    told = [step.get("message") for step in steps if isinstance(step, Mapping) and step.get("source") == "system"]
    return True, told[0] if told and isinstance(told[0], str) else None


def _rows(benchmark: Benchmark, logs: Logs, survey: _Survey, same_by: SameBy) -> Iterator[Row | Unread]:
    for file in benchmark.files:
        yield from _rows_in(file, logs, survey, same_by)
    if not benchmark.finished:
        for place, logged in logs.inferences.items():
            if place not in survey.last:
                yield unscored_row(place, logged, same_by, survey.system)


def _rows_in(file: Path, logs: Logs, survey: _Survey, same_by: SameBy) -> Iterator[Row | Unread]:
    for each in results_in(file):
        if isinstance(each, Unread):
            yield each
            continue
        where, cells = each
        try:
            # A log is appended to: what was asked again after a fault stands in it once more, and the last counts.
            if is_finished(file) or survey.last[place_of(cells)] == where:
                yield row_of(cells, logs, same_by, survey.system)
        except (ValueError, OverflowError) as error:
            yield Unread(where, str(error))


def _printed(bundle: Mapping[str, Any]) -> tuple[str, float] | None:
    """The figure that NeMo Evaluator gives, and its name."""
    scores = object_in(object_in(bundle, "benchmark"), "scores")
    for name in ("pass@1", "mean_reward"):
        value = object_in(scores, name).get("value")
        if isinstance(value, int | float) and math.isfinite(value):
            return name, float(value)
    return None


def _notes(benchmark: Benchmark, survey: _Survey, logs: Logs, printed: tuple[str, float] | None) -> Iterator[str]:
    task = one_line(benchmark.name, 60)
    if benchmark.shards > 1 and len(benchmark.files) < benchmark.shards:
        yield (
            f"{task}: {len(benchmark.files):,} of {benchmark.shards:,} shards are here; what the others were to ask is "
            "missing"
        )
    if not benchmark.finished:
        unscored = len(logs.inferences.keys() - survey.last.keys())
        yield (
            f"{task}: the run broke off, and {len(survey.last):,} scored answers are in its log"
            + (f"; {unscored:,} more were answered and not scored, and are missing here" if unscored else "")
            + ("" if benchmark.config else ". How many there were to be is not told")
        )
        if survey.again:
            yield f"{task}: {survey.again:,} answers were asked again, of which the last counts"
    elif not benchmark.bundle:
        yield f"{task}: there is no eval-*.json beside {one_line(benchmark.file.name, 60)}, which tells how it was run"
    if survey.ending_untold:
        yield (
            f"{task}: how {survey.ending_untold:,} answers ended is unknown, as neither {REPLIES} nor {INFERENCES} "
            "has them"
        )
    means = [math.fsum(rewards) / len(rewards) for rewards in survey.rewards.values()]
    mean = math.fsum(means) / len(means) if means else None
    if printed is not None and mean is not None and abs(printed[1] - mean) > _ROUNDED:
        yield f"{task}: NeMo Evaluator says {printed[1]:.6g} ({printed[0]}), and the mean of all rewards is {mean:.6g}"


def _provenance(benchmark: Benchmark, printed: tuple[str, float] | None) -> dict[str, str]:
    told = {
        "source": benchmark.file.name + (f" of {len(benchmark.files):,} shards" if len(benchmark.files) > 1 else ""),
        "eval": text_in(benchmark.bundle, "run_id"),
        "configuration": text_in(benchmark.bundle, "config_hash"),
        "accuracy by NeMo Evaluator": "" if printed is None else f"{printed[1]!r} ({printed[0]})",
    }
    return {name: one_line(value, 400) for name, value in told.items() if value}


NEMO = Format(_FORMAT, "NeMo Evaluator: the folder of a run, of a benchmark in it, or results.jsonl", recognised, read)
