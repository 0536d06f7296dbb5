"""A judgement of published accuracies on the terminal: one row a task, and the sentences that decided."""

from __future__ import annotations

from rich.console import Console
from rich.text import Text

from quantgate.evals.claims.types import ClaimDecision, ClaimVerdict
from quantgate.evals.text import one_line
from quantgate.reports.terminal.decision_table import verdict_line, verdict_text
from quantgate.reports.terminal.fitting import LONGEST_NAME, Column, FittingTable
from quantgate.reports.words.claim import bounds_between as _bounds
from quantgate.reports.words.claim import details, sentence
from quantgate.reports.words.claim import lost_and_won as _pair
from quantgate.reports.words.claim import pvalues as _pvalues
from quantgate.reports.words.numbers import margin_cell
from quantgate.reports.words.numbers import signed as _signed


def print_claim(console: Console, verdict: ClaimVerdict) -> None:
    """Print the table, each task's sentences, and the verdict with its exit code."""
    console.print(_table(verdict.tasks))
    for task in verdict.tasks:
        for line in (sentence(task), *(f"· {line}" for line in details(task))):
            console.print(Text(one_line(line, 700)), soft_wrap=True)
    console.print(verdict_line(verdict.verdict))


def _table(tasks: tuple[ClaimDecision, ...]) -> FittingTable:
    title = "published accuracies: from best to worst case over every pairing of the items"
    words = ("task", "verdict")
    names = ("task", "items", "baseline", "candidate", "diff", "lost/won", "p", "lower bound", "upper bound", "margin")
    table = FittingTable(title, [Column(name, words=name in words) for name in (*names, "verdict")])
    for task in tasks:
        cells = [
            one_line(task.task, LONGEST_NAME),
            f"{task.items:,}" + (f"×{task.repeats}" if task.repeats > 1 else ""),
            one_line(task.baseline, 16),
            one_line(task.candidate, 16),
            _signed(task.difference),
            _pair(task.closest, task.farthest),
            _pvalues(task.pvalue_best, task.pvalue_worst),
            _bounds(task.lower_best, task.lower_worst),
            _bounds(task.upper_best, task.upper_worst),
            margin_cell(task.margin),
        ]
        table.add(*cells, verdict_text(task.verdict))
    return table
