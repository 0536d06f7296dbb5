"""The forest plot: each task's difference with the bounds that decide, the descriptive interval, margin and zero."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from quantgate.evals.decision.comparison import Comparison, Format
from quantgate.evals.decision.types import Decided, NotComparable, StratumFigures, TaskDecision, TaskVerdict
from quantgate.reports.plots import canvas
from quantgate.reports.words.numbers import bounds, signed
from quantgate.reports.words.palette import LIGHT, PLOT_MARKER, VERDICT_ROLE, verdict_word

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

WIDE, NARROW = 880, 344


@dataclass(frozen=True, slots=True)
class Shape:
    """A verdict's mark for the legend: a character that looks like it, and words."""

    sign: str
    words: str


SHAPES = {
    "equivalent": Shape("●", "filled circle"),
    "non_inferior": Shape("▲", "filled triangle"),
    "regressed": Shape("✖", "cross"),
    "inconclusive": Shape("◇", "open diamond"),
    "invalid": Shape("–", "no mark"),
}


def shapes_of(tasks: Iterable[TaskDecision]) -> dict[str, Shape]:
    """The marks that these tasks and their strata have in the plot, for its legend."""
    rows = forest_rows(tasks)
    present = {row.figures.verdict.value for row in rows}
    return {value: shape for value, shape in SHAPES.items() if value in present}


@dataclass(frozen=True, slots=True)
class ForestRow:
    """One line of the plot: a task or a stratum; one that could not be compared has a name and a verdict alone."""

    name: str
    figures: TaskDecision | StratumFigures
    margin: float
    advisory: bool
    stratum: bool = False
    descriptive: tuple[float, float] | None = None


def forest_rows(tasks: Iterable[TaskDecision]) -> list[ForestRow]:
    """A row for each task, and below it one for each of its strata."""
    rows = []
    for task in tasks:
        rows.append(_task_row(task.task, task))
        if isinstance(task, Decided):
            rows += [
                ForestRow(part.stratum, part, task.margin.at(part.baseline), True, stratum=True) for part in task.strata
            ]
    return rows


def comparison_rows(comparison: Comparison) -> list[ForestRow]:
    """A row for each task and format, task by task, and before them the suites', whose long name leaves no room."""
    several = len(comparison.rows) > 1
    return [
        _task_row(f"{_short(name, build)}: {build.name}" if several else build.name, task)
        for name in comparison.rows
        for build in comparison.formats
        for task in build.rows
        if task.task == name
    ]


def _short(name: str, build: Format) -> str:
    return "suite" if build.suite is not None and name == build.suite.mean.task else name


def _task_row(name: str, task: TaskDecision) -> ForestRow:
    descriptive = task.descriptive_interval if isinstance(task, Decided) else None
    return ForestRow(name, task, task.zone, task.advisory, descriptive=descriptive)


def draw_forest(rows: Sequence[ForestRow], *, wide: bool = True) -> Figure:
    """Draw the rows; `wide` puts names and figures beside the intervals, else they stand above them (for a phone)."""
    step = 34.0 if wide else 50.0
    height = step * max(len(rows), 1) + 62
    with canvas.style():
        figure = canvas.new_figure(WIDE if wide else NARROW, height)
        left, right = (170, 240) if wide else (14, 14)
        axes = canvas.new_axes(figure, left=left, right=right, top=10, bottom=52)
        axes.set_ylim(len(rows) - 0.5 if rows else 0.5, -0.5)
        axes.set_xlim(*_reach(rows))
        axes.set_yticks([])
        axes.spines["left"].set_visible(False)
        for place, row in enumerate(rows):
            _draw_row(axes, row, place, wide, step)
        axes.set_xlabel("points, candidate minus baseline" if wide else "points: candidate − baseline", labelpad=16)
        for text, edge, side in (("◂ worse", 0.0, "left"), ("better ▸", 1.0, "right")):
            axes.annotate(
                text,
                (edge, 0),
                xycoords="axes fraction",
                xytext=(0, -24),
                textcoords="offset points",
                ha=side,
                va="top",
                size=canvas.SMALL,
                color=canvas.MUTED,
            )
    return figure


def _reach(rows: Sequence[ForestRow]) -> tuple[float, float]:
    ends = [0.0]
    for row in rows:
        ends += [-1.3 * row.margin, 1.3 * row.margin]
        if not isinstance(row.figures, NotComparable):
            ends += [row.figures.lower, row.figures.upper, *(row.descriptive or ())]
    low, high = 100 * max(min(ends), -1.0), 100 * min(max(ends), 1.0)
    pad = 0.04 * (high - low) or 1.0
    return low - pad, high + pad


def _draw_row(axes: Axes, row: ForestRow, place: int, wide: bool, step: float) -> None:
    centre = place if wide else place + 0.2
    half = 0.5 if wide else 0.28
    margin = 100 * row.margin
    axes.barh(centre, 2 * margin, left=-margin, height=2 * half, color=canvas.ZONE, linewidth=0, zorder=0)
    for edge, line in ((-margin, "-"), (margin, (0, (2, 2)))):
        axes.vlines(edge, centre - half, centre + half, color=canvas.MUTED, linewidth=0.8, linestyle=line, zorder=1)
    axes.vlines(0, centre - half, centre + half, color=canvas.INK, linewidth=1.1, zorder=2)
    role = VERDICT_ROLE[row.figures.verdict.value]
    _draw_interval(axes, row, centre, step, LIGHT[role])
    _write(axes, row, place, wide, LIGHT[role])


def _draw_interval(axes: Axes, row: ForestRow, centre: float, step: float, colour: str) -> None:
    figures = row.figures
    if isinstance(figures, NotComparable):
        return
    thickness = 2.2 if row.stratum else 4.0
    axes.hlines(centre, 100 * figures.lower, 100 * figures.upper, color=colour, linewidth=thickness, zorder=3)
    if row.descriptive is not None:
        below = centre + 8.5 / step
        low, high = (100 * end for end in row.descriptive)
        axes.hlines(below, low, high, color=canvas.MUTED, linewidth=1.2, zorder=3)
    hollow = figures.verdict is TaskVerdict.INCONCLUSIVE
    axes.plot(
        [100 * figures.difference],
        [centre],
        marker=PLOT_MARKER[figures.verdict.value],
        markersize=6.5 if row.stratum else 9.5,
        markerfacecolor=canvas.PAPER if hollow else colour,
        markeredgecolor=colour if hollow else canvas.PAPER,
        markeredgewidth=1.8 if hollow else 0.8,
        linestyle="none",
        zorder=4,
        clip_on=False,
    )


def _write(axes: Axes, row: ForestRow, place: int, wide: bool, colour: str) -> None:
    name = canvas.label(row.name, 20)
    figures = row.figures
    told = ""
    if not isinstance(figures, NotComparable):
        told = f"{signed(figures.difference)}  ({bounds(figures.lower, figures.upper, row.margin)})"
    word = verdict_word(figures.verdict.value) + (" (advisory)" if row.advisory and not row.stratum else "")
    weight = "normal" if row.stratum else "bold"
    ink = canvas.MUTED if row.stratum else canvas.INK
    if wide:
        _text(axes, name, (0, place), (-12, 0), "right", "center", ink, weight)
        _text(axes, told, (1, place), (12, 7), "left", "center", ink, "normal")
        _text(axes, word, (1, place), (12, -8), "left", "center", colour, weight)
    else:
        _text(axes, name, (0, place - 0.28), (0, 0), "left", "center", ink, weight)
        _text(axes, word, (1, place - 0.28), (0, 0), "right", "center", colour, weight)


def _text(
    axes: Axes,
    text: str,
    at: tuple[float, float],
    offset: tuple[float, float],
    side: str,
    height: str,
    colour: str,
    weight: str,
) -> None:
    """Text beside the axes: `at` is a share of the axes' width and a row, `offset` in CSS pixels."""
    axes.annotate(
        text,
        at,
        xycoords=("axes fraction", "data"),
        xytext=offset,
        textcoords="offset points",
        ha=side,
        va=height,
        size=canvas.BODY if weight == "bold" else canvas.SMALL,
        color=colour,
        weight=weight,
        annotation_clip=False,
    )
