"""What a run directory holds, in the last lines of `quantgate run`."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from pathlib import Path

from rich.console import Console
from rich.text import Text

from evals.pairing import Run, TaskRun, Validity
from evals.policy import load_policy
from evals.records import Sample
from evals.references import parse_expectation, published_expectation
from evals.repeat_metrics import repeat_metrics
from evals.run_record import TaskRecord
from evals.validity import run_findings
from reports.text import one_line

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
        counts = Validity.count(samples, task.items * task.repeats)
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


def _task_lines(task: TaskRecord, samples: list[Sample], counts: Validity) -> Iterator[str]:
    planned = task.items * task.repeats
    answered = f"{planned - counts.unscored:,} of {planned:,} answered"
    troubles = f"truncated {counts.truncated}, empty {counts.empty}, unparsed {counts.unparsed}"
    yield f"{one_line(task.name, 60)}: {answered}; {troubles}, errors {counts.error}, missing {counts.missing}"
    scored = [sample for sample in samples if sample.score is not None]
    if not scored:
        return
    width = max(len(name) for name in (task.metric, *(name for sample in scored for name in sample.metrics)))
    yield f"  {task.metric:{width}} {sum(sample.score or 0.0 for sample in scored) / len(scored):.4f} (the score)"
    if (repeats := repeat_metrics(samples, task.repeats)) is not None:
        for name, mean in (
            (f"pass@{repeats.k}", repeats.pass_at_k),
            (f"pass^{repeats.k}", repeats.pass_hat_k),
            ("majority vote", repeats.majority),
        ):
            yield f"  {name:{width}} {mean:.4f}"
    for name in sorted({name for sample in scored for name in sample.metrics} - {task.metric}):
        mean = sum(sample.metrics.get(name, 0.0) for sample in scored) / len(scored)
        yield f"  {name:{width}} {mean:.4f}"


def _finding_lines(run: Run, task: TaskRecord, expected: str | None) -> Iterator[str]:
    expectation = parse_expectation(expected) if expected else published_expectation(task.name, run.record.model)
    for finding in run_findings(TaskRun.of(run, task.name), load_policy(None).for_task(task.name), expectation):
        if finding.code != "missing":
            yield f"  {finding.severity}: {finding.message}"
