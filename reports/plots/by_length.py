"""The plot of scores against the length of the context: both builds, each with its own bounds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from quantgate.evals.decision.length_figures import BuildScore, LengthFigures
from quantgate.evals.decision.types import Decided
from quantgate.reports.plots import canvas
from quantgate.reports.words.palette import LIGHT

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

WIDTH, HEIGHT = 344, 236
_APART = 0.09
"""How far to the side of its length a build stands, so that neither hides the other; lengths are 1 apart."""


def draw_by_length(task: Decided, *, named: bool = False, width: int = WIDTH) -> Figure | None:
    """Draw a task's scores; `None` where it has no two lengths. `named` writes its name above it."""
    if len(task.by_length) < 2:
        return None
    with canvas.style():
        extra = 22 if named else 0
        figure = canvas.new_figure(width, HEIGHT + extra)
        axes = canvas.new_axes(figure, left=46, right=16, top=34 + extra, bottom=46)
        if named:
            title = canvas.label(task.task, 40)
            axes.set_title(title, loc="left", pad=26, size=canvas.BODY, weight="bold", color=canvas.INK)
        _draw(axes, task.by_length)
    return figure


def shown_length(length: int) -> str:
    """A length in tokens as it is written on an axis: `512`, `4k`."""
    return f"{length // 1024}k" if length % 1024 == 0 else f"{length:,}"


def _draw(axes: Axes, rows: Sequence[LengthFigures]) -> None:
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    places = range(len(rows))
    axes.set_xlim(-0.4, len(rows) - 0.6)
    axes.set_ylim(-2, 102)
    axes.set_xticks(list(places), [shown_length(row.length) for row in rows])
    axes.yaxis.set_major_locator(MaxNLocator(nbins=5))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda score, _: f"{score:g}%"))
    axes.set_xlabel("tokens of context")
    for build, side, line, marker, left in (("baseline", -1, "-", "o", 0.0), ("candidate", 1, (0, (4, 2)), "s", 0.42)):
        colour = LIGHT[build]
        scores: list[BuildScore] = [getattr(row, build) for row in rows]
        across = [place + side * _APART for place in places]
        for place, score in zip(across, scores, strict=True):
            axes.vlines(place, 100 * score.lower, 100 * score.upper, color=colour, linewidth=2.2, zorder=3)
        axes.plot(
            across, [100 * score.score for score in scores], color=colour, linewidth=1.1, linestyle=line, zorder=2
        )
        axes.plot(
            across,
            [100 * score.score for score in scores],
            color=colour,
            marker=marker,
            markersize=6.5,
            markeredgecolor=canvas.PAPER,
            markeredgewidth=0.8,
            linestyle="none",
            zorder=4,
            clip_on=False,
        )
        axes.plot([left, left + 0.09], [1.1] * 2, transform=axes.transAxes, color=colour, linestyle=line, clip_on=False)
        axes.annotate(build, (left + 0.11, 1.1), xycoords="axes fraction", va="center", size=canvas.SMALL, color=colour)
