"""Each format's divergence beside what its answers lost: the table of a comparison that has log-probabilities."""

from __future__ import annotations

from dataclasses import dataclass

from quantgate.evals.decision.comparison import Comparison, Format
from quantgate.evals.decision.points import nats
from quantgate.evals.decision.types import Decided, TaskDecision
from quantgate.reports.words import numbers
from quantgate.reports.words.fidelity import fidelity_of
from quantgate.reports.words.row import task_cells


@dataclass(frozen=True, slots=True)
class DivergenceRow:
    """One format: agreement, divergence with its bounds, and of each other task the difference and the flips."""

    format: str
    task: str
    top1: str
    kl: str
    bounds: str
    others: tuple[tuple[str, str], ...]
    floor: str


def scored_tasks(comparison: Comparison) -> tuple[str, ...]:
    """The tasks of which accuracies are told."""
    rows = [row for build in comparison.formats for row in build.tasks]
    return tuple(dict.fromkeys(row.task for row in rows if isinstance(row, Decided) and fidelity_of(row) is None))


def divergence_rows(comparison: Comparison) -> list[DivergenceRow]:
    """A row for each format and task of log-probabilities; none where there are no such tasks."""
    scored = scored_tasks(comparison)
    return [
        _row(build, row, scored)
        for build in comparison.formats
        for row in build.tasks
        if isinstance(row, Decided) and row.fidelity is not None
    ]


def divergence_lines(comparison: Comparison) -> list[str]:
    """The same in a line for each format, for where there is no room for another table."""
    scored = scored_tasks(comparison)
    lines = []
    for row in divergence_rows(comparison):
        others = [
            f"{name} {difference} points, lost / won {flips}"
            for name, (difference, flips) in zip(scored, row.others, strict=True)
        ]
        lines.append(f"{row.format}: {row.task}: {row.top1} agree, KL {row.kl} ({row.bounds}) nats{_and(others)}")
    return lines


def _and(others: list[str]) -> str:
    return f"; {'; '.join(others)}" if others else ""


def _row(build: Format, row: Decided, scored: tuple[str, ...]) -> DivergenceRow:
    told, kl = row.fidelity, row.kl_bounds
    floor = None if told is None else told.floor
    found: dict[str, TaskDecision] = {one.task: one for one in build.tasks}
    others = []
    for name in scored:
        cells = task_cells(found[name]) if name in found else None
        others.append((cells.difference, cells.flips) if cells else (numbers.NONE, numbers.NONE))
    return DivergenceRow(
        build.name,
        row.task,
        numbers.percent(row.candidate),
        numbers.NONE if kl is None else nats(kl.estimate),
        numbers.NONE if kl is None else f"{nats(kl.lower)} to {nats(kl.upper)}",
        tuple(others),
        numbers.NONE if floor is None else nats(floor.kl),
    )
