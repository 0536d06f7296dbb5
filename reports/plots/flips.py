"""The flips plot: items lost to the left and won to the right, task by task, with the flips of re-running beside."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from quantgate.evals.decision.types import Decided
from quantgate.reports.plots import canvas
from quantgate.reports.words.palette import LIGHT
from quantgate.reports.words.row import flip_counts

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_WIDTH = 720


@dataclass(frozen=True, slots=True)
class _Bar:
    name: str
    losses: int
    gains: int
    noise: int | None


def draw_flips(tasks: Sequence[Decided]) -> Figure | None:
    """Draw the tasks whose flips are known; `None` where there is none."""
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    rows = [row for task in tasks if (row := _bar(task)) is not None]
    if not rows:
        return None
    reach: float = 1.18 * max(max(row.losses, row.gains, row.noise or 0) for row in rows) or 1.0
    with canvas.style():
        figure = canvas.new_figure(_WIDTH, 40.0 * len(rows) + 74)
        axes = canvas.new_axes(figure, left=150, right=24, top=10, bottom=64)
        axes.set_xlim(-reach, reach)
        axes.set_ylim(len(rows) - 0.5, -0.5)
        axes.spines["left"].set_visible(False)
        axes.set_yticks(range(len(rows)), [canvas.label(row.name, 22) for row in rows])
        axes.tick_params(axis="y", length=0, labelsize=canvas.BODY, labelcolor=canvas.INK)
        axes.xaxis.set_major_locator(MaxNLocator(nbins=8, integer=True))
        axes.xaxis.set_major_formatter(FuncFormatter(lambda count, _: f"{abs(count):,.0f}"))
        for place, row in enumerate(rows):
            axes.barh(place, -row.losses, height=0.5, color=LIGHT["regressed"], zorder=2)
            axes.barh(place, row.gains, height=0.5, color=LIGHT["pass"], zorder=2)
            for count, end, side in ((row.losses, -row.losses, "right"), (row.gains, row.gains, "left")):
                gap = (-6 if side == "right" else 6, 0)
                axes.annotate(f"{count:,}", (end, place), xytext=gap, textcoords="offset points", ha=side, va="center")
            if row.noise is not None:
                half = row.noise / 2
                axes.hlines(place + 0.38, -half, half, color=canvas.MUTED, linewidth=3, zorder=3)
        axes.axvline(0, color=canvas.INK, linewidth=1.1, zorder=4)
        axes.set_xlabel(_legend(rows), labelpad=8)
        for text, edge, side in (("◂ lost: only the baseline is right", 0.0, "left"), ("won ▸", 1.0, "right")):
            axes.annotate(
                text,
                (edge, 0),
                xycoords="axes fraction",
                xytext=(0, -44),
                textcoords="offset points",
                ha=side,
                va="top",
                size=canvas.SMALL,
                color=canvas.MUTED,
            )
    return figure


def _bar(task: Decided) -> _Bar | None:
    counts = flip_counts(task)
    noise = task.description.noise if task.description is not None else None
    return None if counts is None else _Bar(task.task, *counts, noise.noise.count if noise is not None else None)


def _legend(rows: Sequence[_Bar]) -> str:
    noise = any(row.noise is not None for row in rows)
    return "items" + ("; thin line: as many flip when the baseline is run again" if noise else "")
