"""A run as logs of Inspect, one for each task, that `inspect view` opens and `import` reads back without loss."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from quantgate.evals.contract.question import message_text
from quantgate.evals.contract.records import Sample, Status
from quantgate.evals.errors import DataError
from quantgate.evals.foreign.export.types import Target, answers
from quantgate.evals.foreign.inspect_archive import missing_inspect
from quantgate.evals.foreign.own import OWN, kept_of
from quantgate.evals.foreign.sources import digest_of
from quantgate.evals.inspection.opened import OpenedRun
from quantgate.evals.inspection.seen import Seen
from quantgate.evals.runs.record import TaskRecord
from quantgate.evals.text import one_line

_ENDING = ".eval"
_ID_LENGTH = 22
_NO_NAME = re.compile(r"[^A-Za-z0-9.-]+")
_STOP_REASONS = {Status.TRUNCATED: "max_tokens", Status.REFUSED: "content_filter"}
_ROLES = frozenset({"system", "user", "assistant", "tool"})
_NO_TIME = "1970-01-01T00:00:00+00:00"
"""What stands in a log, which has to have a time, for a run that does not tell one."""


def write(run: OpenedRun, out: Path) -> Sequence[str]:
    """Write a folder of logs, or a single one where `out` ends with `.eval` and there is one task."""
    try:
        from inspect_ai.log import write_eval_log
    except ImportError:
        raise missing_inspect() from None
    tasks = run.record.tasks
    if out.suffix == _ENDING:
        if len(tasks) != 1:
            raise DataError(f"an Inspect log holds one task, and this run has {len(tasks):,}: name a folder")
        write_eval_log(_log(run, tasks[0]), str(out), format="eval")
    else:
        out.mkdir()
        for task in tasks:
            write_eval_log(_log(run, task), str(out / _file_name(run, task)), format="eval")
    return [
        f"{task.name}: texts are left out, as its authors ask: --reveal writes them"
        for task in tasks
        if run.hidden(task.name)
    ]


def _file_name(run: OpenedRun, task: TaskRecord) -> str:
    """A name as Inspect gives it, by which its viewer finds logs."""
    made = _time(run.record.created)[:19].replace(":", "-")
    name = _NO_NAME.sub("-", task.name)[:60]
    return f"{made}-00-00_{name}_{digest_of(task.name)[:_ID_LENGTH]}{_ENDING}"


def _time(told: str) -> str:
    try:
        return datetime.fromisoformat(told).astimezone(UTC).isoformat()
    except (ValueError, OverflowError):
        return _NO_TIME


def _log(run: OpenedRun, task: TaskRecord) -> Any:
    """The log of a task. Raises DataError when the run has what no log can hold."""
    try:
        return _made(run, task)
    except ValueError as error:
        why = one_line(str(error).partition("\n")[2] or str(error), 160)
        raise DataError(f"{one_line(task.name, 60)} cannot be written as an Inspect log: {why}") from None


def _made(run: OpenedRun, task: TaskRecord) -> Any:
    from inspect_ai.log import EvalConfig, EvalDataset, EvalLog, EvalSpec, EvalStats
    from inspect_ai.model import GenerateConfig

    record = run.record
    seen = list(answers(run, task.name))
    ids = list(dict.fromkeys(each.sample.item_id for each in seen))
    sampling = {name: task.sampling.get(name) for name in ("temperature", "top_p", "max_tokens", "seed")}
    config = GenerateConfig(
        **sampling, stop_seqs=list(task.sampling.get("stop") or ()) or None, extra_body=task.sampling.get("extra_body")
    )
    address = record.endpoint.get("base_url")
    spec = EvalSpec(
        eval_id=digest_of(record.to_json())[:_ID_LENGTH],
        run_id=digest_of([record.label, record.created])[:_ID_LENGTH],
        task_id=digest_of(task.name)[:_ID_LENGTH],
        created=_time(record.created),
        task=task.name,
        task_version=task.version,
        dataset=EvalDataset(name=task.name, samples=task.whole or task.items, sample_ids=ids),
        model=record.model,
        model_generate_config=config,
        model_base_url=address if isinstance(address, str) else None,
        config=EvalConfig(epochs=task.repeats, limit=task.items if task.draw is not None else None),
        packages={name: str(version) for name, version in record.software.items()},
        metadata={OWN: replace(record, tasks=(task,)).to_json()},
    )
    return EvalLog(
        status="success" if len(seen) >= task.items * task.repeats else "cancelled",
        eval=spec,
        results=_results(task, [each.sample for each in seen]),
        stats=EvalStats(started_at=_time(record.created), completed_at=_time(record.created)),
        samples=[_sample(each, task) for each in seen],
    )


def _results(task: TaskRecord, samples: Sequence[Sample]) -> Any:
    from inspect_ai.log import EvalMetric, EvalResults, EvalScore

    by_item: dict[str, list[float]] = {}
    for sample in samples:
        if sample.score is not None:
            by_item.setdefault(sample.item_id, []).append(sample.score)
    metrics = {}
    if by_item:
        means = [math.fsum(scores) / len(scores) for scores in by_item.values()]
        metrics["accuracy"] = EvalMetric(name="accuracy", value=math.fsum(means) / len(means))
    scored = sum(map(len, by_item.values()))
    score = EvalScore(
        name=task.metric,
        scorer=task.metric,
        scored_samples=scored,
        unscored_samples=len(samples) - scored,
        metrics=metrics,
    )
    return EvalResults(total_samples=task.items * task.repeats, completed_samples=len(samples), scores=[score])


def _sample(seen: Seen, task: TaskRecord) -> Any:
    from inspect_ai.log import EvalError, EvalSample
    from inspect_ai.model import ModelOutput
    from inspect_ai.scorer import Score

    sample, asked = seen.sample, seen.asked
    prompt = [_message(each) for each in asked.messages] if asked is not None else []
    continuations = asked.continuations if asked is not None else ()
    fault = sample.error or "an error" if sample.status is Status.ERROR else None
    output = ModelOutput() if fault is not None and sample.response is None else _output(seen)
    scores = {}
    if sample.score is not None:
        metrics = {task.metric: sample.score, **{name: each for name, each in sample.metrics.items()}}
        scores = {
            name: Score(value=value, answer=sample.extracted if name == task.metric else None)
            for name, value in {**metrics, task.metric: sample.score}.items()
        }
    return EvalSample(
        id=sample.item_id,
        epoch=sample.repeat + 1,
        input=prompt or (continuations[0].context if continuations else ""),
        choices=[each.text for each in continuations] or None,
        target=(asked.reference if asked is not None else None) or "",
        messages=[*prompt, *_said(seen, output)],
        output=output,
        scores=scores or None,
        metadata={OWN: kept_of(seen)},
        error=None if fault is None else EvalError(message=fault, traceback="", traceback_ansi=""),
        completed_at=_time(sample.time) if sample.time else None,
    )


def _said(seen: Seen, output: Any) -> list[Any]:
    turns = [_message({"role": turn.role, "content": turn.text}) for turn in seen.turns]
    return turns or [choice.message for choice in output.choices]


def _message(message: Mapping[str, Any]) -> Any:
    from inspect_ai.model import ChatMessageAssistant, ChatMessageSystem, ChatMessageTool, ChatMessageUser

    of_role = {"system": ChatMessageSystem, "assistant": ChatMessageAssistant, "tool": ChatMessageTool}
    source = {"source": "input"} if message["role"] in _ROLES - {"tool"} else {}
    return of_role.get(message["role"], ChatMessageUser)(content=message_text(message), **source)


def _output(seen: Seen) -> Any:
    from inspect_ai.model import (
        ChatCompletionChoice,
        ChatMessageAssistant,
        ContentReasoning,
        ContentText,
        ModelOutput,
        ModelUsage,
    )

    sample = seen.sample
    text = seen.answer if seen.turns else sample.response or ""
    content = [ContentReasoning(reasoning=sample.reasoning), ContentText(text=text)] if sample.reasoning else text
    message = ChatMessageAssistant(content=content, source="generate")
    counts = [(sample.usage or {}).get(f"{kind}_tokens") for kind in ("prompt", "completion", "total")]
    inputs, outputs, total = (count if isinstance(count, int) else 0 for count in counts)
    return ModelOutput(
        choices=[ChatCompletionChoice(message=message, stop_reason=_STOP_REASONS.get(sample.ending, "stop"))],
        usage=ModelUsage(input_tokens=inputs, output_tokens=outputs, total_tokens=total) if sample.usage else None,
        time=sample.latency_s,
    )


INSPECT = Target("inspect", "logs of Inspect, one for each task, as `inspect view` opens them", "-inspect", write)
