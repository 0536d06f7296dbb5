"""How many items would settle a published claim, over the discordance rates that its numbers leave open."""

from __future__ import annotations

import math

from quantgate.evals.stats.exact.noninferiority import smallest_passing_n
from quantgate.evals.stats.planning.items import plan_items


def settling_items(
    closest: tuple[float, float], farthest: tuple[float, float], n: int, margin: float, alpha: float = 0.05
) -> dict[float, int | None]:
    """Items for 80% power at the smallest, the middle (geometric) and the largest feasible discordance rate.

    The published difference is assumed to be the true one, except that a gain counts as none; no flip counts as one.
    """
    difference = min((closest[1] - closest[0]) / n, 0.0)
    low, high = (max(sum(flips), 1) / n for flips in (closest, farthest))
    needed: dict[float, int | None] = {}
    for discordance in sorted({low, math.sqrt(low * high), high}):
        items = None
        if difference > -margin:
            items = plan_items(min(discordance, 1.0), margin, difference=difference, alpha=alpha)
            items = max(items, smallest_passing_n(margin, alpha))
        needed[discordance] = items
    return needed
