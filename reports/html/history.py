"""The last gates of a branch as one HTML file: verdicts, and each task's difference with its bounds over time."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

from quantgate.reports.html.charts import Chart, plot_entries
from quantgate.reports.html.page import render
from quantgate.reports.plots import canvas
from quantgate.reports.plots.forest import shapes_of
from quantgate.reports.plots.history import draw_history
from quantgate.reports.words.history import Gate, counted, tasks_of
from quantgate.reports.words.row import task_cells

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def history_html(
    gates: Sequence[Gate], passed_over: Sequence[str], *, title: str, created: str, software: dict[str, str]
) -> str:
    """The page of the gates, which are in the order in which they were decided.

    Raises
    ------
    UsageError
        When matplotlib, which draws the plots, is not installed.
    """
    canvas.need_matplotlib("--html")
    tasks = tasks_of(gates)
    caption = "Each gate's difference with the bounds that decided, the oldest at the left; shaded: the margin."
    charts = [Chart(task, caption, partial(_draw, gates, task)) for task in tasks]
    return render(
        "history.html.j2",
        title=title,
        counted=counted(gates),
        tasks=tasks,
        rows=[
            (gate, [None if (row := gate.row(task)) is None else task_cells(row) for task in tasks])
            for gate in reversed(gates)
        ],
        plots=plot_entries("history", charts),
        shapes=shapes_of(row for gate in gates for row in gate.rows),
        passed_over=passed_over,
        created=created,
        software=software,
    )


def _draw(gates: Sequence[Gate], task: str, width: int) -> Figure | None:
    return draw_history(gates, task, width=width)
