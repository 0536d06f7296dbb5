"""`quantgate gate`: decides whether a candidate run passes against a baseline run."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    app.command(name="gate")(gate)


def gate(
    baseline: Annotated[Path, typer.Argument(help="The baseline's run directory.")],
    candidate: Annotated[Path, typer.Argument(help="The candidate's run directory.")],
    margin: Annotated[
        list[str] | None,
        typer.Option(help="Largest loss that still passes: 0.02, or gsm8k=0.01; repeatable. Default 0.02."),
    ] = None,
    policy: Annotated[
        Path | None, typer.Option(help="A policy.yaml: margins and what else must hold, per task; --margin wins.")
    ] = None,
    alpha: Annotated[float | None, typer.Option(help="One-sided error rate of each bound. Default 0.05.")] = None,
    noise: Annotated[
        Path | None, typer.Option(help="A second run of the baseline: tells how many flips serving alone causes.")
    ] = None,
    json: Annotated[Path | None, typer.Option(help="Write the decision as JSON.")] = None,
) -> None:
    """Decide whether the candidate is equivalent to the baseline within the margin.

    Exits 0 pass, 1 regressed, 3 inconclusive, 4 invalid (not comparable, or answers are missing).
    """
    from evals.description import check_noise_run
    from evals.gate import decide
    from evals.pairing import Run, pair_runs
    from evals.policy import load_policy
    from evals.store import write_output
    from reports.console import output_console
    from reports.decision_table import print_verdict

    asked = load_policy(policy, margin or [], alpha)
    reference = Run.load(baseline)
    pairs = pair_runs(reference, Run.load(candidate))
    asked.check_tasks([task.task for task in pairs.tasks])
    again = None
    if noise is not None:
        again = pair_runs(reference, Run.load(noise))
        check_noise_run(again)
    verdict = decide(pairs, asked, again)
    if json is not None:
        write_output(json, verdict.to_json(), "--json")
    print_verdict(output_console(), verdict)
    raise typer.Exit(verdict.verdict.exit_code)
