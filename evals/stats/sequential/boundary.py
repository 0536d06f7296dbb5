"""The level at which the exact test is held at each look, so that all looks together keep the error."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from quantgate.evals.stats.checks import SMALLEST_ALPHA, FloatArray, IntArray, check_margin
from quantgate.evals.stats.exact.supremum import chebyshev_nodes, fixed_difference, largest_through
from quantgate.evals.stats.sequential.correlated import correlated_levels
from quantgate.evals.stats.sequential.ordering import CANNOT_PASS, PassingOutcomes
from quantgate.evals.stats.sequential.walk import Walk

# What Fourier transforms and neglected counts add to a probability is far less.
_SLACK = 1e-7
# One walk serves the discordance rates that lie so many standard deviations of their estimate apart at the last look.
_CELL = 3.0
# Levels are tried so many at a time, down to the highest divided by this.
_TRIED, _AROUND = 64, 1.2


def exact_levels(sizes: Sequence[int], spent: Sequence[float], margin: float) -> tuple[float, ...]:
    """Levels of the looks: at look k a build passes where its exact p-value is below level k.

    Those of a Brownian motion (`correlated_levels`) are taken one after the other, each lowered, by steps of 0.3 %,
    until a build that is exactly the margin worse has passed at this look or before with probability `spent` of this
    look at most, whatever its discordance rate psi. Higher ones could be had where few items leave error unused at the
    margin. But then the bounds at these levels, which are what is shown, would miss other true differences too often:
    up to 6.1 times in 100 of 16 items, where these miss 4.4 times. One look alone is the fixed test.

    The probability is a sum over all paths of (losses, gains) from look to look. As a function of psi it is a
    polynomial, and its supremum is found as that of the fixed test is: on each of some intervals that cover
    [margin, 1] it is interpolated at Chebyshev nodes, as many as make the error less than
    `evals.stats.exact.supremum.TOLERANCE`, and the maximum of the interpolant searched for.

    A build worse by more than the margin passes more seldom: what passes is closed under a loss fewer and a gain more,
    so turning some of its losses into what they are at the margin can only make it pass.

    Parameters
    ----------
    sizes
        Items at the looks, growing.
    spent
        Error probability that each look and those before it may use, growing, below 0.5.
    margin
        Largest tolerated loss, in (0, 1).

    Returns
    -------
    tuple[float, ...]
        One for each look: from `SMALLEST_ALPHA` to below 0.5, or `CANNOT_PASS`. What such a look does not use, those
        after it may.

    Raises
    ------
    ValueError
        An argument out of its range.

    References
    ----------
    Lan and DeMets 1983, Biometrika 70:659 (error spending); Armitage, McPherson and Rowe 1969, JRSS A 132:235 (the
    recursion over looks); `noninferiority_pvalue` for the test.
    """
    check_margin(margin)
    walks = _walks(margin, sizes[-1])
    caps = correlated_levels([items / sizes[-1] for items in sizes], spent)
    levels = []
    for items, limit, cap in zip(sizes, spent, caps, strict=True):
        for walk in walks:
            walk.advance(items)
        level, most_losses = _largest_level(walks, items, limit, cap, margin)
        for walk in walks:
            walk.pass_over(most_losses)
        levels.append(level)
    return tuple(levels)


def _walks(margin: float, items: int) -> list[Walk]:
    """Walks at a true loss of the margin, over intervals of discordance rates that cover [margin, 1]."""
    lowest, highest = math.asin(math.sqrt(margin)), math.pi / 2
    count = math.ceil((highest - lowest) * 2 * math.sqrt(items) / _CELL)
    ends = np.sin(np.linspace(lowest, highest, count + 1)) ** 2
    ends[0], ends[-1] = margin, 1.0
    walks = []
    for place, (low, high) in enumerate(pairwise(ends)):
        # Next to rates of 0 a likelihood ratio to the walk's own stays small only if its own are the larger ones.
        at = float((low + high) / 2)
        if count > 1 and place in (0, count - 1):
            at = float(high if place == 0 else low)
        nodes = chebyshev_nodes(float(low), float(high), items, fixed_difference(-margin))
        walks.append(Walk(((at + margin) / 2, (at - margin) / 2), _rates(nodes, -margin)))
    return walks


def _rates(discordance: FloatArray, difference: float) -> FloatArray:
    """P(loss) and P(gain) at each discordance rate, shape (k, 2)."""
    both = np.column_stack([(discordance - difference) / 2, (discordance + difference) / 2])
    return np.asarray(np.maximum(both, 0.0), dtype=np.float64)


def _largest_level(walks: list[Walk], items: int, limit: float, cap: float, margin: float) -> tuple[float, IntArray]:
    """The largest level up to a cap that may be held now, and the most losses that pass, by number of flips."""
    high, factor = cap, _AROUND
    while high > SMALLEST_ALPHA:
        low = max(high / factor, SMALLEST_ALPHA)
        levels = np.geomspace(low, high, _TRIED).clip(low, high)
        outcomes = PassingOutcomes(items, margin, levels)
        place = _largest_place(walks, outcomes, limit - _SLACK)
        if place >= 0:
            return float(levels[place]), outcomes.most_losses(place)
        high, factor = low, factor**2
    return CANNOT_PASS, np.full(items + 1, -1)


def _largest_place(walks: list[Walk], outcomes: PassingOutcomes, limit: float) -> int:
    """The last of the levels at which no rate has passed more often than the limit, or -1."""
    place = len(outcomes.levels) - 1
    while place >= 0:
        most_losses = outcomes.most_losses(place)
        over = [walk for walk in walks if largest_through(walk.passed + walk.passing(most_losses)) > limit]
        if not over:
            break
        place = _last_below(over, outcomes, limit, place)
    return place


def _last_below(walks: list[Walk], outcomes: PassingOutcomes, limit: float, before: int) -> int:
    """The last of the levels before one at which none of the walks' own rates exceeds the limit, or -1."""

    def exceeds(place: int) -> bool:
        most_losses = outcomes.most_losses(place)
        return any((walk.passed + walk.passing(most_losses)).max() > limit for walk in walks)

    return bisect_left(range(before), True, key=exceeds) - 1
