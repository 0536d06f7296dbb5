"""A run -> what it has come to: counts, the mean of every metric, what repeats add, and findings."""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Iterator, Mapping

import numpy as np

from quantgate.evals.checks.called import figures_of_calls
from quantgate.evals.checks.finding import Finding
from quantgate.evals.checks.means import mean_of_items
from quantgate.evals.checks.model_changes import model_findings
from quantgate.evals.checks.of_build import run_findings
from quantgate.evals.checks.published_scores import published_expectation
from quantgate.evals.checks.summary import MeanScore, RunSummary, TaskSummary
from quantgate.evals.contract.records import Status
from quantgate.evals.endpoint.served import context_of
from quantgate.evals.pairing.counting import count_statuses
from quantgate.evals.pairing.pairing import Run
from quantgate.evals.runs.record import TaskRecord
from quantgate.evals.runs.repeat_metrics import repeat_metrics
from quantgate.evals.samples.columns import Columns
from quantgate.evals.settings.expected import parse_expectation
from quantgate.evals.settings.policy import load_policy

_WORDS_OF_A_SERVER = re.compile(r": | \(")
"""What stands before them in a fault: `HTTP 400: ...`, `the stream holds something that is not JSON (...)`."""
_NOT_TOLD = "its words may quote a private task: `quantgate show RUN --error --reveal` shows them"


def summarise(
    run: Run, asked: Collection[str], expected: Mapping[str, str], *, model_changed: bool = False
) -> RunSummary:
    """Sum a run up.

    Parameters
    ----------
    run
        The whole run.
    asked
        The tasks of this command: what is missing of others does not make it incomplete.
    expected
        The score that the user expects of a task, as `0.92 +- 0.03`; else a published one is looked up.
    model_changed
        Whether answers of several models in one run are meant.
    """
    of_models = tuple(model_findings(run.record, None, meant=model_changed))
    tasks = tuple(_task(run, task, expected.get(task.name), of_models) for task in run.record.tasks)
    missing = sum(task.counts.unscored for task in tasks if task.name in asked)
    ungraded = sum(task.counts.ungraded for task in tasks if task.name in asked)
    mixed = any(finding.blocks for finding in of_models)
    return RunSummary(tasks, missing, ungraded, tuple(sorted(set(_faults(run)))), mixed)


def _faults(run: Run) -> Iterator[str]:
    """What became of the requests that failed; of a private task without a server's words, which may quote it."""
    samples = run.held.columns
    failed = samples.is_status(Status.ERROR)
    private = {task.name for task in run.record.tasks if task.asked_by_authors is not None}
    hidden = np.isin(samples.task.codes, [samples.task.code(name) for name in private])
    yield from filter(None, samples.error.present(failed & ~hidden))
    for error in filter(None, samples.error.present(failed & hidden)):
        told, *words = _WORDS_OF_A_SERVER.split(error, 1)
        yield f"{told} ({_NOT_TOLD})" if words else told


def _task(run: Run, task: TaskRecord, expected: str | None, of_models: tuple[Finding, ...]) -> TaskSummary:
    own = run.task(task.name)
    samples = own.samples
    scored = samples.take(samples.scored)
    window = context_of(run.record.endpoint)
    expectation = parse_expectation(expected) if expected else published_expectation(task.name, run.record)
    return TaskSummary(
        name=task.name,
        planned=own.planned,
        counts=count_statuses(samples, own.planned, task),
        scores=(*_scores(task, scored), *_metrics(task, scored)) if len(scored) else (),
        findings=(*run_findings(own, load_policy(None).for_task(task.name), expectation, window), *of_models),
        calls=figures_of_calls(samples),
    )


def _scores(task: TaskRecord, scored: Columns) -> Iterator[MeanScore]:
    """The score and what the repeats add to it, for the task and for each of its strata."""
    strata = sorted(scored.stratum.present())
    parts = {name: scored.take(scored.stratum.codes == scored.stratum.code(name)) for name in strata}
    if parts and task.strata_weigh:
        macro = math.fsum(mean_of_items(part) for part in parts.values()) / len(parts)
        yield MeanScore(task.metric, macro, primary=True, macro=True)
    else:
        yield MeanScore(task.metric, mean_of_items(scored), primary=True)
        yield from _of_repeats(None, scored, task.repeats)
    for name, part in parts.items():
        yield MeanScore(task.metric, mean_of_items(part), stratum=name)
        yield from _of_repeats(name, part, task.repeats)


def _of_repeats(stratum: str | None, scored: Columns, repeats: int) -> Iterator[MeanScore]:
    if (found := repeat_metrics(scored, repeats)) is not None:
        yield MeanScore(f"pass@{found.k}", found.pass_at_k, stratum)
        yield MeanScore(f"pass^{found.k}", found.pass_hat_k, stratum)
        if stratum is None:
            yield MeanScore("majority vote", found.majority)


def _metrics(task: TaskRecord, scored: Columns) -> Iterator[MeanScore]:
    """The task's other metrics, each over the samples that have it."""
    for name in sorted(scored.metrics.keys() - {task.metric}):
        values = scored.metrics[name][~np.isnan(scored.metrics[name])]
        if len(values):
            mean = math.fsum(values) / len(values)
            yield MeanScore(name, mean, samples=None if len(values) == len(scored) else len(values))
