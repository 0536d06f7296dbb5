"""The gates of a branch on the terminal: a row for each build and task, the newest last."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.text import Text

from quantgate.evals.text import one_line
from quantgate.reports.terminal.decision_table import figure_cells, figures_table, status_text, verdict_text
from quantgate.reports.words.history import Gate, counted
from quantgate.reports.words.row import task_cells


def print_history(console: Console, gates: Sequence[Gate]) -> None:
    """Print the gates, and how many of them ended how."""
    table = figures_table("gates over time", ["when", "build"])
    for gate in gates:
        for row in gate.rows:
            cells = task_cells(row, narrow=True)
            status = Text.assemble(status_text(cells), " of ", verdict_text(gate.verdict))
            if len(gate.rows) == 1:
                status = status_text(cells)
            table.add(gate.when, one_line(gate.build, 40), *figure_cells(cells), status)
    console.print(table)
    console.print(Text(counted(gates)), soft_wrap=True)
