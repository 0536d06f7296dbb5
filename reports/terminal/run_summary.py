"""What a run has come to, in the last lines of `quantgate run`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from rich.console import Console
from rich.text import Text

from quantgate.evals.checks.finding import FindingCode
from quantgate.evals.checks.summary import MeanScore, RunSummary, TaskSummary
from quantgate.evals.text import one_line
from quantgate.reports.words.calls import run_lines

_FAULTS_SHOWN = 3


def print_summary(console: Console, summary: RunSummary, out: Path | str) -> None:
    """Print counts, means and findings task by task, and whether the run in `out` is complete."""
    for line in _lines(summary, out):
        console.print(Text(line), soft_wrap=True)


def _lines(summary: RunSummary, out: Path | str) -> Iterator[str]:
    for task in summary.tasks:
        yield from _task_lines(task)
    if not summary.missing:
        yield f"complete: {out}"
        return
    for fault in summary.faults[:_FAULTS_SHOWN]:
        yield f"fault: {one_line(fault, 160)}"
    if unasked := summary.missing - summary.ungraded:
        yield f"incomplete: {unasked} samples are missing in {out}. The same command goes on."
    if summary.ungraded:
        yield f"incomplete: {summary.ungraded} answers are ungraded. `quantgate regrade {out}` grades them again."


def _task_lines(task: TaskSummary) -> Iterator[str]:
    counts = task.counts
    answered = f"{task.answered:,} of {task.planned:,} answered"
    troubles = f"truncated {counts.truncated}, empty {counts.empty}, unparsed {counts.unparsed}"
    if counts.refused:
        troubles += f", refused {counts.refused}"
    if counts.ungraded:
        troubles += f", ungraded {counts.ungraded}"
    yield f"{one_line(task.name, 60)}: {answered}; {troubles}, errors {counts.error}, missing {counts.missing}"
    named = [(_name(score), score) for score in task.scores]
    width = max((len(name) for name, _ in named), default=0)
    for name, score in named:
        yield f"  {name:{width}} {score.mean:.4f}{_remark(score)}"
    if task.calls is not None:
        lines = run_lines(task.calls)
        longest = max(len(name) for name, _ in lines)
        yield from (f"  {name:{longest}} {text}" for name, text in lines)
    for finding in task.findings:
        if finding.code is not FindingCode.MISSING:
            yield f"  {finding.severity}: {finding.message}"


def _name(score: MeanScore) -> str:
    part = "" if score.stratum is None else f"{one_line(score.stratum, 30)}: "
    return f"{part}{score.name}{', macro average' if score.macro else ''}"


def _remark(score: MeanScore) -> str:
    if score.primary:
        return " (the score)"
    return "" if score.samples is None else f" (of {score.samples:,} samples)"
