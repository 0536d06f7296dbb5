"""The power plot: how narrow the deciding bounds get with more repeats or items, and where a task would pass."""

from __future__ import annotations

from typing import TYPE_CHECKING

from quantgate.evals.decision.described import SettlingCurve, SettlingPoint
from quantgate.evals.decision.types import Decided
from quantgate.reports.plots import canvas
from quantgate.reports.words.palette import LIGHT

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

WIDTH, HEIGHT = 344, 224


def draw_power(task: Decided, *, named: bool = False, width: int = WIDTH) -> Figure | None:
    """Draw a task's curve; `None` where it has none. `named` writes the task's name above, for a file of its own."""
    precision = task.precision
    if precision is None or not precision.curve:
        return None
    with canvas.style():
        figure = canvas.new_figure(width, HEIGHT)
        axes = canvas.new_axes(figure, left=46, right=16, top=28 if named else 14, bottom=46)
        if named:
            axes.set_title(canvas.label(task.task, 40), loc="left", size=canvas.BODY, weight="bold", color=canvas.INK)
        _draw(axes, precision)
    return figure


def grows(precision: SettlingCurve, point: SettlingPoint) -> int:
    """The number along the curve at a point: its repeats or its items."""
    return point.repeats if precision.over == "repeats" else point.items


def _draw(axes: Axes, precision: SettlingCurve) -> None:
    from matplotlib.ticker import FuncFormatter, MaxNLocator, NullFormatter, NullLocator

    points = sorted({(grows(precision, point), 100 * point.half_width) for point in precision.curve})
    here = (grows(precision, precision.here), 100 * precision.here.half_width)
    places, widths = [place for place, _ in points], [width for _, width in points]
    axes.set_xscale("log", base=2)
    axes.plot(places, widths, color=canvas.INK, linewidth=1.6, marker=".", markersize=5, zorder=3)
    top = 1.18 * max(*widths, here[1], 0.1)
    axes.set_ylim(0, top)
    low, high = min(*places, here[0]), max(*places, here[0])
    axes.set_xlim(low / 1.25, high * 1.25 if high > low else high * 2)
    room = 100 * precision.room
    if 0 < room < top:
        axes.axhspan(0, room, color=canvas.ZONE, linewidth=0, zorder=0)
        _note(axes, "narrow enough to pass", (axes.get_xlim()[0], 0), (5, 4), ("left", "bottom"), canvas.MUTED)
    if precision.settles is not None and precision.settles != precision.here:
        place, width = grows(precision, precision.settles), 100 * precision.settles.half_width
        axes.plot([place], [width], marker="o", color=LIGHT["pass"], markersize=9, linestyle="none", zorder=5)
        _beside(axes, f"{place:,} would do", place, width, LIGHT["pass"])
    axes.plot(
        *([value] for value in here), marker="D", color=LIGHT["candidate"], markersize=8, linestyle="none", zorder=6
    )
    _beside(axes, f"you are here: {here[0]:,}", *here, LIGHT["candidate"])
    kept = _few(places)
    axes.xaxis.set_major_locator(NullLocator())
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.set_xticks(kept, [_short(place) for place in kept])
    axes.yaxis.set_major_locator(MaxNLocator(nbins=5))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda width, _: f"{width:g}"))
    axes.set_ylabel("half-width, points")
    each = f" ({precision.here.items:,} items)" if precision.over == "repeats" else ""
    axes.set_xlabel(("repeats of each item" if precision.over == "repeats" else "items") + each)


def _beside(axes: Axes, text: str, place: float, width: float, colour: str) -> None:
    """A note where a falling curve is not: right above a point, left below one far to the right, unless that is low."""
    low, high = axes.get_xlim()
    if place <= low**0.45 * high**0.55:
        _note(axes, text, (place, width), (7, 7), ("left", "bottom"), colour)
    elif width > 0.13 * axes.get_ylim()[1]:
        _note(axes, text, (place, width), (-7, -7), ("right", "top"), colour)
    else:
        _note(axes, text, (place, width), (5, 14), ("right", "bottom"), colour)


def _note(
    axes: Axes, text: str, at: tuple[float, float], offset: tuple[float, float], sides: tuple[str, str], colour: str
) -> None:
    axes.annotate(
        text,
        at,
        xytext=offset,
        textcoords="offset points",
        ha=sides[0],
        va=sides[1],
        size=canvas.SMALL,
        color=colour,
        zorder=7,
    )


def _few(places: list[int], most: int = 6) -> list[int]:
    """At most so many of the ticks, evenly spaced along the scale."""
    chosen = sorted(set(places))
    while len(chosen) > most:
        chosen = chosen[::2]
    return chosen


def _short(count: int) -> str:
    return f"{count / 1000:g}k" if count >= 10_000 and count % 100 == 0 else f"{count:,}"
