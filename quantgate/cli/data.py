"""`quantgate data fetch`: puts the documents of tasks into a bundle, for machines without network."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

_data = typer.Typer(name="data", help="Data of tasks, for machines that cannot reach the hub.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    app.add_typer(_data)


@_data.callback()
def _verbs() -> None:
    """Data of tasks, for machines that cannot reach the hub."""


@_data.command()
def fetch(
    tasks: Annotated[list[str], typer.Argument(help="Tasks, as `quantgate tasks` lists them.")],
    out: Annotated[Path, typer.Option(help="The bundle to write, or to extend.")],
    data: Annotated[
        list[str] | None,
        typer.Option(help="TASK=FILE or TASK.SPLIT=FILE: take this file, not the hub's; repeatable."),
    ] = None,
) -> None:
    """Fetch the documents of tasks into a bundle, with hashes, for `--data-dir` on a machine without network."""
    from quantgate.cli.installed import installed_tasks
    from quantgate.cli.waiting import told_while_waiting
    from quantgate.evals.errors import UsageError
    from quantgate.evals.settings.run import files_of, parse_assignments
    from quantgate.evals.text import one_line, unbroken
    from quantgate.reports.terminal.console import progress_console
    from quantgate.tasks.bundle import fetch as fetch_task

    given = {name: Path(file) for name, file in parse_assignments("--data", data or []).items()}
    names = list(dict.fromkeys(tasks))
    for name in given:
        if not any(name == task or name.startswith(f"{task}.") for task in names):
            raise UsageError(f"--data {name}=...: the task {name} is not fetched here")
    registry, console = installed_tasks(), progress_console()
    infos = [registry.find(name) for name in names]
    for info in infos:
        if info.data is None:
            typer.echo(unbroken(f"{info.name}: needs no data from elsewhere"))
            continue
        with told_while_waiting(console, info.name, "fetching its documents"):
            fetched = fetch_task(info.name, files_of(info.name, given), out)
        for split, file in fetched.files.items():
            name, part = one_line(info.name, 60), one_line(split, 30)
            typer.echo(unbroken(f"{name} {part}: {out / file.path} (SHA-256 {file.sha256[:12]}…)"))
        if info.private is not None:
            typer.echo(unbroken(f"note: {info.private}."), err=True)
    if any(info.data is not None for info in infos):
        typer.echo(unbroken(f"On the machine without network: quantgate run --data-dir {out} ..."))
