"""A plan on the terminal: one row a margin, and what it all rests on."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.text import Text

from quantgate.evals.planning.types import Plan
from quantgate.evals.text import one_line
from quantgate.reports.terminal.fitting import Column, FittingTable
from quantgate.reports.terminal.plan_looks import looks_table
from quantgate.reports.words.plan import plan_sentences, plan_table, plan_title, totals


def print_plans(console: Console, plans: Sequence[Plan]) -> None:
    """Print each task's table with its sentences, and the sum over tasks at each margin where there are several."""
    for plan in plans:
        console.print(_table(plan))
        if any(row.sequential is not None for row in plan.rows):
            console.print(looks_table(plan))
        for line in plan_sentences(plan):
            console.print(Text(one_line(line, 600)), soft_wrap=True)
        console.print()
    for line in totals(plans):
        console.print(Text(line), soft_wrap=True)


def _table(plan: Plan) -> FittingTable:
    names, rows = plan_table(plan)
    table = FittingTable(plan_title(plan), [Column(name, words=name == "plan") for name in names])
    for cells in rows:
        table.add(*cells)
    return table
