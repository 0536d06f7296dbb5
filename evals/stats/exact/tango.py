"""Tango's score statistic of two paired proportions: its interval, and the outcomes that it ranks above a level."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
from scipy.special import ndtri

from quantgate.evals.stats.checks import BoolArray, FloatArray, IntArray, check_counts
from quantgate.evals.stats.exact.edges import largest_true
from quantgate.evals.stats.roots import brentq

# Stands in for a variance of 0 (d0 = 0 without a flip, or |d0| = 1): 0/0 becomes 0 and x/0 a huge x.
_NO_VARIANCE = 1e-300


def score_statistic(losses: npt.ArrayLike, gains: npt.ArrayLike, n: int, null_difference: npt.ArrayLike) -> FloatArray:
    """Tango's score statistic of each outcome against the null difference `null_difference`.

    With d = (gains - losses)/n and psi the maximum likelihood discordance rate under the null difference d0, it is
    n (d - d0) / sqrt(n (psi - d0^2)). It falls as losses grow, rises as gains grow, and falls as d0 grows: the
    rejection sets of the exact test and the search for its bounds rest on these three.

    Parameters
    ----------
    losses, gains
        Counts of items.
    n
        Number of items.
    null_difference
        D0 = P(gain) - P(loss) under the null, in [-1, 1]. All three broadcast against each other.

    Returns
    -------
    FloatArray
        Array of the broadcast shape, in units of a standard normal deviate. Where the variance under the null is 0, it
        is 0 for data that equal the null, and beyond 1e100 in size for any other.

    References
    ----------
    Tango 1998, Stat Med 17:891, with the closed form of the constrained estimate.
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

    Parameters
    ----------
    losses
        Items that only the baseline got right.
    gains
        Items that only the candidate got right.
    n
        Items in all.
    confidence
        Two-sided level, in (0, 1).

    Returns
    -------
    tuple[float, float]
        (lower, upper), differences of proportions in [-1, 1].

    Raises
    ------
    ValueError
        Counts that do not fit, or a confidence outside (0, 1).

    References
    ----------
    Tango 1998, Stat Med 17:891; Liu, Hsueh, Hsieh and Chen 2002 for its use in equivalence testing.

    Examples
    --------
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
    return brentq(above, -1.0, estimate, xtol=1e-13, rtol=4 * math.ulp(1.0))


def most_losses_reaching(
    n: int, null_differences: npt.ArrayLike, levels: npt.ArrayLike, gains: tuple[int, int]
) -> IntArray:
    """The most losses, per number of gains, whose statistic against any of the nulls is at least the level with it.

    Parameters
    ----------
    n
        Number of items.
    null_differences
        One or several, shape (k,), each in (-1, 1).
    levels
        Smallest statistic that belongs to the set, one for each null difference.
    gains
        First and last number of gains to describe, both included.
    """
    first, last = gains
    gained = np.arange(first, last + 1, dtype=np.int64)
    nulls = np.atleast_1d(np.asarray(null_differences, dtype=np.float64))[:, None]
    level = np.atleast_1d(np.asarray(levels, dtype=np.float64))[:, None]

    def rejects(lost: IntArray) -> BoolArray:
        return np.asarray((score_statistic(lost, gained, n, nulls) >= level).any(axis=0))

    guess = _contour(gained, n, nulls[[0, -1]], level[[0, -1]]).max(axis=0)
    return largest_true(rejects, guess, n - gained)


def _contour(gained: IntArray, n: int, null_difference: FloatArray, level: FloatArray) -> IntArray:
    """About how many losses bring the statistic down to `level`: a few steps of a fixed-point iteration."""
    shift = gained - n * null_difference
    lost = np.maximum(shift - level * np.sqrt(gained + 1.0), 0.0)
    for _ in range(2):
        statistic = score_statistic(lost, gained, n, null_difference)
        spread = np.where(np.abs(statistic) > 1e-6, (shift - lost) / np.where(statistic == 0, 1.0, statistic), 1.0)
        lost = np.clip(shift - level * spread, 0.0, n - gained)
    return np.asarray(np.floor(lost), dtype=np.int64)
