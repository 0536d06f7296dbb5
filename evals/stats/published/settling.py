"""How many items would settle a published claim, over the discordance rates that its numbers leave open."""

from __future__ import annotations

import math

from quantgate.evals.stats.planning.items import items_for_power


def settling_items(
    closest: tuple[float, float], farthest: tuple[float, float], n: int, margin: float, alpha: float = 0.05
) -> dict[float, int | None]:
    """Items for 80% power at the smallest, the middle (geometric) and the largest feasible discordance rate.

    The published difference is assumed to be the true one, except that a gain counts as none; no flip counts as one.
    The power is the exact test's.

    Parameters
    ----------
    closest, farthest
        (losses, gains) with the fewest and with the most flips.
    n
        Items.
    margin
        Largest tolerated loss, in (0, 1).
    alpha
        One-sided error probability, in [0.001, 0.5).

    Returns
    -------
    dict[float, int | None]
        Items by discordance rate; None where more of the same would not pass, or not for less than 20,000 of them.

    Raises
    ------
    ValueError
        An argument out of its range.
    """
    difference = min((closest[1] - closest[0]) / n, 0.0)
    low, high = (min(max(sum(flips), 1) / n, 1.0) for flips in (closest, farthest))
    rates = sorted({low, math.sqrt(low * high), high})
    return {rate: items_for_power(margin, max(rate, -difference), difference, alpha) for rate in rates}
