"""What holds for questions like these and for these very ones: the two lines beside a verdict."""

from __future__ import annotations

from collections.abc import Iterable

from quantgate.evals.decision.types import Decided, TargetBounds, TaskDecision
from quantgate.evals.settings.requirements import Target
from quantgate.reports.words import numbers
from quantgate.reports.words.palette import verdict_word


def target_lines(task: TaskDecision) -> list[str]:
    """A line for each target, that of the one that decides first; none of a decision that an earlier version saved."""
    return [_line(task, one) for one in task.targets] if isinstance(task, Decided) else []


def shared_target(tasks: Iterable[TaskDecision]) -> str:
    """What all verdicts hold for, in a sentence; empty where that is not the same of all."""
    told = [task.target for task in tasks if isinstance(task, Decided)]
    if len(set(told)) != 1:
        return ""
    holds = "The verdict holds" if len(told) == 1 else "The verdicts hold"
    if told[0] is Target.QUESTIONS:
        return f"{holds} for questions like these (target: questions)."
    says = "says" if len(told) == 1 else "say"
    return f"{holds} for these very questions and {says} nothing of others (target: benchmark)."


def _bounds(task: Decided, one: TargetBounds) -> str:
    """The bounds in points, or where a recovery decides in what the margin says."""
    if one.decides and task.margin.kl is not None:
        return numbers.deciding(one.lower, one.upper, None, task.margin, task.kl_bounds)
    if one.decides and task.margin.recovery is not None:
        said = numbers.deciding(one.lower, one.upper, task.recovery_bounds, task.margin)
        return f"{said} of the recovery" if task.margin.points is None else said
    return f"{numbers.signed(one.lower)} to {numbers.signed(one.upper)} points"


def _line(task: Decided, one: TargetBounds) -> str:
    decides = ", which decides" if one.decides else ""
    return (
        f"target {one.target}{decides}: {one.target.about(task.items, task.whole)} "
        f"{_bounds(task, one)}, {verdict_word(one.verdict.value)}"
    )
