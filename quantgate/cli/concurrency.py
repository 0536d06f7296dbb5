"""`quantgate concurrency`: changes how many requests a run that is going on has in flight."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    app.command(name="concurrency")(concurrency)


def concurrency(
    run: Annotated[Path, typer.Argument(help="The run directory of a `quantgate run` that is going on.")],
    number: Annotated[str, typer.Argument(help="Requests in flight from now on: a number, or auto.")],
) -> None:
    """Change how many requests a run that is going on has in flight; it heeds that within a second.

    Exits 0 when it is asked for, 2 when no run is going on there.
    """
    from quantgate.evals.errors import UsageError
    from quantgate.evals.runs.control import ControlError, ControlFile
    from quantgate.evals.storage.address import shown
    from quantgate.evals.storage.writing import folder_of
    from quantgate.evals.text import unbroken

    try:
        ControlFile(folder_of(run)).write(number)
    except ControlError as error:
        raise UsageError(f"concurrency {number[:60]!r}: {error}") from None
    found = "finds the number of requests in flight by itself" if number == "auto" else f"has {number} in flight"
    typer.echo(unbroken(f"the run in {shown(run)} {found} from now on"))
