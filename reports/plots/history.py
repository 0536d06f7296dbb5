"""A task over the gates of a branch: each difference with the bounds that decided, against its margin."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from quantgate.evals.decision.types import Decided, TaskVerdict
from quantgate.reports.plots import canvas
from quantgate.reports.words.history import Gate
from quantgate.reports.words.palette import LIGHT, PLOT_MARKER, VERDICT_ROLE

if TYPE_CHECKING:
    from matplotlib.figure import Figure

WIDTH, WIDE, HEIGHT = 344, 880, 230


def draw_history(gates: Sequence[Gate], task: str, *, width: int = WIDTH) -> Figure | None:
    """Draw one task, the oldest gate at the left; `None` where none of the gates could compare it."""
    from matplotlib.ticker import MaxNLocator

    told = [(gate.number, row) for gate in gates if isinstance(row := gate.row(task), Decided)]
    if not told:
        return None
    with canvas.style():
        figure = canvas.new_figure(width, HEIGHT)
        axes = canvas.new_axes(figure, left=50, right=12, top=12, bottom=46)
        axes.set_xlim(gates[0].number - 0.6, gates[-1].number + 0.6)
        axes.axhline(0, color=canvas.INK, linewidth=1.1, zorder=1)
        for number, row in told:
            margin, colour = 100 * row.zone, LIGHT[VERDICT_ROLE[row.verdict.value]]
            axes.bar(number, 2 * margin, bottom=-margin, width=1.0, color=canvas.ZONE, linewidth=0, zorder=0)
            axes.hlines(-margin, number - 0.5, number + 0.5, color=canvas.MUTED, linewidth=0.9, zorder=1)
            axes.vlines(number, 100 * row.lower, 100 * row.upper, color=colour, linewidth=2.6, zorder=2)
            hollow = row.verdict is TaskVerdict.INCONCLUSIVE
            axes.plot(
                [number],
                [100 * row.difference],
                marker=PLOT_MARKER[row.verdict.value],
                markersize=8,
                markerfacecolor=canvas.PAPER if hollow else colour,
                markeredgecolor=colour if hollow else canvas.PAPER,
                markeredgewidth=1.6 if hollow else 0.8,
                linestyle="none",
                zorder=3,
            )
        axes.xaxis.set_major_locator(MaxNLocator(nbins=10 if width < WIDE else 20, integer=True))
        axes.yaxis.set_major_locator(MaxNLocator(nbins=6))
        axes.set_xlabel("gate")
        axes.set_ylabel("points")
    return figure
