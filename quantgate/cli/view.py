"""`quantgate view`: shows decisions, runs and their answers on a local page."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from quantgate.cli.notice import notice


def register(app: typer.Typer) -> None:
    app.command(name="view")(view)


def view(
    named: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="[RUN|GATE_JSON|FOLDER]...",
            help="Run directories, files of other tools, decisions, or folders of runs; by default this folder.",
        ),
    ] = None,
    port: Annotated[
        int, typer.Option(min=0, max=65535, help="Listen at this port, as for a tunnel; 0 is any free one.")
    ] = 0,
    no_browser: Annotated[bool, typer.Option("--no-browser", help="Print the address, and open no browser.")] = False,
    reveal: Annotated[bool, typer.Option("--reveal", help="Show the texts of private tasks (GPQA), too.")] = False,
) -> None:
    """Show decisions, runs and their answers on a local page, item by item, until Ctrl-C.

    Only this machine is answered, and only who has the address. Nothing is written into a run directory.
    """
    from quantgate.view import pages
    from quantgate.view.app import view_app
    from quantgate.view.server import listening, serve
    from quantgate.view.store import Store

    with Store(named or [Path()], reveal=reveal) as store, listening(port) as bound:
        if store.cut:
            notice("there is more under these folders than is looked through: name the runs, or a folder further down")
        serve(bound, lambda base: view_app(store, pages, base), typer.echo, browser=not no_browser)
