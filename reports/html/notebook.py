"""A decision as a piece of HTML for a notebook's cell: the forest plot, the table and the sentences that decided."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from quantgate.evals.decision.comparison import Comparison
from quantgate.evals.decision.types import TaskDecision, Verdict
from quantgate.reports.html.page import figure_markup, render
from quantgate.reports.plots import canvas
from quantgate.reports.plots.forest import ForestRow, comparison_rows, draw_forest, forest_rows
from quantgate.reports.words.headline import comparison_headline, headline, recommendation
from quantgate.reports.words.row import task_cells
from quantgate.reports.words.targets import shared_target


def gate_fragment(verdict: Verdict) -> str:
    """A gate's decision; it stands on paper of its own, whatever the notebook's colours are."""
    title = f"{verdict.candidate.label} against {verdict.baseline.label}"
    rows = [("", task) for task in verdict.rows]
    said = f"{headline(verdict)} {shared_target(verdict.rows)}".rstrip()
    return _fragment(title, verdict.verdict, said, forest_rows(verdict.rows), rows)


def comparison_fragment(comparison: Comparison) -> str:
    """A comparison of several formats."""
    title = f"{len(comparison.formats)} formats against {comparison.baseline.label}"
    rows = [(build.name, task) for build in comparison.formats for task in build.rows]
    said = f"{recommendation(comparison)} {comparison_headline(comparison)}"
    said = f"{said} {shared_target([task for _, task in rows])}".rstrip()
    return _fragment(title, comparison.verdict, said, comparison_rows(comparison), rows)


def _fragment(
    title: str, verdict: str, said: str, forest: Sequence[ForestRow], rows: Iterable[tuple[str, TaskDecision]]
) -> str:
    plot = figure_markup(canvas.inline_svg(draw_forest(forest), "forest", said)) if forest else ""
    cells = [(build, task_cells(task)) for build, task in rows]
    return render("notebook.html.j2", title=title, verdict=verdict, said=said, plot=plot, rows=cells)
