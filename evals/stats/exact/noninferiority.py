"""The exact unconditional test of non-inferiority for 0/1 scores, one answer per item."""

from __future__ import annotations

import numpy as np
from scipy.special import betaincinv

from quantgate.evals.stats.checks import FloatArray, check_counts
from quantgate.evals.stats.exact.supremum import maximise
from quantgate.evals.stats.exact.tango import score_statistic
from quantgate.evals.stats.exact.trinomial import likely_gains, rejection_set, tail_probability

# Error probability spent on the confidence interval of the discordance rate (Berger and Boos 1994).
GAMMA = 1e-4
# Statistics closer than this, relative to 1 + |statistic|, are ties. Rounding moves them by about 1e-13; were a tie
# split by it, the observed outcome's equals would drop out and the p-value be too small. Distinct statistics that
# happen to be this close are merged as well, which can only make the p-value larger.
TIE = 1e-10


def noninferiority_pvalue(losses: int, gains: int, n: int, margin: float) -> float:
    """Exact p-value of "the candidate is worse by the margin or more" against "it is not".

    Tango's statistic at the difference -margin orders the outcomes (losses, gains). The p-value is the largest
    probability, over the discordance rates psi in their 1 - GAMMA Clopper-Pearson interval that allow such a
    difference, of an outcome at least as favourable as the one observed, plus GAMMA. It needs no asymptotics: a build
    exactly `margin` worse gets a p-value of alpha or less with probability alpha at most.

    Args:
        losses: items that only the baseline got right.
        gains: items that only the candidate got right.
        n: items in all.
        margin: largest loss of accuracy that is tolerated, a proportion in (0, 1).

    Returns:
        A probability, right to about 1e-10; never below GAMMA.

    Raises:
        ValueError: counts that do not fit, or a margin outside (0, 1).

    Sources: Lloyd and Moldovan 2008 (exact paired non-inferiority); Berger and Boos 1994 (p-values over a confidence
    set); Tango 1998 and Liu, Hsueh, Hsieh and Chen 2002 (the statistic).

    >>> round(noninferiority_pvalue(6, 2, 198, margin=0.05), 6)
    0.044183
    """
    if not 0 < margin < 1:
        raise ValueError(f"margin must lie between 0 and 1 (0.02 means two points), got {margin}")
    return exact_pvalue(losses, gains, n, -margin)


def exact_pvalue(losses: int, gains: int, n: int, null_difference: float) -> float:
    """The same test against any null: p-value of "the true difference is at most `null_difference`".

    `null_difference` lies in (-1, 1); a value >= 0 tests superiority. Raises ValueError otherwise.
    """
    check_counts(losses, gains, n)
    if not -1 < null_difference < 1:
        raise ValueError(f"null_difference must lie between -1 and 1, got {null_difference}")
    return largest_pvalue(losses, gains, n, null_difference, null_difference, discordance_interval(losses + gains, n))


def discordance_interval(flips: int, n: int) -> tuple[float, float]:
    """Clopper-Pearson interval of the discordance rate at confidence 1 - GAMMA, half of it on each side."""
    low = 0.0 if flips == 0 else float(betaincinv(flips, n - flips + 1, GAMMA / 2))
    high = 1.0 if flips == n else float(betaincinv(flips + 1, n - flips, 1 - GAMMA / 2))
    return low, high


def largest_pvalue(
    losses: int,
    gains: int,
    n: int,
    lowest_null: float,
    highest_null: float,
    interval: tuple[float, float],
    pieces: int = 1,
) -> float:
    """An upper bound of the p-values against every null difference in [lowest_null, highest_null].

    Where both are equal it is that p-value itself. Otherwise it rests on three orders, each held by a test: the
    statistic falls with the null difference, so an outcome that reaches the observed one's statistic at any null in
    between has, at the lowest null, at least the statistic that the observed one has at the highest; and the
    probability of a set that a loss fewer or a gain more never leaves rises with the true difference. The first is
    applied to each of `pieces` parts, and the sets united: more of them take longer and bring the bound closer.

    Args:
        losses, gains, n: the outcome.
        lowest_null, highest_null: in (-1, 1).
        interval: `discordance_interval` of the outcome.
        pieces: at least 1.
    """
    low, high = interval
    if highest_null > high:
        # Not even psi at its highest allows so large a difference: the nearest nulls allowed are all gains, no losses.
        low, difference = high, high
    elif -highest_null > high:
        # Every null contradicts the interval; that happens with probability GAMMA at most.
        return GAMMA
    else:
        low, difference = max(low, abs(highest_null)), highest_null
    span = likely_gains(n, max((low + difference) / 2, 0.0), min((high + difference) / 2, 1.0))
    nulls = np.linspace(lowest_null, highest_null, pieces + 1)
    rejection = rejection_set(n, nulls[:-1], _levels(losses, gains, n, nulls[1:]), span)

    def probability(discordance: FloatArray) -> FloatArray:
        return tail_probability(rejection, n, discordance, difference)

    return min(1.0, maximise(probability, low, high, n, difference) + GAMMA)


def _levels(losses: int, gains: int, n: int, null_differences: FloatArray) -> FloatArray:
    """The observed statistics, less what counts as a tie."""
    observed = score_statistic(losses, gains, n, null_differences)
    return observed - TIE * (1 + np.abs(observed))
