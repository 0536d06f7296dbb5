"""`quantgate calibrate`: how often the gate would pass a build that it should not, for a user's own setting."""

from __future__ import annotations

from typing import Annotated

import typer

from quantgate.evals.errors import UsageError


def register(app: typer.Typer) -> None:
    app.command(name="calibrate")(calibrate)


def calibrate(
    n: Annotated[int, typer.Option("--n", help="Items.")],
    margin: Annotated[float, typer.Option(help="Largest loss that passes, a fraction: 0.02 is two points.")],
    repeats: Annotated[int, typer.Option(help="Answers to each item by either build.")] = 1,
    alpha: Annotated[float, typer.Option(help="One-sided error rate that is promised.")] = 0.05,
    runs: Annotated[int, typer.Option(help="Simulated comparisons of each kind, with repeats.")] = 2000,
    seed: Annotated[int, typer.Option(help="Seed of the simulation.")] = 0,
) -> None:
    """Measure how often a build exactly the margin worse would pass: it should be at most alpha.

    One answer per item is enumerated, over all outcomes and discordance rates. Repeats are simulated. The plain
    bootstraps, which decide where a policy's `method` says so, stand beside the bounds that decide by default.
    """
    from quantgate.evals.stats.calibration import Model, calibrate_repeats, calibrate_single
    from quantgate.evals.stats.exact.noninferiority import smallest_passing_n
    from quantgate.reports.terminal.calibrate import print_fewest, print_repeats, print_single
    from quantgate.reports.terminal.console import output_console

    console = output_console()
    try:
        if repeats == 1:
            print_single(console, calibrate_single(n, margin, alpha), n, margin, alpha)
        else:
            measured = {model: calibrate_repeats(model, n, repeats, margin, alpha, runs, seed) for model in Model}
            print_repeats(console, measured, n, repeats, margin, alpha)
        print_fewest(console, n, smallest_passing_n(margin, alpha))
    except ValueError as error:
        raise UsageError(f"calibrate: {error}") from None
