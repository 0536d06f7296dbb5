"""The smallest margin that a benchmark's items can settle, where a plan asks more of them."""

from __future__ import annotations

import math
from collections.abc import Sequence

from quantgate.evals.planning.types import Aim, Assumptions, MarginRow
from quantgate.evals.settings.requirements import Target
from quantgate.evals.stats.planning.simulation import simulated_power, solve_rates

_MOST_POINTS = 50


def smallest_margin(assumed: Assumptions, aim: Aim, rows: Sequence[MarginRow]) -> float | None:
    """In whole points, as a fraction, with all items asked `aim.repeats` times; `None` where there is none.

    It is looked for where a row is out of reach, from there to the next that is not, by the simulation that plans
    repeats: of items in one pool, for questions like these.
    """
    planned = [row for row in rows if row.recovery is None and row.margin > aim.true_loss]
    out = [row.margin for row in planned if row.ask is None]
    pooled = len(assumed.strata) == 1 and not assumed.one_answer and aim.baseline_repeats is None
    if not out or not pooled or aim.target is Target.BENCHMARK or aim.repeats < 2:
        return None
    rates = solve_rates(assumed.between, assumed.within)

    def settled(points: int) -> bool:
        room = points / 100 - aim.true_loss
        found = simulated_power(*rates, assumed.items, aim.repeats, room, alpha=aim.alpha)
        return found.power >= aim.task_power - found.standard_error

    reached = min((row.margin for row in planned if row.ask is not None), default=1.0)
    least = math.floor(round(max(out) * 100, 6))
    most = min(math.ceil(round(reached * 100, 6)), _MOST_POINTS + 1)
    while most - least > 1:
        middle = (least + most) // 2
        least, most = (least, middle) if settled(middle) else (middle, most)
    return most / 100 if most <= _MOST_POINTS else None
