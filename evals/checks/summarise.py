"""A run -> what it has come to: counts, the mean of every metric, what repeats add, and findings."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Mapping, Sequence

from quantgate.evals.checks.of_build import run_findings
from quantgate.evals.checks.published_scores import published_expectation
from quantgate.evals.checks.summary import MeanScore, RunSummary, TaskSummary
from quantgate.evals.contract.records import Sample, Status
from quantgate.evals.endpoint.served import context_of
from quantgate.evals.pairing.pairing import Run
from quantgate.evals.pairing.status_counts import StatusCounts
from quantgate.evals.runs.record import TaskRecord
from quantgate.evals.runs.repeat_metrics import repeat_metrics
from quantgate.evals.settings.expected import parse_expectation
from quantgate.evals.settings.policy import load_policy


def summarise(run: Run, asked: Collection[str], expected: Mapping[str, str]) -> RunSummary:
    """Sum a run up.

    Parameters
    ----------
    run
        The whole run.
    asked
        The tasks of this command: what is missing of others does not make it incomplete.
    expected
        The score that the user expects of a task, as `0.92 +- 0.03`; else a published one is looked up.
    """
    tasks = tuple(_task(run, task, expected.get(task.name)) for task in run.record.tasks)
    missing = sum(task.counts.unscored for task in tasks if task.name in asked)
    ungraded = sum(task.counts.ungraded for task in tasks if task.name in asked)
    faults = {sample.error for sample in run.samples.values() if sample.status is Status.ERROR and sample.error}
    return RunSummary(tasks, missing, ungraded, tuple(sorted(faults)))


def _task(run: Run, task: TaskRecord, expected: str | None) -> TaskSummary:
    own = run.task(task.name)
    samples = list(own.samples.values())
    scored = [sample for sample in samples if sample.score is not None]
    window = context_of(run.record.endpoint)
    expectation = parse_expectation(expected) if expected else published_expectation(task.name, run.record)
    return TaskSummary(
        name=task.name,
        planned=own.planned,
        counts=StatusCounts.count(samples, own.planned),
        scores=(*_scores(task, scored), *_metrics(task, scored)) if scored else (),
        findings=run_findings(own, load_policy(None).for_task(task.name), expectation, window),
    )


def _scores(task: TaskRecord, scored: Sequence[Sample]) -> Iterator[MeanScore]:
    """The score and what the repeats add to it, for the task and for each of its strata."""
    strata = sorted({sample.stratum for sample in scored if sample.stratum is not None})
    parts = {name: [sample for sample in scored if sample.stratum == name] for name in strata}
    if parts and task.strata_weigh:
        macro = math.fsum(_mean_of_items(part) for part in parts.values()) / len(parts)
        yield MeanScore(task.metric, macro, primary=True, macro=True)
    else:
        yield MeanScore(task.metric, _mean_of_items(scored), primary=True)
        yield from _of_repeats(None, scored, task.repeats)
    for name, part in parts.items():
        yield MeanScore(task.metric, _mean_of_items(part), stratum=name)
        yield from _of_repeats(name, part, task.repeats)


def _of_repeats(stratum: str | None, scored: Sequence[Sample], repeats: int) -> Iterator[MeanScore]:
    if (found := repeat_metrics(scored, repeats)) is not None:
        yield MeanScore(f"pass@{found.k}", found.pass_at_k, stratum)
        yield MeanScore(f"pass^{found.k}", found.pass_hat_k, stratum)
        if stratum is None:
            yield MeanScore("majority vote", found.majority)


def _metrics(task: TaskRecord, scored: Sequence[Sample]) -> Iterator[MeanScore]:
    """The task's other metrics, each over the samples that have it."""
    for name in sorted({name for sample in scored for name in sample.metrics} - {task.metric}):
        values = [sample.metrics[name] for sample in scored if name in sample.metrics]
        yield MeanScore(
            name, math.fsum(values) / len(values), samples=None if len(values) == len(scored) else len(values)
        )


def _mean_of_items(scored: Sequence[Sample]) -> float:
    """The mean over items of their answers' mean: as the gate counts."""
    by_item: dict[str, list[float]] = {}
    for sample in scored:
        by_item.setdefault(sample.item_id, []).append(sample.score or 0.0)
    return math.fsum(math.fsum(scores) / len(scores) for scores in by_item.values()) / len(by_item)
