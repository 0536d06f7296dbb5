"""Tool calls on the terminal: a table of the verifiers' figures for each task that has them."""

from __future__ import annotations

from rich.console import Console
from rich.text import Text

from quantgate.evals.decision.comparison import Comparison
from quantgate.evals.decision.types import Verdict
from quantgate.evals.text import one_line
from quantgate.reports.terminal.fitting import LONGEST_NAME, Column, FittingTable
from quantgate.reports.words.calls import call_tables


def print_calls(console: Console, decision: Verdict | Comparison) -> None:
    """Print the tables, if there are any."""
    for table in call_tables(decision):
        names = [one_line(name, LONGEST_NAME) for name in table.columns]
        shown = FittingTable(
            f"{one_line(table.task, 60)}: tool calls",
            [Column("figure", words=True), *(Column(name) for name in names)],
        )
        for name, *cells in table.rows:
            shown.add(Text(one_line(name, 80)), *cells)
        console.print(shown)
