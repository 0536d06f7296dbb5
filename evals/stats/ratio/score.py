"""The score statistic of a ratio of two paired proportions, and the outcomes that it ranks above a level."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from quantgate.evals.stats.checks import BoolArray, FloatArray, IntArray
from quantgate.evals.stats.exact.edges import largest_true

# Stands in for a variance of 0.
_NO_VARIANCE = 1e-300


def ratio_statistic(losses: npt.ArrayLike, gains: npt.ArrayLike, n: int, null_ratio: npt.ArrayLike) -> FloatArray:
    """The score statistic of each outcome against "candidate / baseline is r", of items that some build has right.

    An item that both builds have wrong says nothing of a ratio: given how many are not, losses, gains and items right
    in both are trinomial, and the ratio is r where P(loss) - r P(gain) = 1 - r. With c right answers of the candidate,
    b of the baseline and psi the maximum likelihood discordance rate on that line, the statistic is
    (c - r b) / sqrt(n r psi): the mean of r gains less losses has the variance r psi / n there. It falls as losses
    grow, rises as gains grow, and falls as r grows; the exact test rests on these three.

    Parameters
    ----------
    losses, gains
        Counts of items that only the baseline, only the candidate has right.
    n
        Items that at least one build has right.
    null_ratio
        R, above 0. All three broadcast against each other.

    Returns
    -------
    FloatArray
        Array of the broadcast shape, in units of a standard normal deviate.

    References
    ----------
    Tang, Tang and Chan 2003, Stat Med 22:1217 (the statistic); the closed form is derived from the likelihood.
    """
    lost, gained = np.asarray(losses, dtype=np.float64), np.asarray(gains, dtype=np.float64)
    ratio = np.asarray(null_ratio, dtype=np.float64)
    # P(gain) is the larger root of square x^2 - linear x - constant.
    square = ratio * (1 + ratio) * n
    linear = lost * ratio**2 + gained * (2 * ratio**2 - 1) - (n - lost - gained) * (1 - ratio**2)
    constant = gained * ratio * (1 - ratio)
    root = np.sqrt(np.maximum(linear**2 + 4 * square * constant, 0.0))
    # Of the two forms of the root the one that cancels no digits.
    apart = np.where(linear < 0, root - linear, 1.0)
    gain_rate = np.where(linear < 0, 2 * constant / apart, (linear + root) / (2 * square))
    discordance = (1 - ratio) + (1 + ratio) * gain_rate
    excess = (n - lost) - ratio * (n - gained)
    return np.asarray(excess / np.sqrt(np.maximum(n * ratio * discordance, _NO_VARIANCE)), dtype=np.float64)


def most_losses_at(n: int, ratios: npt.ArrayLike, levels: npt.ArrayLike, gains: tuple[int, int]) -> IntArray:
    """The most losses, per number of gains, whose statistic against any of the ratios is at least the level with it.

    Parameters
    ----------
    n
        Items that at least one build has right.
    ratios, levels
        Null ratios, and the smallest statistic that belongs to the set at each; shape (k,).
    gains
        First and last number of gains to describe, both included.
    """
    gained = np.arange(gains[0], gains[1] + 1, dtype=np.int64)
    nulls = np.atleast_1d(np.asarray(ratios, dtype=np.float64))[:, None]
    level = np.atleast_1d(np.asarray(levels, dtype=np.float64))[:, None]

    def reaches(lost: IntArray) -> BoolArray:
        return np.asarray((ratio_statistic(lost, gained, n, nulls) >= level).any(axis=0))

    guess = _contour(gained, n, nulls[[0, -1]], level[[0, -1]]).max(axis=0)
    return largest_true(reaches, guess, n - gained)


def _contour(gained: IntArray, n: int, ratio: FloatArray, level: FloatArray) -> IntArray:
    """About how many losses bring the statistic down to `level`: a few steps of a fixed-point iteration."""
    most = n - ratio * (n - gained)
    lost = np.clip(most - level * np.sqrt(gained + 1.0), 0.0, n - gained)
    for _ in range(2):
        statistic = ratio_statistic(lost, gained, n, ratio)
        spread = np.where(np.abs(statistic) > 1e-6, (most - lost) / np.where(statistic == 0, 1.0, statistic), 1.0)
        lost = np.clip(most - level * spread, 0.0, n - gained)
    return np.asarray(np.floor(lost), dtype=np.int64)
