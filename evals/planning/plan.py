"""What a margin costs before anything is spent: assumptions -> items, repeats, requests, tokens, hours."""

from __future__ import annotations

import math
from dataclasses import replace

from quantgate.evals.planning.types import MOST_ITEMS, Aim, Assumptions, MarginRow, Plan
from quantgate.evals.stats.planning.items import items_for_power
from quantgate.evals.stats.planning.power import exact_power
from quantgate.evals.stats.planning.simulation import simulated_repeats


def make_plan(assumed: Assumptions, aim: Aim) -> Plan:
    """Plan one task at every margin, in ascending order."""
    return Plan(assumed, aim, tuple(_row(assumed, aim, margin) for margin in sorted(set(aim.margins))))


def _row(assumed: Assumptions, aim: Aim, margin: float) -> MarginRow:
    pooled = items_for_power(margin, assumed.discordance, alpha=aim.alpha, power=aim.task_power, largest=MOST_ITEMS)
    needed = None if pooled is None else math.ceil(pooled * assumed.items / assumed.pool)
    row = MarginRow(
        margin=margin,
        items_needed=needed,
        power_now=exact_power(assumed.pool, margin, assumed.discordance, alpha=aim.alpha),
        ask=None,
        repeats=None,
        requests=None,
        tokens=None,
        hours=None,
    )
    if pooled is not None and needed is not None and needed <= assumed.items:
        power = exact_power(pooled, margin, assumed.discordance, alpha=aim.alpha)
        return _priced(replace(row, ask=needed, repeats=1, power=power), assumed, aim)
    # At least two answers: that one is too few is known from the exact test.
    found = simulated_repeats(
        assumed.pool,
        margin,
        between_variance=assumed.between,
        within_variance=assumed.within,
        alpha=aim.alpha,
        power=aim.task_power,
        largest=aim.repeats,
    )
    if found is None:
        return row
    power, error, runs = found.power.power, found.power.standard_error, found.power.runs
    row = replace(row, ask=assumed.items, repeats=found.repeats, power=power, power_error=error, simulations=runs)
    return _priced(row, assumed, aim)


def _priced(row: MarginRow, assumed: Assumptions, aim: Aim) -> MarginRow:
    requests = 2 * (row.ask or 0) * (row.repeats or 0)
    tokens = None if assumed.tokens is None else requests * assumed.tokens
    hours = None if tokens is None or aim.throughput is None else tokens / aim.throughput / 3600
    return replace(row, requests=requests, tokens=tokens, hours=hours)
