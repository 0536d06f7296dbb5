"""What a plan takes where it may stop early, on the terminal: one row a margin, beside the fixed design."""

from __future__ import annotations

from quantgate.evals.planning.types import Plan
from quantgate.reports.terminal.fitting import Column, FittingTable
from quantgate.reports.words.plan_looks import LOOKS_COLUMNS, looks_cells


def looks_table(plan: Plan) -> FittingTable:
    """Mean requests of both builds at each true loss, and how often a build without one passes."""
    title = "stopping early: requests on average, by what the candidate has truly lost"
    table = FittingTable(title, [Column(name) for name in LOOKS_COLUMNS])
    for row in plan.rows:
        table.add(*looks_cells(row))
    return table
