"""Decisions as a table on the terminal: one row a task, and those of its strata."""

from __future__ import annotations

from collections.abc import Sequence

from rich.text import Text

from quantgate.evals.decision.types import ReleaseVerdict, TaskDecision, TaskVerdict
from quantgate.evals.text import one_line
from quantgate.reports.terminal.fitting import LONGEST_NAME, Column, FittingTable
from quantgate.reports.words.palette import MARK, VERDICT_ROLE, verdict_word
from quantgate.reports.words.row import Cells, strata_cells, task_cells

_STYLE = {
    "pass": "green",
    "regressed": "red",
    "inconclusive": "yellow",
    "invalid": "magenta",
}


def decision_table(title: str, rows: list[tuple[str | None, TaskDecision]]) -> FittingTable:
    """A table of decisions; rows with a build's name show it in a first column."""
    named = any(build is not None for build, _ in rows)
    table = figures_table(title, ["build"] if named else [])
    for build, task in rows:
        cells = task_cells(task, narrow=True)
        table.add(*([one_line(build or "", LONGEST_NAME)] if named else []), *figure_cells(cells), status_text(cells))
        for part in strata_cells(task):
            figures = figure_cells(part, f"· {one_line(part.name, LONGEST_NAME)}")
            table.add(*([""] if named else []), *figures, status_text(part))
    return table


def figures_table(title: str, lead: Sequence[str]) -> FittingTable:
    """An empty table of decisions, with the columns `lead` before those of `figure_cells` and the verdict."""
    words = {"build", "format", "task", "verdict"}
    figures = ("task", "items", "baseline", "candidate", "diff", "bounds", "margin", "lost/won")
    return FittingTable(title, [Column(name, words=name in words) for name in (*lead, *figures, "verdict")])


def figure_cells(cells: Cells, name: str | None = None) -> list[str | Text]:
    """A row's name and figures in the order of the columns."""
    return [
        Text(one_line(cells.name, LONGEST_NAME) if name is None else name),
        cells.asked,
        cells.baseline,
        cells.candidate,
        cells.difference,
        cells.bounds,
        cells.margin,
        cells.flips,
    ]


def status_text(cells: Cells) -> Text:
    """A row's verdict, with what keeps it from deciding or passing."""
    text = verdict_text(cells.verdict)
    if cells.target:
        text.append(f" {cells.target}")
    if cells.beside:
        text.append(f" {cells.beside}")
    if cells.advisory:
        text.append(" (advisory)")
    if cells.blocked:
        text.append(" (blocked)")
    return text


def verdict_text(verdict: TaskVerdict | ReleaseVerdict) -> Text:
    """A verdict as word, mark and colour: never by colour alone."""
    return Text(f"{MARK[verdict.value]} {verdict_word(verdict.value)}", style=_STYLE[VERDICT_ROLE[verdict.value]])


def verdict_line(verdict: ReleaseVerdict, of: str | None = None) -> Text:
    """The release's verdict and the exit code that goes with it; `of` is the verb that ended so, where it is saved."""
    said = "" if of is None else f" of `{of}`; report exits with 0"
    return Text.assemble("verdict: ", verdict_text(verdict), f" (exit code {verdict.exit_code}){said}")


def sentence(text: str, most: int = 600) -> Text:
    """A sentence on one line, no longer than `most` characters."""
    return Text(one_line(text, most))
