"""What a plan takes where it may stop early, on the terminal: one row a margin, beside the fixed design."""

from __future__ import annotations

from quantgate.evals.planning.types import Plan
from quantgate.reports.terminal.fitting import Column, FittingTable
from quantgate.reports.words.plan_looks import looks_cells as _cells
from quantgate.reports.words.plan_looks import looks_margin as _margin

_COLUMNS = (
    *("margin", "fixed", "without\nloss", "half the\nmargin", "the\nmargin", "twice", "passes", "regressed\nat twice"),
)


def looks_table(plan: Plan) -> FittingTable:
    """Mean requests of both builds at each true loss, and how often a build without one passes."""
    title = "stopping early: requests on average, by what the candidate has truly lost"
    table = FittingTable(title, [Column(name) for name in _COLUMNS])
    for row in plan.rows:
        table.add(_margin(row), *_cells(row))
    return table
