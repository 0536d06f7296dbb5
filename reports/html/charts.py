"""The small plots of a page, one a task: as wide on a desk as the page has room for so many, narrow on a phone."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from quantgate.reports.html.page import PlotEntry, figure_markup
from quantgate.reports.plots import canvas

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_NARROW = 344
_WIDE = {1: 640, 2: 500}
"""CSS pixels on a desk where there are so many; of more, each is narrow."""


@dataclass(frozen=True, slots=True)
class Chart:
    """A plot to be drawn at a width in CSS pixels, where there is anything to draw; its task, and its words."""

    task: str
    caption: str
    draw: Callable[[int], Figure | None]


def plot_entries(name: str, charts: Sequence[Chart]) -> list[PlotEntry]:
    """The plots as a page shows them; `name`, a word, tells their ids from those of the page's other plots."""
    drawn = [(chart, figure) for chart in charts if (figure := chart.draw(_NARROW)) is not None]
    wide = _WIDE.get(len(drawn))
    return [
        PlotEntry(
            chart.task,
            _svg(chart, figure, f"{name}{number}"),
            chart.caption,
            None if wide is None else _svg(chart, chart.draw(wide), f"{name}{number}w"),
        )
        for number, (chart, figure) in enumerate(drawn)
    ]


def _svg(chart: Chart, figure: Figure | None, name: str) -> object:
    return None if figure is None else figure_markup(canvas.inline_svg(figure, name, f"{chart.task}: {chart.caption}"))
