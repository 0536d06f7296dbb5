"""`quantgate tasks`: lists the tasks."""

from __future__ import annotations

import typer


def register(app: typer.Typer) -> None:
    app.command(name="tasks")(tasks)


def tasks() -> None:
    """List the tasks."""
    from quantgate.tasks.registry import BUILT_IN, LM_EVAL_PREFIX

    for name, description in BUILT_IN.items():
        typer.echo(f"{name:14} {description}")
    typer.echo(f"{LM_EVAL_PREFIX + 'NAME':14} any generate_until task of lm-eval, by its own name")
