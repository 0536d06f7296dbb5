"""`quantgate key`: the name under which CI keeps a release's baseline run."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    app.command(name="key")(key)


def key(
    file: Annotated[Path, typer.Argument(metavar="RELEASE", help="A release.yaml.")],
    lines: Annotated[
        bool,
        typer.Option("--lines", help="Print key=, baseline= and out=, as $GITHUB_OUTPUT has them."),
    ] = False,
) -> None:
    """Print a hash of everything that the baseline's answers depend on, so that CI keeps its run for as long as it can.

    It is the same for every candidate that is asked alike, wherever the baseline is served, and another as soon as
    model, tasks, data, sampling, looks or the software that makes prompts are. Nothing is asked.
    """
    from quantgate.cli.installed import installed_tasks, known_tasks
    from quantgate.cli.loading import ready_release
    from quantgate.evals.errors import UsageError
    from quantgate.evals.release.baseline_key import baseline_key
    from quantgate.evals.release.ready import Ready
    from quantgate.evals.settings.release import load_release
    from quantgate.reports.terminal.console import progress_console

    release = load_release(file, {}, known_tasks())
    if release.baseline.run is not None:
        ready = Ready(release, {}, {}, None)
    else:
        ready = ready_release(release, installed_tasks(), progress_console())
    found = baseline_key(ready)
    if not lines:
        typer.echo(found)
        return
    places = {"baseline": release.path_of(release.baseline.label), "out": release.out}
    for name, place in places.items():
        if not str(place).isprintable():
            raise UsageError(f"{file}: the path of {name} has characters that no line can hold: {str(place)!r}")
    typer.echo(f"key={found}")
    for name, place in places.items():
        typer.echo(f"{name}={place}")
