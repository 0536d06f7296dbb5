"""Several formats on the terminal: one row a format and task, the sentences for what did not pass, the cheapest."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table
from rich.text import Text

from quantgate.evals.decision.comparison import Comparison, Format
from quantgate.evals.decision.types import TaskDecision, TaskVerdict
from quantgate.evals.text import one_line
from quantgate.reports.terminal.decision_table import flag_notes, verdict_line, verdict_text
from quantgate.reports.words.numbers import bounds, losses_and_gains, percent, signed


def print_comparison(console: Console, comparison: Comparison) -> None:
    """Print the table, a sentence for each row that did not pass, the cheapest that does, and the verdict."""
    console.print(comparison_table(comparison))
    if len(comparison.formats) > 1:
        console.print(_line("A task's bounds hold for all formats that could be compared together (Holm)."))
    for build in comparison.formats:
        for task in build.tasks:
            _print_notes(console, build, task)
        if build.unconfirmed:
            console.print(
                _line(f"{build.name}: every task passes by itself, but not all of them with the formats searched.")
            )
    if comparison.priced:
        console.print(_line(_cheapest(comparison)))
    console.print(verdict_line(comparison.verdict))


def comparison_table(comparison: Comparison) -> Table:
    """The table; the formats that pass at the lowest cost carry a star."""
    priced = comparison.priced
    title = Text(f"{_counted(comparison)} against {one_line(comparison.baseline.label, 40)}")
    table = Table(title=title, title_justify="left", title_style="bold", box=None, pad_edge=False, padding=(0, 1, 0, 0))
    columns = ["format", *(["cost"] if priced else []), "task", "items", "baseline", "candidate", "diff", "bounds"]
    for column in (*columns, "margin", "lost/won", "verdict"):
        words = column in ("format", "task", "verdict")
        table.add_column(column, justify="left" if words else "right", no_wrap=not words, overflow="fold")
    for build in comparison.formats:
        for task in build.tasks:
            table.add_row(*_cells(build, task, priced, build.name in comparison.cheapest))
    return table


def _cells(build: Format, task: TaskDecision, priced: bool, cheapest: bool) -> list[str | Text]:
    name = one_line(build.name, 40) + (" ★" if cheapest else "")
    cost = ["—" if build.cost is None else f"{build.cost:g}"] if priced else []
    return [
        Text(name),
        *cost,
        Text(one_line(task.task, 30)),
        f"{task.items:,}" + (f"×{task.repeats}" if task.repeats > 1 else ""),
        percent(task.baseline),
        percent(task.candidate),
        signed(task.difference),
        bounds(task),
        f"{task.margin * 100:g}",
        losses_and_gains(task).replace(" ", ""),
        _verdict(task),
    ]


def _verdict(task: TaskDecision) -> Text:
    """The verdict; an invalid row says why in the row itself."""
    text = verdict_text(task.verdict)
    if task.tier == "advisory":
        text.append(" (advisory)")
    if task.blocked:
        text.append(" (blocked)")
    if task.verdict is TaskVerdict.INVALID:
        text.append(f": {one_line(task.reason.removeprefix(f'{task.task}: '), 300)}")
    return text


def _print_notes(console: Console, build: Format, task: TaskDecision) -> None:
    name = one_line(build.name, 40)
    if not task.passes and task.verdict is not TaskVerdict.INVALID:
        console.print(_line(f"{name}: {task.reason}"), soft_wrap=True)
    if "unconfirmed_among_tasks" in task.flags:
        console.print(_line(f"{name}: note: not confirmed as a regression over all tasks together"), soft_wrap=True)
    for note in flag_notes(task):
        console.print(_line(f"{name}: {task.task}: note: {note}"), soft_wrap=True)


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
