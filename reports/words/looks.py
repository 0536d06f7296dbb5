"""How a task was looked at on the way, in sentences."""

from __future__ import annotations

from collections.abc import Iterable

from quantgate.evals.decision.sequential.looks import Looks
from quantgate.evals.decision.sequential.state import Stage
from quantgate.evals.decision.types import Decided, TaskDecision, TaskVerdict


def looks_lines(task: TaskDecision) -> list[str]:
    """What a reader must know of the looks at a task, without capital and full stop; nothing where there are none."""
    looks = task.looks if isinstance(task, Decided) else None
    if looks is None or not looks.planned:
        return []
    return [line for line in (_taken(looks), _shared(task, looks), _bets(task, looks), _asked(looks)) if line]


def have_parts_of_alpha(tasks: Iterable[TaskDecision]) -> bool:
    """Whether all tasks were looked at, so that several formats share alpha by design and not by a step-down."""
    found = [task for task in tasks if isinstance(task, Decided)]
    return bool(found) and all(task.looks for task in found)


def _taken(looks: Looks) -> str:
    """Which looks were taken, and at which level the bounds are held."""
    number = f"{looks.done} of {len(looks.planned)} planned looks"
    if looks.stage is Stage.REGRESSED and looks.decided_at is None:
        return f"{number} were taken; the bounds are those of the bets, which hold after every answer"
    if looks.level is None:
        return f"{number} were taken"
    held = f"held at {looks.level:.3g}" if looks.level else "with nothing to hold them at yet"
    return (
        f"{number} were taken; the bounds are repeated confidence bounds, {held}, so that all looks together err at "
        f"most {looks.alpha:g}" + (f", {looks.why}" if looks.why else "")
    )


def _shared(task: TaskDecision, looks: Looks) -> str:
    """That a part of alpha was given to it beforehand, so that nothing is shared anew."""
    if looks.alpha >= task.alpha:
        return ""
    return (
        f"over all its looks it has {looks.alpha:g} of the alpha of {task.alpha:g}, as its design or the number of "
        "candidates says: no step-down over candidates comes on top"
    )


def _bets(task: TaskDecision, looks: Looks) -> str:
    if looks.evidence <= 1:
        return ""
    shown = "" if task.verdict is TaskVerdict.REGRESSED else f"; {1 / looks.regression_alpha:.3g} times would show one"
    return f"bets on a regression have come to {_times(looks.evidence)} their stake at best{shown}"


def _times(evidence: float) -> str:
    return "over a million times" if evidence > 1e6 else f"{evidence:,.3g} times"


def _asked(looks: Looks) -> str:
    counted = looks.items * looks.repeats
    if all(count <= counted for count in looks.asked.values()):
        return ""
    told = " and ".join(f"{count:,} of the {build}" for build, count in looks.asked.items())
    return f"{counted:,} answers of each build are counted; {told} are there, and those behind count for nothing"
