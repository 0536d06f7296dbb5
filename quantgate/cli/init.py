"""`quantgate init`: writes a commented release.yaml, by asking or from options."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

_NO_TERMINAL = (
    "there is no terminal to ask on: give --base-url and --model of the candidate, --baseline-base-url and "
    "--baseline-model of the baseline (or --baseline-run of a finished run), and --task"
)


def register(app: typer.Typer) -> None:
    app.command(name="init")(init)


def init(
    out: Annotated[Path, typer.Option(help="The release file to write.")] = Path("release.yaml"),
    base_url: Annotated[
        str | None, typer.Option(help="The candidate's API root, and the baseline's where none is given.")
    ] = None,
    model: Annotated[
        str | None, typer.Option(help="The candidate's name; default: the only one that its endpoint lists.")
    ] = None,
    baseline_base_url: Annotated[str | None, typer.Option(help="The baseline's API root.")] = None,
    baseline_model: Annotated[
        str | None, typer.Option(help="The baseline's name; default: the only one that its endpoint lists.")
    ] = None,
    baseline_run: Annotated[
        Path | None, typer.Option(help="A finished run of the baseline, which is not asked again.")
    ] = None,
    in_turn: Annotated[
        bool, typer.Option("--in-turn", help="One server serves the builds in turn: order: baseline-first.")
    ] = False,
    api_key_env: Annotated[
        str | None, typer.Option(help="Environment variable that holds the key of the endpoints.")
    ] = None,
    task: Annotated[
        list[str] | None, typer.Option(help="Task to ask, as `quantgate tasks` lists; repeatable. Default gsm8k.")
    ] = None,
    margin: Annotated[
        list[str] | None,
        typer.Option(help="Largest loss that still passes: 0.02, or gsm8k=0.01; repeatable. Default 0.02."),
    ] = None,
    option: Annotated[
        list[str] | None,
        typer.Option(help="NAME=VALUE: an option of a task's own, as `quantgate tasks TASK` lists them; repeatable."),
    ] = None,
    name: Annotated[str | None, typer.Option(help="What reports call the release; default: the candidate's.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Write over a file that is there.")] = False,
) -> None:
    """Write a commented release.yaml for `quantgate check`. What is not given is asked for on a terminal.

    Looks at the endpoints' lists of models for the names; one that is down is said, and no obstacle.
    """
    from quantgate.cli.answers import Given, gather
    from quantgate.cli.installed import installed_tasks, known_tasks
    from quantgate.cli.questions import Questions
    from quantgate.evals.documents import parse_yaml
    from quantgate.evals.errors import UsageError
    from quantgate.evals.files import told_as_usage, write_output
    from quantgate.evals.settings.release import release_of
    from quantgate.evals.settings.release.starting import starting_file
    from quantgate.evals.settings.run import parse_assignments
    from quantgate.evals.text import unbroken

    given = Given(
        base_url,
        model,
        baseline_base_url,
        baseline_model,
        baseline_run,
        in_turn,
        api_key_env,
        tuple(dict.fromkeys(task or ())),
        tuple(margin or ()),
        parse_assignments("--option", option or []),
        name,
    )
    questions = Questions.here()
    if not questions.terminal and given == Given():
        raise UsageError(_NO_TERMINAL)
    if os.path.lexists(out) and not force:
        raise UsageError(f"--out {out}: there is such a file already; --force writes over it")
    try:
        answers = gather(given, questions, installed_tasks())
    except typer.Abort:
        raise UsageError("stopped; nothing was written") from None
    if (run := answers.baseline.run) is not None and not os.path.isabs(run):
        answers = replace(answers, baseline=replace(answers.baseline, run=os.path.relpath(run, out.parent)))
    with told_as_usage(out, "--out"):
        # A path that leads out of a folder can be followed only when that is there.
        out.parent.mkdir(parents=True, exist_ok=True)
    text = starting_file(answers)
    release_of(parse_yaml(text), out, None, known_tasks())
    write_output(out, text, "--out")
    typer.echo(unbroken(f"{out} is written: read it, then `quantgate check {out}`"))
