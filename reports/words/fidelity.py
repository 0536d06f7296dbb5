"""What is told of a task of log-probabilities: agreement and divergence with bounds, by position, and the floor."""

from __future__ import annotations

from dataclasses import dataclass

from quantgate.evals.decision.points import nats
from quantgate.evals.decision.types import Decided, TaskDecision
from quantgate.evals.fidelity.figures import Fidelity, PartedDocument, PartFigures
from quantgate.evals.text import one_line
from quantgate.reports.words import numbers

_WORST = 3


@dataclass(frozen=True, slots=True)
class PartRow:
    """One line of the table by position: which, how many documents reach it, agreement, and divergence in nats."""

    positions: str
    documents: str
    top1: str
    top1_bounds: str
    kl: str
    kl_bounds: str
    logprob: str


def fidelity_of(task: TaskDecision) -> Fidelity | None:
    """The figures of a task of log-probabilities; `None` of any other."""
    return task.fidelity if isinstance(task, Decided) else None


def divergence(task: Decided) -> str:
    """The mean divergence with the bounds that decide: `0.0124 (0.011 to 0.016) nats`."""
    if task.kl_bounds is None:
        return numbers.NONE
    kl = task.kl_bounds
    return f"{nats(kl.estimate)} ({nats(kl.lower)} to {nats(kl.upper)}) nats"


def fidelity_lines(task: TaskDecision) -> list[str]:
    """Agreement, divergence, log-probability, what late positions show, and the floor."""
    if not isinstance(task, Decided) or (told := task.fidelity) is None:
        return []
    lines = [
        f"the likeliest token is the baseline's at {numbers.percent(told.top1.estimate)} of "
        f"{told.positions:,} positions in {told.documents:,} documents, the mean over documents",
        f"KL(baseline || candidate) {divergence(task)}, of the likeliest tokens with all others as one: the "
        "whole is no less",
    ]
    if told.logprob is not None:
        one = told.logprob
        lines.append(
            f"the tokens' mean log-probability differs by {_signed(one.estimate)} ({_signed(one.lower)} to "
            f"{_signed(one.upper)}) nats"
        )
    if len(told.parts) > 1:
        lines.append("by position: " + "; ".join(_part(part) for part in told.parts))
    if (floor := told.floor) is not None:
        lines.append(
            f"the floor, by {floor.source}: {numbers.percent(floor.top1)} agreement, {nats(floor.kl)} nats over "
            f"{floor.documents:,} documents"
        )
    else:
        lines.append("no floor: the baseline was not run a second time (--noise)")
    return lines


def apart_lines(task: TaskDecision) -> list[str]:
    """Which documents to look at first, in a line; none where none differs."""
    told = fidelity_of(task)
    return [f"furthest apart: {'; '.join(worst_lines(told)[:_WORST])}"] if told is not None and told.worst else []


def compared_lines(told: Fidelity) -> list[str]:
    """Two runs held against each other where nothing is decided: the means, and each document to look at."""
    means = (
        f"the likeliest token is the same at {numbers.percent(told.top1.estimate)} of {told.positions:,} positions in "
        f"{told.documents:,} documents; KL {nats(told.kl.estimate)} nats"
    )
    return [means, *worst_lines(told)]


def part_rows(told: Fidelity) -> list[PartRow]:
    """The lines of the table by position, the whole last."""
    rows = [
        PartRow(
            _positions(part),
            f"{part.documents:,}",
            numbers.percent(part.top1.estimate),
            f"{numbers.percent(part.top1.lower)} to {numbers.percent(part.top1.upper)}",
            nats(part.kl.estimate),
            f"{nats(part.kl.lower)} to {nats(part.kl.upper)}",
            numbers.NONE if part.logprob is None else _signed(part.logprob),
        )
        for part in told.parts
    ]
    whole = PartRow(
        "all",
        f"{told.documents:,}",
        numbers.percent(told.top1.estimate),
        f"{numbers.percent(told.top1.lower)} to {numbers.percent(told.top1.upper)}",
        nats(told.kl.estimate),
        f"{nats(told.kl.lower)} to {nats(told.kl.upper)}",
        numbers.NONE if told.logprob is None else _signed(told.logprob.estimate),
    )
    return [*rows, whole]


def worst_lines(told: Fidelity) -> list[str]:
    """The documents that are furthest apart, with the positions where to look."""
    found = []
    for one in told.worst:
        line = f"{one_line(one.item_id, 60)} ({nats(one.kl)} nats, {numbers.percent(one.top1)} agree"
        if one.first is not None:
            line += f", first apart at position {one.first:,}{_tokens(one)}"
        if one.widest is not None and one.widest_kl is not None:
            line += f", most at {one.widest:,} with {nats(one.widest_kl)} nats"
        found.append(f"{line})")
    return found


def _tokens(one: PartedDocument) -> str:
    """The likeliest tokens there, where they may be told."""
    if one.baseline is None or one.candidate is None:
        return ""
    ours, theirs = (
        repr(one_line(each, 20)) if isinstance(each, str) else str(each) for each in (one.baseline, one.candidate)
    )
    return f" ({ours} -> {theirs})"


def _part(part: PartFigures) -> str:
    return f"{_positions(part)} {numbers.percent(part.top1.estimate)}, {nats(part.kl.estimate)} nats"


def _positions(part: PartFigures) -> str:
    return f"{part.first:,} on" if part.last is None else f"{part.first:,}–{part.last:,}"


def _signed(value: float) -> str:
    return f"{value:+.4f}"
