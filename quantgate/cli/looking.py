"""What `show` and `diff` share: which answers are wanted, and how a private task's are asked for."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from rich.console import Console
    from rich.text import Text

    from quantgate.evals.inspection.opened import OpenedRun

TaskNames = Annotated[list[str] | None, typer.Option(help="Only this task; repeatable.")]
Repeat = Annotated[int | None, typer.Option(min=0, help="Only this repeat, counted from 0.")]
Thoughts = Annotated[bool, typer.Option("--thoughts", help="Unfold the model's thoughts.")]
WholePrompt = Annotated[bool, typer.Option("--prompt", help="Show the whole prompt, worked examples and all.")]
Reveal = Annotated[bool, typer.Option("--reveal", help="Show the text of tasks whose authors ask to keep it private.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON lines, with all texts, for scripts.")]


def print_json(console: Console, lines: Iterable[str], notes: Iterable[str]) -> None:
    """Print lines for a script, whatever the width; the notes on standard error."""
    from rich.text import Text

    from quantgate.cli.manner import Manner
    from quantgate.reports.terminal.paging import show_lines

    Manner().note(list(notes))
    show_lines(console, map(Text, lines), paged=False)


def print_with_notes(console: Console, lines: Iterable[Text], notes: Iterable[str]) -> None:
    """Print lines under what the reader should know of them."""
    from itertools import chain

    from rich.text import Text

    from quantgate.evals.text import unbroken
    from quantgate.reports.terminal.marked import wrapped
    from quantgate.reports.terminal.paging import show_lines

    told = [line for note in notes for line in wrapped(console, Text(f"note: {unbroken(note)}"), console.width)]
    show_lines(console, chain(told, [Text()] if told else [], lines))


def notes_of(run: OpenedRun, tasks: Sequence[str]) -> list[str]:
    """What the reader should know of a run: damage, what is hidden, what cannot be read."""
    from quantgate.evals.text import one_line

    notes = [f"{run.folder}: {one_line(run.held.damage.told, 300)}"] if run.held.damage.lines else []
    if run.record.shard is not None:
        notes.append(f"{run.folder} is {run.record.shard.told()}")
    notes += [
        f"{one_line(task, 60)}: {one_line(run.private(task) or '', 300)}. "
        "Its text is neither shown nor searched without --reveal"
        for task in tasks
        if run.hidden(task)
    ]
    if not run.keeps_questions and any(not run.hidden(task) for task in tasks):
        imported = any(task.imported is not None for task in run.record.tasks)
        why = (
            "the files that it was read from do not have them"
            if imported
            else "it was begun by an earlier quantgate or with --no-prompts. A run into a new folder keeps them"
        )
        notes.append(f"{run.folder} has no prompts.jsonl, so that neither questions nor right answers are shown: {why}")
    if run.prompts.problem:
        notes.append(one_line(run.prompts.problem, 300))
    return notes


def opened(folder: Path, verb: str, *, reveal: bool) -> OpenedRun:
    """A run directory, or another tool's files as one.

    Raises RunDirectoryError; UsageError for a saved decision, with what to give instead.
    """
    from quantgate.cli.telling import tell
    from quantgate.evals.errors import UsageError
    from quantgate.evals.foreign.opening import foreign_format, run_directory
    from quantgate.evals.inspection.decided import runs_in, runs_of
    from quantgate.evals.inspection.opened import OpenedRun
    from quantgate.evals.runs.directory import RunDirectory
    from quantgate.evals.storage.opening import fetched

    given, folder = folder, fetched(folder, tell)
    if folder is not given:
        return OpenedRun.open(run_directory(folder, tell), given, revealed=reveal)
    if foreign_format(folder) is not None:
        return OpenedRun.open(run_directory(folder, tell), folder, revealed=reveal)
    if folder.is_file():
        runs, what = runs_of(folder), "a file"
    elif not RunDirectory(folder).exists() and (runs := runs_in(folder)):
        what = "the folder of several runs"
    else:
        return OpenedRun.open(folder, revealed=reveal)
    give = " or ".join(str(run) for run in runs) or "the folder that has run.json"
    more = f"; `quantgate diff {runs[0]} {runs[1]}` shows what changed between them" if len(runs) == 2 else ""
    raise UsageError(f"{folder} is {what}, and quantgate {verb} shows a run directory: give {give}{more}")
