"""The trade-off plot of a comparison: each format's difference in one task against what it costs, with its bounds."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, TypeAlias

from quantgate.evals.decision.comparison import Comparison
from quantgate.evals.decision.known_costs import KnownCosts, bits_by_name
from quantgate.evals.decision.types import Decided, TaskVerdict
from quantgate.reports.plots import canvas
from quantgate.reports.words.palette import LIGHT, PLOT_MARKER, VERDICT_ROLE

if TYPE_CHECKING:
    from matplotlib.figure import Figure

WIDTH, HEIGHT = 344, 260
_STEP = 0.03
"""Of the axis: how far formats of one cost stand apart."""
_Place: TypeAlias = tuple[float, str, Decided]


def draw_tradeoff(comparison: Comparison, task: str, *, named: bool = False, width: int = WIDTH) -> Figure | None:
    """Draw one task over the formats' costs; `None` where no format has both a cost and a difference.

    Where no cost is known, the bits that the names tell stand for it.
    """
    from matplotlib.ticker import MaxNLocator

    known = _costs(comparison)
    places = []
    for build in comparison.formats:
        found = next((row for row in build.rows if row.task == task), None)
        if build.name in known.costs and isinstance(found, Decided):
            places.append((known.costs[build.name], build.name, found))
    if not places:
        return None
    with canvas.style():
        figure = canvas.new_figure(width, HEIGHT)
        axes = canvas.new_axes(figure, left=50, right=16, top=28 if named else 12, bottom=46)
        if named:
            axes.set_title(canvas.label(task, 40), loc="left", size=canvas.BODY, weight="bold", color=canvas.INK)
        margin = 100 * places[0][2].zone
        axes.axhspan(-margin, margin, color=canvas.ZONE, linewidth=0, zorder=0)
        axes.axhline(-margin, color=canvas.MUTED, linewidth=0.8, zorder=1)
        axes.axhline(0, color=canvas.INK, linewidth=1.1, zorder=1)
        low, high = min(cost for cost, _, _ in places), max(cost for cost, _, _ in places)
        pad = 0.16 * (high - low) or 0.1 * high or 1.0
        axes.set_xlim(low - pad, high + pad)
        for cost, name, row in _apart(places, high - low + 2 * pad):
            colour = LIGHT[VERDICT_ROLE[row.verdict.value]]
            axes.vlines(cost, 100 * row.lower, 100 * row.upper, color=colour, linewidth=2.6, zorder=2)
            hollow = row.verdict is TaskVerdict.INCONCLUSIVE
            axes.plot(
                [cost],
                [100 * row.difference],
                marker=PLOT_MARKER[row.verdict.value],
                markersize=9,
                markerfacecolor=canvas.PAPER if hollow else colour,
                markeredgecolor=colour if hollow else canvas.PAPER,
                markeredgewidth=1.8 if hollow else 0.8,
                linestyle="none",
                zorder=3,
            )
            far = cost > (low + high) / 2
            axes.annotate(
                canvas.label(name, 18),
                (cost, 100 * row.difference),
                xytext=(-7, 5) if far else (7, 5),
                textcoords="offset points",
                ha="right" if far else "left",
                va="bottom",
                size=canvas.SMALL,
                zorder=4,
            )
        if known.by_name:
            axes.set_xticks(sorted({cost for cost, _, _ in places}))
        else:
            axes.xaxis.set_major_locator(MaxNLocator(nbins=5))
        axes.yaxis.set_major_locator(MaxNLocator(nbins=6))
        better = " (more is better)" if comparison.more_is_better else ""
        axes.set_xlabel((canvas.label(known.unit, 30) or "cost") + better)
        axes.set_ylabel("points, format − baseline")
    return figure


def _apart(places: Sequence[_Place], width: float) -> Iterator[_Place]:
    """Formats of one cost beside each other, so that none hides another."""
    for cost in sorted({cost for cost, _, _ in places}):
        alike = [place for place in places if place[0] == cost]
        for number, (_, name, row) in enumerate(alike):
            yield cost + (number - (len(alike) - 1) / 2) * _STEP * width, name, row


def _costs(comparison: Comparison) -> KnownCosts:
    if not comparison.priced:
        return bits_by_name({build.name: build.record for build in comparison.formats})
    costs = {build.name: build.cost for build in comparison.formats if build.cost is not None}
    return KnownCosts(costs, comparison.cost_unit)
