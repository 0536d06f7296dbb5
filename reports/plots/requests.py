"""The requests plot of a plan: what each margin takes, and how much less where a check may stop early."""

from __future__ import annotations

from typing import TYPE_CHECKING

from quantgate.evals.planning.types import MarginRow, Plan
from quantgate.reports.plots import canvas
from quantgate.reports.words.palette import LIGHT
from quantgate.reports.words.plan_looks import looks_margin

if TYPE_CHECKING:
    from matplotlib.figure import Figure

WIDTH = 344
_BAR = 22.0
_EARLY = ("nothing lost", "half the margin lost", "the margin lost", "twice the margin lost")
_COLOURS = ("pass", "inconclusive", "invalid", "regressed")


def draw_requests(plan: Plan, *, width: int = WIDTH) -> Figure | None:
    """Draw a bar for each margin's plan, and below it one for each true loss; `None` where nothing is within reach."""
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    reached = [row for row in plan.rows if row.requests is not None]
    if not reached:
        return None
    bars = [bar for row in reached for bar in _bars(row)]
    most = max(count for _, _, count, _ in bars)
    with canvas.style():
        figure = canvas.new_figure(width, _BAR * len(bars) + 62)
        axes = canvas.new_axes(figure, left=150, right=40, top=6, bottom=44)
        axes.set_ylim(len(bars) - 0.5, -0.5)
        axes.set_xlim(0, 1.22 * most)
        axes.set_yticks(range(len(bars)), [canvas.label(name, 24) for name, _, _, _ in bars])
        axes.tick_params(axis="y", length=0, labelcolor=canvas.INK)
        for place, (_, role, count, first) in enumerate(bars):
            axes.barh(place, count, height=0.66, color=LIGHT[role], zorder=2)
            axes.annotate(
                f"{count:,.0f}",
                (count, place),
                xytext=(5, 0),
                textcoords="offset points",
                va="center",
                size=canvas.SMALL,
            )
            if first and place:
                axes.axhline(place - 0.5, color=canvas.RULE, linewidth=0.8)
        axes.xaxis.set_major_locator(MaxNLocator(nbins=4, integer=True))
        axes.xaxis.set_major_formatter(FuncFormatter(lambda count, _: f"{count:,.0f}"))
        axes.set_xlabel("requests of both builds")
    return figure


def _bars(row: MarginRow) -> list[tuple[str, str, float, bool]]:
    """Name, colour, requests, and whether it is the first of its margin."""
    bars: list[tuple[str, str, float, bool]] = [
        (f"margin {looks_margin(row)}: plan", "baseline", row.requests or 0, True)
    ]
    endings = () if row.sequential is None else row.sequential.endings
    bars += [
        (name, role, ending.requests, False) for name, role, ending in zip(_EARLY, _COLOURS, endings, strict=False)
    ]
    return bars
