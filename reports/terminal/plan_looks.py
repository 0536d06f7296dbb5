"""What a plan takes where it may stop early, on the terminal: one row a margin, beside the fixed design."""

from __future__ import annotations

from rich.table import Table
from rich.text import Text

from quantgate.evals.planning.types import Plan
from quantgate.reports.words.plan_looks import looks_cells as _cells
from quantgate.reports.words.plan_looks import looks_margin as _margin

_COLUMNS = ("margin", "fixed", "without loss", "half the margin", "the margin", "twice", "passes", "regressed at twice")


def looks_table(plan: Plan) -> Table:
    """Mean requests of both builds at each true loss, and how often a build without one passes."""
    table = Table(
        title=Text("stopping early: requests on average, by what the candidate has truly lost"),
        title_justify="left",
        title_style="bold",
        box=None,
        pad_edge=False,
        padding=(0, 1, 0, 0),
    )
    for column in _COLUMNS:
        table.add_column(column, justify="right", overflow="fold")
    for row in plan.rows:
        table.add_row(_margin(row), *_cells(row))
    return table
