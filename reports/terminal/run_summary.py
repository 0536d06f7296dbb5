"""What a run directory holds, in the last lines of `quantgate run`."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from pathlib import Path

from rich.console import Console
from rich.text import Text

from quantgate.evals.checks.of_build import run_findings
from quantgate.evals.checks.published_scores import published_expectation
from quantgate.evals.contract.records import Sample
from quantgate.evals.pairing.pairing import Run, TaskRun
from quantgate.evals.pairing.status_counts import StatusCounts
from quantgate.evals.runs.record import TaskRecord
from quantgate.evals.runs.repeat_metrics import repeat_metrics
from quantgate.evals.settings.expected import parse_expectation
from quantgate.evals.settings.policy import load_policy
from quantgate.evals.text import one_line

_FAULTS_SHOWN = 3


def print_summary(console: Console, out: Path, asked: Collection[str], expected: Mapping[str, str]) -> int:
    """Print counts, the mean of every metric and the findings, task by task.

    `expected` has the score that the user expects of a task, as `0.92 +- 0.03`. Returns the exit code: 0 when the tasks
    of this command, `asked`, are complete, else 5.
    """
    run = Run.load(out)
    missing = {}
    for task in run.record.tasks:
        samples = list(run.of_task(task.name).values())
        counts = StatusCounts.count(samples, task.items * task.repeats)
        missing[task.name] = counts.unscored
        for line in (*_task_lines(task, samples, counts), *_finding_lines(run, task, expected.get(task.name))):
            console.print(Text(line), soft_wrap=True)
    open_here = sum(count for name, count in missing.items() if name in asked)
    if not open_here:
        console.print(Text(f"complete: {out}"), soft_wrap=True)
        return 0
    faults = sorted({sample.error for sample in run.samples.values() if sample.score is None and sample.error})
    for fault in faults[:_FAULTS_SHOWN]:
        console.print(Text(f"fault: {one_line(fault, 160)}"), soft_wrap=True)
    console.print(
        Text(f"incomplete: {open_here} samples are missing in {out}. The same command goes on."), soft_wrap=True
    )
    return 5


def _task_lines(task: TaskRecord, samples: list[Sample], counts: StatusCounts) -> Iterator[str]:
    planned = task.items * task.repeats
    answered = f"{planned - counts.unscored:,} of {planned:,} answered"
    troubles = f"truncated {counts.truncated}, empty {counts.empty}, unparsed {counts.unparsed}"
    yield f"{one_line(task.name, 60)}: {answered}; {troubles}, errors {counts.error}, missing {counts.missing}"
    scored = [sample for sample in samples if sample.score is not None]
    if not scored:
        return
    rows = [*_score_rows(task, scored), *_metric_rows(task, scored)]
    width = max(len(name) for name, _, _ in rows)
    for name, mean, note in rows:
        yield f"  {name:{width}} {mean:.4f}{note}"


Row = tuple[str, float, str]
"""A name, a mean over items, and what is to be said of it."""


def _score_rows(task: TaskRecord, scored: list[Sample]) -> Iterator[Row]:
    """The score and what the repeats add to it, for the task and for each of its strata."""
    strata = sorted({sample.stratum for sample in scored if sample.stratum is not None})
    parts = {name: [sample for sample in scored if sample.stratum == name] for name in strata}
    if parts:
        macro = sum(_mean_of_items(part) for part in parts.values()) / len(parts)
        yield f"{task.metric}, macro average", macro, " (the score)"
    else:
        yield task.metric, _mean_of_items(scored), " (the score)"
        yield from _repeat_rows("", scored, task.repeats)
    for name, part in parts.items():
        yield f"{one_line(name, 30)}: {task.metric}", _mean_of_items(part), ""
        yield from _repeat_rows(f"{one_line(name, 30)}: ", part, task.repeats)


def _repeat_rows(prefix: str, scored: list[Sample], repeats: int) -> Iterator[Row]:
    if (found := repeat_metrics(scored, repeats)) is not None:
        yield f"{prefix}pass@{found.k}", found.pass_at_k, ""
        yield f"{prefix}pass^{found.k}", found.pass_hat_k, ""
        if not prefix:
            yield "majority vote", found.majority, ""


def _metric_rows(task: TaskRecord, scored: list[Sample]) -> Iterator[Row]:
    """The task's other metrics, each over the samples that have it."""
    for name in sorted({name for sample in scored for name in sample.metrics} - {task.metric}):
        values = [sample.metrics[name] for sample in scored if name in sample.metrics]
        partly = "" if len(values) == len(scored) else f" (of {len(values):,} samples)"
        yield name, sum(values) / len(values), partly


def _mean_of_items(scored: list[Sample]) -> float:
    """The mean over items of their answers' mean: as the gate counts."""
    by_item: dict[str, list[float]] = {}
    for sample in scored:
        by_item.setdefault(sample.item_id, []).append(sample.score or 0.0)
    return sum(sum(scores) / len(scores) for scores in by_item.values()) / len(by_item)


def _finding_lines(run: Run, task: TaskRecord, expected: str | None) -> Iterator[str]:
    expectation = parse_expectation(expected) if expected else published_expectation(task.name, run.record.model)
    for finding in run_findings(TaskRun.of(run, task.name), load_policy(None).for_task(task.name), expectation):
        if finding.code != "missing":
            yield f"  {finding.severity}: {finding.message}"
