"""How often the gate passes what it should not, on the terminal: one row a method, and whether it holds."""

from __future__ import annotations

from collections.abc import Mapping

from rich.console import Console
from rich.text import Text

from quantgate.evals.decision.points import points
from quantgate.evals.stats.calibration import REPEATED, Method, Model, SimulatedRate, WorstCase
from quantgate.reports.terminal.fitting import Column, FittingTable

_METHODS = {
    Method.EXACT: "exact test",
    Method.BAYESIAN: "Bayesian bootstrap plus one",
    Method.NAIVE: "naive percentile bootstrap",
    Method.BCA: "BCa bootstrap",
    Method.STUDENTISED: "studentised bootstrap",
}
_MODELS = {
    Model.BROKEN: "a few items break",
    Model.WORSE: "every item a little worse",
    Model.SURE: "sure items, a few break",
}


def print_single(console: Console, worst: Mapping[Method, WorstCase], n: int, margin: float, alpha: float) -> None:
    """Print the worst false-pass rate over the discordance rates, by enumeration, for one answer per item."""
    title = f"{n:,} items, one answer each; a build exactly {points(margin)} worse"
    table = _table(title, "method", "false pass", "at flips of", "")
    for method, found in worst.items():
        role = "decides" if method is Method.EXACT else "not used for this"
        if method.bootstrap is not None:
            role = f"with method: {method.bootstrap.value}"
        table.add(_METHODS[method], _percent(found.rate), _percent(found.discordance), role)
    console.print(table)
    gate, naive = worst[Method.EXACT].rate, worst[Method.NAIVE].rate
    how = "at whatever share of flips, by enumeration of all outcomes"
    _conclude(console, gate, naive, gate > alpha + 1e-9, alpha, how)


def print_repeats(
    console: Console,
    measured: Mapping[Model, Mapping[Method, SimulatedRate]],
    n: int,
    repeats: int,
    margin: float,
    alpha: float,
) -> None:
    """Print the simulated false-pass rates of a build that is worse in one way or another, for several answers."""
    title = f"{n:,} items, {repeats} answers each; a build exactly {points(margin)} worse"
    table = _table(title, "how it is worse", *(_METHODS[method] for method in REPEATED))
    for model, rates in measured.items():
        table.add(_MODELS[model], *(_percent(rates[method].rate) for method in REPEATED))
    console.print(table)
    worst = {
        method: max((rates[method] for rates in measured.values()), key=lambda found: found.rate) for method in REPEATED
    }
    runs = worst[Method.BAYESIAN].runs
    how = f"in {runs:,} simulated comparisons of each kind (standard error {100 * worst[Method.BAYESIAN].error:.1f})"
    found, naive = worst[Method.BAYESIAN], worst[Method.NAIVE]
    _conclude(console, found.rate, naive.rate, found.exceeds(alpha), alpha, how)


def print_fewest(console: Console, n: int, fewest: int) -> None:
    """Print that an equal build could not pass where `n` items are fewer than the `fewest` that it takes."""
    if n < fewest:
        text = f"An unchanged build could not pass without a gain: with no flip at all it takes {fewest:,} items."
        console.print(Text(text), soft_wrap=True)


def _conclude(console: Console, gate: float, naive: float, broken: bool, alpha: float, how: str) -> None:
    verb = "does NOT hold" if broken else "holds"
    text = f"The gate {verb} at alpha {alpha:g}: it passes such a build {_percent(gate)} of the time at most, {how}."
    console.print(Text(text), soft_wrap=True)
    console.print(
        Text(f"The naive percentile bootstrap passes it up to {_percent(naive)} of the time."), soft_wrap=True
    )


def _table(title: str, *columns: str) -> FittingTable:
    return FittingTable(title, [Column(name, words=not place or not name) for place, name in enumerate(columns)])


def _percent(rate: float) -> str:
    return f"{100 * rate:.2f}%"
