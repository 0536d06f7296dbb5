"""`quantgate import`: makes a run directory of what another tool has left."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    app.command(name="import")(import_)


def import_(
    format: Annotated[
        str, typer.Argument(metavar="FORMAT", help="Of which tool, as docs/import.md lists; `auto` finds it.")
    ],
    path: Annotated[Path, typer.Argument(help="The file, or the folder of its files.")],
    out: Annotated[Path, typer.Option(help="The run directory that is made.")],
    label: Annotated[str | None, typer.Option(help="What reports call this build. Default: the folder's name.")] = None,
    task: Annotated[list[str] | None, typer.Option(help="Only this task of the source; repeatable.")] = None,
    model: Annotated[str | None, typer.Option(help="Which model, where the source holds several.")] = None,
) -> None:
    """Make a run directory of what another tool has left, as lm-eval or Inspect, or of a table of scores.

    Says what was read, what could not be, and what the source does not tell. Exits 0, and 2 for what is no such source.
    """
    from rich.text import Text

    from quantgate.cli.telling import tell
    from quantgate.evals.checks.summarise import summarise
    from quantgate.evals.errors import StorageError, UsageError
    from quantgate.evals.files import check_writable
    from quantgate.evals.foreign.choosing import read_chosen
    from quantgate.evals.foreign.writing import write_run
    from quantgate.evals.pairing.pairing import Run
    from quantgate.evals.storage.opening import fetched
    from quantgate.evals.storage.writing import folder_of, written
    from quantgate.reports.terminal.console import output_console, progress_console
    from quantgate.reports.terminal.import_summary import import_lines

    source = read_chosen(format, fetched(path, tell), model, task or [])
    check_writable(folder_of(out))
    with written(out, tell) as place:
        try:
            with progress_console().status(f"reading {path}"):
                write_run(source, place.folder, label)
        except StorageError as error:
            raise UsageError(f"--out: {error}") from None
    run = Run.load(place.folder)
    console = output_console()
    for note in source.notes:
        progress_console().print(Text(f"note: {note}"), soft_wrap=True)
    for line in import_lines(run.record, summarise(run, (), {}), path):
        console.print(Text(line), soft_wrap=True)
    console.print(Text(f"imported: {place.shown}"), soft_wrap=True)
