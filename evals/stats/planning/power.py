"""The power of the exact test, by enumeration, and of Tango's asymptotic one beside it."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from scipy.special import bdtr, ndtri

from quantgate.evals.stats.checks import check_alpha, check_truth
from quantgate.evals.stats.exact.edges import largest_beside
from quantgate.evals.stats.exact.noninferiority import passes
from quantgate.evals.stats.exact.tango import most_losses_reaching, score_statistic
from quantgate.evals.stats.exact.trinomial import RejectionSet, likely_gains, tail_probability

_NEGLECTED = 1e-11
"""The probability of the numbers of gains that are left out on either side."""


def exact_power(n: int, margin: float, discordance: float, difference: float = 0.0, alpha: float = 0.05) -> float:
    """Probability that a build passes the exact test of non-inferiority, by summing over all outcomes (losses, gains).

    For each number of gains the largest number of losses that passes is found; the probability of the set so
    described is exact. An outcome passes here where its p-value at the margin is below alpha. That is the decision of
    `evals.stats.exact.bounds.exact_lower_bound` but for the islands described there, in which none of the outcomes at
    the border of passing lay, at n of 20 to 400 and margins of 1 to 20 points (tests hold part of it).

    Parameters
    ----------
    n
        Items.
    margin
        Largest tolerated loss, in (0, 1).
    discordance
        True share psi of items that flip, in [|difference|, 1].
    difference
        True candidate - baseline, a proportion.
    alpha
        One-sided error probability, in [0.001, 0.5).

    Returns
    -------
    float
        A probability, right to about 1e-10.

    Raises
    ------
    ValueError
        An argument out of its range.
    """
    check_truth(n, margin, discordance, difference)
    check_alpha(alpha)
    gain_rate = max((discordance + difference) / 2, 0.0)
    # Bernstein's inequality, which `likely_gains` goes by, takes in half as many again, each of them costly here.
    chances = bdtr(np.arange(n + 1.0), n, gain_rate)
    first, last = np.searchsorted(chances, [_NEGLECTED, 1 - _NEGLECTED]).tolist()
    most = np.array([_most_losses(gains, n, margin, alpha) for gains in range(first, last + 1)], dtype=np.int64)
    probability = tail_probability(RejectionSet(first, most), n, np.array([discordance]), difference)
    return min(float(probability[0]), 1.0)


@lru_cache(maxsize=200_000)
def _most_losses(gains: int, n: int, margin: float, alpha: float) -> int:
    """The largest number of losses that passes beside `gains` gains, or -1: a walk from where Tango's test would be."""
    critical = -float(ndtri(alpha))
    return largest_beside(
        lambda losses: float(score_statistic(losses, gains, n, -margin)) >= critical,
        lambda losses: passes(losses, gains, n, margin, alpha),
        n - gains,
    )


def asymptotic_power(n: int, margin: float, discordance: float, difference: float, alpha: float) -> float:
    """`exact_power` of Tango's asymptotic test."""
    gain_rate = max((discordance + difference) / 2, 0.0)
    span = likely_gains(n, gain_rate, gain_rate)
    rejection = RejectionSet(span[0], most_losses_reaching(n, -margin, -float(ndtri(alpha)), span))
    return float(tail_probability(rejection, n, np.array([discordance]), difference)[0])
