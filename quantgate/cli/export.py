"""`quantgate export`: writes a run as another tool's files."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from quantgate.cli.looking import Reveal


def register(app: typer.Typer) -> None:
    app.command(name="export")(export)


def export(
    run: Annotated[Path, typer.Argument(help="The run directory, or files of another tool.")],
    to: Annotated[str, typer.Option(metavar="TARGET", help="Of which tool, as docs/import.md lists.")],
    out: Annotated[
        Path | None, typer.Option(help="The file or folder that is made. Default: the run's name, in this folder.")
    ] = None,
    reveal: Reveal = False,
) -> None:
    """Write a run as another tool's files, or as a table.

    Says what these cannot hold. Exits 0, and 2 for what cannot be read or written.
    """
    import shutil

    from rich.text import Text

    from quantgate.cli.looking import opened
    from quantgate.evals.errors import UsageError
    from quantgate.evals.files import told_as_usage
    from quantgate.evals.foreign.export.targets import target_of
    from quantgate.reports.terminal.console import output_console, progress_console

    target = target_of(to)
    read = opened(run, "export", reveal=reveal)
    if read.record.shard is not None:
        raise UsageError(f"{run} is {read.record.shard.told()}, which can be exported")
    made = out or Path(f"{run.resolve().stem if run.is_file() else run.resolve().name}{target.ending}")
    if made.exists() or made.is_symlink():
        raise UsageError(f"--out {made}: something of that name is there already")
    with told_as_usage(made, "--out"):
        made.parent.mkdir(parents=True, exist_ok=True)
        try:
            with progress_console().status(f"writing {made}"):
                lost = target.write(read, made)
        except BaseException:
            # Nothing was there before, and half of a run is none.
            made.unlink(missing_ok=True) if made.is_file() else shutil.rmtree(made, ignore_errors=True)
            raise
    for each in lost:
        progress_console().print(Text(f"note: {each}"), soft_wrap=True)
    output_console().print(Text(f"written: {made}"), soft_wrap=True)
