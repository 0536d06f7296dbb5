"""`quantgate show`: what was asked and answered, as a table and item by item."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from quantgate.cli.looking import AsJson, Repeat, Reveal, TaskNames, Thoughts, WholePrompt

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.console import Console
    from rich.text import Text

    from quantgate.evals.inspection.choosing import Chosen
    from quantgate.evals.inspection.opened import OpenedRun


def register(app: typer.Typer) -> None:
    app.command(name="show")(show)


def show(
    run: Annotated[Path, typer.Argument(help="The run directory, or files of another tool.")],
    items: Annotated[
        list[str] | None, typer.Argument(help="Items to show whole, as 17 or gsm8k/17; without any, a table.")
    ] = None,
    wrong: Annotated[bool, typer.Option("--wrong", help="Answers that score below 1.")] = False,
    unparsed: Annotated[bool, typer.Option("--unparsed", help="Answers from which no result was read.")] = False,
    truncated: Annotated[bool, typer.Option("--truncated", help="Answers that were cut.")] = False,
    empty: Annotated[bool, typer.Option("--empty", help="Answers without text.")] = False,
    refused: Annotated[bool, typer.Option("--refused", help="Answers that the model declined to give.")] = False,
    error: Annotated[bool, typer.Option("--error", help="Requests that failed.")] = False,
    ungraded: Annotated[bool, typer.Option("--ungraded", help="Answers without a grade.")] = False,
    search: Annotated[
        str, typer.Option(help="Only where this stands in the question, the thoughts, the answer or what was read.")
    ] = "",
    task: TaskNames = None,
    repeat: Repeat = None,
    thoughts: Thoughts = False,
    prompt: WholePrompt = False,
    reveal: Reveal = False,
    json: AsJson = False,
) -> None:
    """Show the answers of a run: a table of them, or each named item whole, from the question to the fault.

    Of --wrong, --truncated and the like, answers of any that is given are shown.
    More than fits the terminal goes through $PAGER.

    Exits 0, and 2 for what is not there.
    """
    from quantgate.cli.looking import notes_of, opened, print_json, print_with_notes
    from quantgate.evals.inspection.choosing import Kind, Wanted
    from quantgate.evals.inspection.told import line_of_answer
    from quantgate.reports.terminal.console import output_console

    given = {
        Kind.WRONG: wrong,
        Kind.UNPARSED: unparsed,
        Kind.TRUNCATED: truncated,
        Kind.EMPTY: empty,
        Kind.REFUSED: refused,
        Kind.ERROR: error,
        Kind.UNGRADED: ungraded,
    }
    kinds = [kind for kind, wanted in given.items() if wanted]
    read = opened(run, "show", reveal=reveal)
    chosen = read.choose(Wanted(kinds, task or (), items or (), repeat, search))
    notes = notes_of(read, [each.task for each in chosen])
    console = output_console()
    if json:
        print_json(console, (line_of_answer(read.seen(one)) for each in chosen for one in each.samples()), notes)
    elif items:
        print_with_notes(console, _whole(console, read, chosen, thoughts=thoughts, prompt=prompt), notes)
    else:
        print_with_notes(console, _tables(console, read, chosen), notes)


def _whole(console: Console, run: OpenedRun, chosen: list[Chosen], *, thoughts: bool, prompt: bool) -> Iterator[Text]:
    from rich.text import Text

    from quantgate.reports.terminal.answers import whole_answer

    for each in chosen:
        repeats = _repeated(run, each)
        for sample in each.samples():
            yield from whole_answer(console, run.seen(sample), repeats=repeats, thoughts=thoughts, prompt=prompt)
    if not any(len(each.rows) for each in chosen):
        yield Text("none of its answers is of the kind that is asked for")


def _tables(console: Console, run: OpenedRun, chosen: list[Chosen]) -> Iterator[Text]:
    import shlex

    from rich.text import Text

    from quantgate.reports.terminal.answers import answers_table, count_line
    from quantgate.reports.terminal.marked import wrapped

    for each in chosen:
        counted = Text(count_line(each, run.record.task(each.task)), style="bold")
        yield from wrapped(console, counted, console.width)
        if len(each.rows):
            answers = (run.seen(sample) for sample in each.samples())
            yield from answers_table(answers, each.names(), console.width, repeats=_repeated(run, each))
        yield Text()
    yield Text(f"{shlex.join(['quantgate', 'show', str(run.folder)])} ITEM shows an item whole")


def _repeated(run: OpenedRun, chosen: Chosen) -> bool:
    record = run.record.task(chosen.task)
    return record is not None and record.repeats > 1
