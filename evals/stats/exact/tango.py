"""Tango's score statistic for the difference of two paired proportions, and the interval that inverts it."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
from scipy.optimize import brentq
from scipy.special import ndtri

from quantgate.evals.stats.checks import FloatArray, check_counts

# Stands in for a variance of 0 (d0 = 0 without a flip, or |d0| = 1): 0/0 becomes 0 and x/0 a huge x.
_NO_VARIANCE = 1e-300


def score_statistic(losses: npt.ArrayLike, gains: npt.ArrayLike, n: int, null_difference: npt.ArrayLike) -> FloatArray:
    """Tango's score statistic of each outcome against the null difference `null_difference`.

    With d = (gains - losses)/n and psi the maximum likelihood discordance rate under the null difference d0, it is
    n (d - d0) / sqrt(n (psi - d0^2)). It falls as losses grow, rises as gains grow, and falls as d0 grows: the
    rejection sets of the exact test and the search for its bounds rest on these three.

    Args:
        losses, gains: counts of items.
        n: number of items.
        null_difference: d0 = P(gain) - P(loss) under the null, in [-1, 1]. All three broadcast against each other.

    Returns:
        Array of the broadcast shape, in units of a standard normal deviate. Where the variance under the null is 0, it
        is 0 for data that equal the null, and beyond 1e100 in size for any other.

    Source: Tango 1998, Stat Med 17:891, with the closed form of the constrained estimate.
    """
    # Z(losses, gains, d0) = -Z(gains, losses, -d0), and for d0 <= 0 the closed form cancels no digits.
    margin = -np.asarray(null_difference, dtype=np.float64)
    mirrored = margin < 0
    if mirrored.any():
        first, second = np.where(mirrored, gains, losses), np.where(mirrored, losses, gains)
        return np.asarray(np.where(mirrored, -1, 1) * score_statistic(first, second, n, -np.abs(margin)))
    lost = np.asarray(losses, dtype=np.float64)
    gained = np.asarray(gains, dtype=np.float64)
    minus_linear = gained + lost + (2 * n - gained + lost) * margin
    discriminant = minus_linear**2 - 8 * n * margin * (1 + margin) * lost
    loss_rate = (minus_linear + np.sqrt(np.maximum(discriminant, 0.0))) / (4 * n)
    variance = n * (2 * loss_rate - margin * (1 + margin))
    excess = gained - lost + n * margin
    return np.asarray(excess / np.sqrt(np.maximum(variance, _NO_VARIANCE)), dtype=np.float64)


def tango_interval(losses: int, gains: int, n: int, confidence: float = 0.95) -> tuple[float, float]:
    """Tango's two-sided score interval of the difference (gains - losses)/n.

    Asymptotic: its coverage is close to nominal but not guaranteed (`evals.stats.exact.bounds` is). Limits are found
    by bracketed root finding to 1e-13.

    Args:
        losses: items that only the baseline got right.
        gains: items that only the candidate got right.
        n: items in all.
        confidence: two-sided level, in (0, 1).

    Returns:
        (lower, upper), differences of proportions in [-1, 1].

    Raises:
        ValueError: counts that do not fit, or a confidence outside (0, 1).

    Source: Tango 1998, Stat Med 17:891; Liu, Hsueh, Hsieh and Chen 2002 for its use in equivalence testing.

    >>> [round(limit, 6) for limit in tango_interval(7, 1, 21)]
    [-0.517232, -0.026003]
    """
    check_counts(losses, gains, n)
    if not 0 < confidence < 1:
        raise ValueError(f"confidence must lie between 0 and 1, got {confidence}")
    z = float(-ndtri((1 - confidence) / 2))
    return _lower_limit(losses, gains, n, z), -_lower_limit(gains, losses, n, z)


def _lower_limit(losses: int, gains: int, n: int, z: float) -> float:
    estimate = (gains - losses) / n
    if losses == n:
        return -1.0

    def above(null_difference: float) -> float:
        # The statistic is huge at d0 = -1; a smaller stand-in keeps its sign and lets brentq take reasonable steps.
        return min(float(score_statistic(losses, gains, n, null_difference)), 1e6) - z

    # Where all items are gains the statistic falls to 0 only at d0 = 1, where it is 0 by definition.
    return float(brentq(above, -1.0, estimate, xtol=1e-13, rtol=4 * math.ulp(1.0)))
