"""A judgement of published accuracies on the terminal: one row a task, and the sentences that decided."""

from __future__ import annotations

from rich.console import Console
from rich.text import Text

from quantgate.evals.claims.types import ClaimDecision, ClaimVerdict
from quantgate.evals.text import one_line
from quantgate.reports.terminal.decision_table import verdict_line, verdict_text
from quantgate.reports.terminal.fitting import LONGEST_NAME, Column, FittingTable
from quantgate.reports.words.claim import CLAIM_COLUMNS, claim_cells, details, sentence, unjudged_sentence


def print_claim(console: Console, verdict: ClaimVerdict) -> None:
    """Print the table, each task's sentences, and the verdict with its exit code."""
    console.print(_table(verdict.tasks))
    for task in verdict.tasks:
        for line in (sentence(task), *(f"· {line}" for line in details(task))):
            console.print(Text(one_line(line, 700)), soft_wrap=True)
    for row in verdict.unjudged:
        console.print(Text(one_line(unjudged_sentence(row), 700)), soft_wrap=True)
    console.print(verdict_line(verdict.verdict))


def _table(tasks: tuple[ClaimDecision, ...]) -> FittingTable:
    title = "published accuracies: from best to worst case over every pairing of the items"
    words = ("task", "verdict")
    table = FittingTable(title, [Column(name, words=name in words) for name in (*CLAIM_COLUMNS, "verdict")])
    for task in tasks:
        cells = [one_line(cell, LONGEST_NAME) for cell in claim_cells(task)]
        table.add(*cells, verdict_text(task.verdict))
    return table
