"""Several formats on the terminal: one row a format and task, the sentences for what did not pass, the cheapest."""

from __future__ import annotations

from rich.console import Console
from rich.text import Text

from quantgate.evals.decision.comparison import Comparison, Format
from quantgate.evals.decision.types import Decided, NotComparable, TaskDecision
from quantgate.evals.text import one_line
from quantgate.reports.terminal.calls import print_calls
from quantgate.reports.terminal.decision_table import (
    figure_cells,
    figures_table,
    status_text,
    verdict_line,
    verdict_text,
)
from quantgate.reports.terminal.fitting import FittingTable
from quantgate.reports.terminal.flipped import print_flipped
from quantgate.reports.words.flips import flipped_tasks
from quantgate.reports.words.headline import awaited_lines, recommendation, whole_verdict
from quantgate.reports.words.looks import have_parts_of_alpha, looks_lines
from quantgate.reports.words.notes import finding_notes, flag_notes
from quantgate.reports.words.row import task_cells
from quantgate.reports.words.settling import another_look
from quantgate.reports.words.suites import suite_lines
from quantgate.reports.words.targets import shared_target


def print_comparison(console: Console, comparison: Comparison, *, saved: bool = False) -> None:
    """Print what to ship, the table, a sentence for each row that did not pass, the cheapest, and the verdict."""
    console.print(_line(recommendation(comparison)), soft_wrap=True)
    console.print(comparison_table(comparison))
    for said in suite_lines(comparison.asked_suite):
        console.print(_line(said), soft_wrap=True)
    for said in awaited_lines(comparison):
        console.print(_line(said), soft_wrap=True)
    print_calls(console, comparison)
    if said := shared_target([task for build in comparison.formats for task in build.tasks]):
        console.print(_line(said), soft_wrap=True)
    if len(comparison.formats) > 1:
        console.print(_line(_together(comparison)), soft_wrap=True)
    for build in comparison.formats:
        for row in build.rows:
            _print_notes(console, build, row)
        if build.unconfirmed:
            console.print(
                _line(f"{build.name}: every task passes by itself, but not all of them with the formats searched.")
            )
    if comparison.priced:
        console.print(_line(_cheapest(comparison)))
    for build in comparison.formats:
        folders = comparison.baseline_folder, build.folder
        print_flipped(console, flipped_tasks(build.rows, build.verdict, folders, build.name))
    if said := whole_verdict(comparison):
        console.print(_line(said), soft_wrap=True)
    if comparison.awaited:
        console.print(Text.assemble("verdict so far: ", verdict_text(comparison.verdict)))
    else:
        console.print(verdict_line(comparison.verdict, "compare" if saved else None))


def _together(comparison: Comparison) -> str:
    """By what the bounds of several formats hold together."""
    if have_parts_of_alpha(task for build in comparison.formats for task in build.tasks):
        return "A task's bounds hold for all formats together: each has its part of alpha."
    return (
        "A task's bounds hold for all formats that could be compared together (Holm): wider than those of `gate`, and "
        "what would settle them is more."
    )


def comparison_table(comparison: Comparison) -> FittingTable:
    """The table; the formats that pass at the lowest cost carry a star."""
    title = f"{_counted(comparison)} against {one_line(comparison.baseline.label, 40)}"
    table = figures_table(title, ["format", *(["cost"] if comparison.priced else [])])
    for build in comparison.formats:
        name = Text(one_line(build.name, 40) + (" ★" if build.name in comparison.cheapest else ""))
        cost = ["—" if build.cost is None else f"{build.cost:g}"] if comparison.priced else []
        for task in build.rows:
            cells = task_cells(task, narrow=True)
            status = status_text(cells)
            if isinstance(task, NotComparable):
                status.append(f": {one_line(task.reason, 300)}")
            table.add(name, *cost, *figure_cells(cells), status)
    return table


def _print_notes(console: Console, build: Format, task: TaskDecision) -> None:
    name = one_line(build.name, 40)
    if not task.passes and isinstance(task, Decided):
        console.print(_line(f"{name}: {task.named_reason}"), soft_wrap=True)
    # What blocks a suite is told of its tasks.
    findings = finding_notes(task) if task in build.tasks else []
    notes = [note.text for note in (*findings, *flag_notes(task, "tasks and formats"))]
    for text in [*notes, *looks_lines(task), *([told] if (told := another_look(task)) is not None else [])]:
        console.print(_line(f"{name}: {task.task}: note: {text}"), soft_wrap=True)


def _cheapest(comparison: Comparison) -> str:
    which = "best" if comparison.more_is_better else "cheapest"
    if not comparison.cheapest:
        return f"{which} that passes: none"
    cost = next(build.cost for build in comparison.formats if build.name in comparison.cheapest)
    unit = f" {comparison.cost_unit}" if comparison.cost_unit else ""
    return f"{which} that passes: ★ {', '.join(comparison.cheapest)} (cost {cost:g}{unit})"


def _counted(comparison: Comparison) -> str:
    count = len(comparison.formats)
    return "1 format" if count == 1 else f"{count} formats"


def _line(text: str) -> Text:
    return Text(one_line(text, 600))
