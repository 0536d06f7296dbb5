"""The lengths plot: how long the answers of both builds are, in completion tokens."""

from __future__ import annotations

from typing import TYPE_CHECKING

from quantgate.evals.checks.lengths import LengthComparison
from quantgate.evals.decision.types import TaskDecision
from quantgate.reports.plots import canvas
from quantgate.reports.words.palette import LIGHT

if TYPE_CHECKING:
    from matplotlib.figure import Figure

WIDTH, HEIGHT = 344, 212


def draw_lengths(task: TaskDecision, *, width: int = WIDTH) -> Figure | None:
    """Draw a task's two histograms as shares of each build's answers; `None` where none were told, or all are one."""
    lengths = task.lengths
    if lengths is None or not lengths.vary:
        return None
    with canvas.style():
        figure = canvas.new_figure(width, HEIGHT)
        _draw(figure, lengths)
    return figure


def _draw(figure: Figure, lengths: LengthComparison) -> None:
    from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullLocator

    axes = canvas.new_axes(figure, left=46, right=16, top=34, bottom=44)
    edges = lengths.edges
    shares = [
        [100 * count / max(build.answers, 1) for count in build.counts]
        for build in (lengths.baseline, lengths.candidate)
    ]
    axes.stairs(shares[0], edges, fill=True, color=LIGHT["baseline"], alpha=0.28, linewidth=0, zorder=1)
    axes.stairs(shares[0], edges, color=LIGHT["baseline"], linewidth=1.4, zorder=2)
    axes.stairs(shares[1], edges, color=LIGHT["candidate"], linewidth=1.8, linestyle=(0, (4, 2)), zorder=3)
    tallest = max((share for build in shares for share in build), default=0.0) or 1.0
    axes.set_ylim(0, 1.08 * tallest)
    if edges[0] > 0 and edges[-1] > 8 * edges[0]:
        axes.set_xscale("log")
        axes.xaxis.set_major_locator(LogLocator(base=10, subs=(1.0, 2.0, 5.0)))
        axes.xaxis.set_minor_locator(NullLocator())
    else:
        axes.xaxis.set_major_locator(MaxNLocator(nbins=6, integer=True))
    axes.set_xlim(edges[0], edges[-1])
    axes.xaxis.set_major_formatter(FuncFormatter(lambda tokens, _: f"{tokens:,.0f}"))
    axes.yaxis.set_major_locator(MaxNLocator(nbins=4))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda share, _: f"{share:g}%"))
    axes.set_xlabel("completion tokens of an answer")
    for build, colour, line, place in (
        ("baseline", LIGHT["baseline"], "-", 0.0),
        ("candidate", LIGHT["candidate"], (0, (4, 2)), 0.42),
    ):
        axes.plot(
            [place, place + 0.09], [1.11] * 2, transform=axes.transAxes, color=colour, linestyle=line, clip_on=False
        )
        axes.annotate(
            build, (place + 0.11, 1.11), xycoords="axes fraction", va="center", size=canvas.SMALL, color=colour
        )
