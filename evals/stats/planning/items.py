"""How many items a margin needs, before or after data are seen."""

from __future__ import annotations

import math

from quantgate.evals.stats.checks import check_counts, check_margin, check_truth
from quantgate.evals.stats.exact.noninferiority import noninferiority_pvalue, smallest_passing_n
from quantgate.evals.stats.planning.power import asymptotic_power, exact_power
from quantgate.evals.stats.planning.search import plan_items, search_items

# More items than this are out of reach of any benchmark, and of the patience to enumerate.
MOST_ITEMS = 20_000
_EXACT_UP_TO = 10_000
"""Beyond so many items the normal approximation is as good as the exact test, which would take long."""


def items_needed(losses: int, gains: int, n: int, margin: float, alpha: float = 0.05, power: float = 0.8) -> int | None:
    """Items in all that would settle an inconclusive comparison, if they went on as those seen.

    `plan_items` at the observed discordance rate, taken as one flip where there was none, and at the observed
    difference, taken as 0 where it favours the candidate: luck so far is not counted on. Never fewer than
    `smallest_passing_n`, nor than a number at which the exact test passes the losses seen, grown in proportion (rounded
    up, gains down), to within a twentieth.

    Returns
    -------
    int | None
        The number of items; None when the observed difference is at or below -margin, where more of the same would not
        pass.

    Raises
    ------
    ValueError
        Counts that do not fit, or margin, alpha or power out of range.
    """
    check_counts(losses, gains, n)
    check_margin(margin)
    difference = min((gains - losses) / n, 0.0)
    if difference <= -margin:
        return None
    discordance = max(losses + gains, 1) / n
    needed = plan_items(discordance, margin, difference=difference, alpha=alpha, power=power)
    enough = max(needed, smallest_passing_n(margin, alpha))
    while enough <= _EXACT_UP_TO and not _more_of_the_same_passes(losses, gains, n, enough, margin, alpha):
        enough += max(1, enough // 20)
    return enough


def _more_of_the_same_passes(losses: int, gains: int, n: int, items: int, margin: float, alpha: float) -> bool:
    lost, won = math.ceil(losses * items / n), math.floor(gains * items / n)
    return noninferiority_pvalue(lost, min(won, items - lost), items, margin) < alpha


def items_for_power(
    margin: float,
    discordance: float,
    difference: float = 0.0,
    alpha: float = 0.05,
    power: float = 0.8,
    largest: int = MOST_ITEMS,
) -> int | None:
    """About the fewest items at which the exact test passes with probability `power`; None if out of reach.

    Bisects with Tango's asymptotic test, whose power takes a millisecond and differs from the exact one's by less than
    half a point from a few hundred items on, and goes on from there with the exact test; beyond 2,000 items, where
    they differed by 2e-4 at most and enumerating takes seconds, it leaves it at that. The power of a discrete test is a
    sawtooth in n, so the answer has at least the power asked, while one within a percent of it may have a little more
    or less. Out of reach: a true difference of -margin or worse, or more than `largest` items.

    Raises
    ------
    ValueError
        An argument out of its range.
    """
    check_truth(1, margin, discordance, difference)
    if difference <= -margin:
        return None
    start = plan_items(discordance, margin, difference=difference, alpha=alpha, power=power)
    fewest = smallest_passing_n(margin, alpha)

    def exact(n: int) -> bool:
        return exact_power(n, margin, discordance, difference, alpha) >= power

    def asymptotic(n: int) -> bool:
        return asymptotic_power(n, margin, discordance, difference, alpha) >= power

    return search_items(fewest, start, asymptotic, exact, largest)
