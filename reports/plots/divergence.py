"""The plot of what formats lost against how far they diverge: each one's difference in a task over its divergence."""

from __future__ import annotations

from typing import TYPE_CHECKING

from quantgate.evals.decision.comparison import Comparison, Format
from quantgate.evals.decision.types import Decided, TaskVerdict
from quantgate.reports.plots import canvas
from quantgate.reports.words.palette import LIGHT, PLOT_MARKER, VERDICT_ROLE

if TYPE_CHECKING:
    from matplotlib.figure import Figure

WIDTH, HEIGHT = 344, 260


def draw_divergence(comparison: Comparison, task: str, *, named: bool = False, width: int = WIDTH) -> Figure | None:
    """Draw one task's differences over the formats' divergences; `None` where no format has both.

    Both with the bounds that decide: a cross for each format.
    """
    from matplotlib.ticker import MaxNLocator

    places = [
        (build.name, of, found)
        for build in comparison.formats
        if (of := _diverging(build)) is not None and (found := _scored(build, task)) is not None
    ]
    if not places:
        return None
    with canvas.style():
        figure = canvas.new_figure(width, HEIGHT)
        axes = canvas.new_axes(figure, left=50, right=16, top=28 if named else 12, bottom=46)
        if named:
            axes.set_title(canvas.label(task, 40), loc="left", size=canvas.BODY, weight="bold", color=canvas.INK)
        margin = 100 * places[0][2].zone
        axes.axhspan(-margin, margin, color=canvas.ZONE, linewidth=0, zorder=0)
        axes.axhline(0, color=canvas.INK, linewidth=1.1, zorder=1)
        most = max(of.kl_bounds.upper for _, of, _ in places if of.kl_bounds is not None)
        axes.set_xlim(-0.04 * most, 1.08 * most)
        if (limit := places[0][1].margin.kl) is not None and limit < most:
            axes.axvline(limit, color=canvas.MUTED, linewidth=0.8, zorder=1)
        for name, of, found in places:
            if of.kl_bounds is None:
                continue
            kl, colour = of.kl_bounds, LIGHT[VERDICT_ROLE[found.verdict.value]]
            axes.vlines(kl.estimate, 100 * found.lower, 100 * found.upper, color=colour, linewidth=2.2, zorder=2)
            axes.hlines(100 * found.difference, kl.lower, kl.upper, color=colour, linewidth=2.2, zorder=2)
            hollow = found.verdict is TaskVerdict.INCONCLUSIVE
            axes.plot(
                [kl.estimate],
                [100 * found.difference],
                marker=PLOT_MARKER[found.verdict.value],
                markersize=8,
                markerfacecolor=canvas.PAPER if hollow else colour,
                markeredgecolor=colour if hollow else canvas.PAPER,
                markeredgewidth=1.8 if hollow else 0.8,
                linestyle="none",
                zorder=3,
            )
            far = kl.estimate > most / 2
            axes.annotate(
                canvas.label(name, 18),
                (kl.estimate, 100 * found.difference),
                xytext=(-7, 5) if far else (7, 5),
                textcoords="offset points",
                ha="right" if far else "left",
                va="bottom",
                size=canvas.SMALL,
                zorder=4,
            )
        axes.xaxis.set_major_locator(MaxNLocator(nbins=5))
        axes.yaxis.set_major_locator(MaxNLocator(nbins=6))
        axes.set_xlabel("KL(baseline || format), nats")
        axes.set_ylabel("points, format − baseline")
    return figure


def _diverging(build: Format) -> Decided | None:
    return next((row for row in build.tasks if isinstance(row, Decided) and row.kl_bounds is not None), None)


def _scored(build: Format, task: str) -> Decided | None:
    return next(
        (row for row in build.rows if isinstance(row, Decided) and row.task == task and row.fidelity is None), None
    )
