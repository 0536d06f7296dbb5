"""`quantgate merge`: makes the run of its shards."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    app.command(name="merge")(merge)


def merge(
    shards: Annotated[list[Path], typer.Argument(metavar="DIR", help="All shards of a run, in any order.")],
    out: Annotated[Path, typer.Option(help="The run directory that is made.")],
    label: Annotated[str | None, typer.Option(help="What reports call this build. Default: the shards' own.")] = None,
    incomplete: Annotated[
        bool, typer.Option("--incomplete", help="Merge though answers are missing, which `quantgate run` then asks.")
    ] = False,
    model_changed: Annotated[
        bool, typer.Option("--model-changed", help="Answers of several models are meant, as of replicas.")
    ] = False,
) -> None:
    """Make one run of the shards of `quantgate run --shard`: whole, or not at all.

    Says which shard is missing, incomplete, there twice or was asked otherwise. The shards stay as they are.

    Exits 0 when complete, 5 when shards or answers are missing, 4 when the answers are of several models.
    """
    from rich.text import Text

    from quantgate.cli.telling import tell
    from quantgate.evals.checks.summarise import summarise
    from quantgate.evals.errors import UsageError
    from quantgate.evals.files import check_writable
    from quantgate.evals.merging.merge import merge as merged
    from quantgate.evals.pairing.pairing import Run
    from quantgate.evals.storage.opening import fetched
    from quantgate.evals.storage.writing import folder_of, written
    from quantgate.reports.terminal.console import output_console, progress_console
    from quantgate.reports.terminal.run_summary import print_summary

    check_writable(folder_of(out))
    if label is not None and not label.strip():
        raise UsageError("--label is empty: give a name, or leave it away")
    console = progress_console()
    fetched_shards = [fetched(shard, tell) for shard in shards]
    with written(out, tell) as place, console.status(f"merging {len(shards):,} shards"):
        made = merged(fetched_shards, place.folder, label, incomplete=incomplete, model_changed=model_changed)
    for note in made.notes:
        console.print(Text(f"note: {note}"), soft_wrap=True)
    run = Run.load(place.folder)
    summary = summarise(run, [task.name for task in made.record.tasks], {}, model_changed=model_changed)
    print_summary(output_console(), summary, place.shown)
    raise typer.Exit(summary.exit_code)
