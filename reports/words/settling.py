"""What would settle an inconclusive task, in a sentence each; all numbers are the decision's own."""

from __future__ import annotations

from collections.abc import Iterable

from quantgate.evals.decision.documents_needed import documents_sentence
from quantgate.evals.decision.look import LATER
from quantgate.evals.decision.sequential.looks import Looks
from quantgate.evals.decision.sequential.state import Stage
from quantgate.evals.decision.types import Decided, Flag, TaskDecision, TaskVerdict
from quantgate.evals.decision.way_out import FRESH, way_out


def settling(tasks: Iterable[TaskDecision]) -> list[str]:
    """A sentence for each task that could not be told, and where looks are counted what another one costs."""
    return [
        f"{task.task}: {_sentence(task)}{_of_another_look(task)}"
        for task in tasks
        if isinstance(task, Decided) and task.verdict is TaskVerdict.INCONCLUSIVE
    ]


def another_look(task: TaskDecision) -> str | None:
    """What asking more of an undecided pair costs, where its looks are counted and this is the first."""
    first = isinstance(task, Decided) and task.look is not None and task.look.number == 1
    if not first or task.verdict is not TaskVerdict.INCONCLUSIVE:
        return None
    return (
        f"more answers of this pair are a second look at it, held against {task.alpha / LATER:g}; of a new pair "
        "`quantgate plan` says the size beforehand, and `quantgate check` plans the looks"
    )


def _sentence(task: Decided) -> str:
    if task.look is not None and task.look.number > 1:
        return FRESH
    if task.looks is not None and task.looks.awaits:
        return _awaited(task.looks)
    if not task.prospects:
        return _without_prospects(task)
    hopeless = Flag.CANNOT_PASS_AT_THIS_N in task.flags
    if task.fidelity is not None:
        return documents_sentence(task.prospects, task.items, hopeless=hopeless)
    asked = (task.asked["baseline"], task.asked["candidate"]) if task.asked else None
    return way_out(
        task.prospects, task.items, task.repeats, hopeless=hopeless, asked=asked, fresh=task.looks is not None
    )


def _awaited(looks: Looks) -> str:
    """Of a task that is looked at on the way: what is awaited before more can be said, or what stands in the way."""
    on = "; the same command goes on" if looks.stage is Stage.OPEN else "; then ask both builds anew, into new folders"
    return f"{looks.message.removesuffix('.')}{on}."


def _of_another_look(task: Decided) -> str:
    told = another_look(task)
    return "" if told is None else f" {told[:1].upper()}{told[1:]}."


def _without_prospects(task: Decided) -> str:
    """Of a decision that an earlier version saved."""
    precision = task.precision
    items = (task.needed or {}).get("items")
    repeats = (task.needed or {}).get("repeats")
    if precision is not None and precision.room <= 0:
        return (
            "the loss that was seen is itself at the margin or beyond, so more answers would rather fail than pass it."
        )
    if precision is not None and precision.over == "repeats":
        if precision.settles is not None:
            repeats = precision.settles.repeats
        if repeats is not None and repeats > task.repeats:
            return f"about {repeats:,} repeats of the same {task.items:,} items, if the difference stays where it is."
        return f"no number of repeats of these {task.items:,} items would, as it looks; more items."
    if items is None and precision is not None and precision.settles is not None:
        items = precision.settles.items
    if items is not None and items > task.items:
        return f"about {items:,} items with as many flips; {task.items:,} were asked."
    if repeats is not None and repeats > task.repeats:
        return f"about {repeats:,} repeats of the same {task.items:,} items, if the difference stays where it is."
    return "more items or repeats; how many cannot be told from what was seen."
