"""The probability that losses and gains of n items fall into a rejection set of the exact test."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt
from scipy.special import betainc, gammaln

from quantgate.evals.stats.exact.tango import score_statistic

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]

# Counts of gains that are left out have at most this probability on either side.
NEGLECTED_MASS = 1e-14
# Stands in for a probability of 0 inside a logarithm: x * log(_ZERO) is 0 for x = 0 and underflows for any x >= 1.
_ZERO = 1e-300


@dataclass(frozen=True)
class RejectionSet:
    """Outcomes at least as favourable as a level: at `first_gain + i` gains, those of at most `most_losses[i]` losses.

    `most_losses` is -1 where no number of losses is few enough.
    """

    first_gain: int
    most_losses: IntArray


def likely_gains(n: int, lowest_rate: float, highest_rate: float) -> tuple[int, int]:
    """Smallest and largest number of gains that matter at any gain rate between two, by Bernstein's inequality.

    Each side leaves out at most `NEGLECTED_MASS`.
    """
    exponent = -math.log(NEGLECTED_MASS)

    def reach(rate: float) -> float:
        return exponent / 3 + math.sqrt(exponent**2 / 9 + 2 * exponent * n * rate * (1 - rate))

    first = math.floor(n * lowest_rate - reach(lowest_rate))
    last = math.ceil(n * highest_rate + reach(highest_rate))
    return max(first, 0), min(last, n)


def rejection_set(
    n: int, null_differences: npt.ArrayLike, levels: npt.ArrayLike, gains: tuple[int, int]
) -> RejectionSet:
    """Outcomes whose Tango statistic against any of `null_differences` is at least the level that goes with it.

    Args:
        n: number of items.
        null_differences: one or several, shape (k,), each in (-1, 1).
        levels: smallest statistic that belongs to the set, one for each null difference.
        gains: first and last number of gains to describe, both included.
    """
    first, last = gains
    gained = np.arange(first, last + 1, dtype=np.int64)
    nulls = np.atleast_1d(np.asarray(null_differences, dtype=np.float64))[:, None]
    level = np.atleast_1d(np.asarray(levels, dtype=np.float64))[:, None]

    def rejects(lost: IntArray) -> BoolArray:
        return np.asarray((score_statistic(lost, gained, n, nulls) >= level).any(axis=0))

    guess = _contour(gained, n, nulls[[0, -1]], level[[0, -1]]).max(axis=0)
    return RejectionSet(first, _largest_true(rejects, guess, n - gained))


def _contour(gained: IntArray, n: int, null_difference: FloatArray, level: FloatArray) -> IntArray:
    """About how many losses bring the statistic down to `level`: a few steps of a fixed-point iteration."""
    shift = gained - n * null_difference
    lost = np.maximum(shift - level * np.sqrt(gained + 1.0), 0.0)
    for _ in range(2):
        statistic = score_statistic(lost, gained, n, null_difference)
        spread = np.where(np.abs(statistic) > 1e-6, (shift - lost) / np.where(statistic == 0, 1.0, statistic), 1.0)
        lost = np.clip(shift - level * spread, 0.0, n - gained)
    return np.asarray(np.floor(lost), dtype=np.int64)


def _largest_true(holds: Callable[[IntArray], BoolArray], guess: IntArray, last: IntArray) -> IntArray:
    """Per element the largest integer in [0, last] at which a condition holds that fails from some point on; or -1."""
    low = np.clip(guess, -1, last)  # -1 counts as holding
    high = low + 1  # last + 1 counts as failing
    step = 1
    while (wrong := (low >= 0) & ~holds(np.maximum(low, 0))).any():
        high = np.where(wrong, low, high)
        low = np.where(wrong, np.maximum(low - step, -1), low)
        step *= 2
    step = 1
    while (wrong := (high <= last) & holds(np.minimum(high, last))).any():
        low = np.where(wrong, high, low)
        high = np.where(wrong, np.minimum(high + step, last + 1), high)
        step *= 2
    while (high - low > 1).any():
        middle = (low + high) // 2
        yes = (middle < 0) | holds(np.maximum(middle, 0))
        low, high = np.where(yes, middle, low), np.where(yes, high, middle)
    return low


@lru_cache(maxsize=64)
def _log_factorials(n: int) -> FloatArray:
    table = np.asarray(gammaln(np.arange(n + 1, dtype=np.float64) + 1.0), dtype=np.float64)
    table.setflags(write=False)
    return table


def tail_probability(rejection: RejectionSet, n: int, discordance: FloatArray, difference: float) -> FloatArray:
    """Probability of `rejection` at each discordance rate psi: P(loss) = (psi - d)/2, P(gain) = (psi + d)/2.

    Sums over the gains g. Given g, losses are binomial, and their distribution function F_g at the set's edge comes
    from the one before: an item fewer adds rate * pmf(edge), and each step of the edge adds one pmf. All terms are
    positive, so nothing cancels; the sum is right to about 1e-11 of itself, plus 2 * NEGLECTED_MASS.

    Args:
        rejection: must be closed under a loss fewer and a gain more.
        n: number of items.
        discordance: psi, shape (k,), each in [|difference|, 1].
        difference: d.

    Returns:
        Probabilities, shape (k,).
    """
    loss_rate = np.maximum((discordance - difference) / 2, 0.0)[:, None]
    gain_rate = np.maximum((discordance + difference) / 2, 0.0)[:, None]
    stay_rate = np.maximum(1 - discordance, 0.0)[:, None]
    not_gained = np.maximum(loss_rate + stay_rate, _ZERO)
    loss_given, stay_given = loss_rate / not_gained, stay_rate / not_gained
    log_factorial = _log_factorials(n)

    gains = rejection.first_gain + np.arange(len(rejection.most_losses))
    # Past n - gains every loss count is in the set and F is 1, so an edge that never falls describes the same set.
    edge = np.maximum.accumulate(rejection.most_losses)

    steps = np.diff(edge) + 1
    start = np.cumsum(steps) - steps
    within = np.arange(int(steps.sum())) - np.repeat(start, steps)
    lost = np.repeat(edge[:-1], steps) + within
    items = np.repeat(n - gains[1:], steps)
    possible = (lost >= 0) & (lost <= items)
    lost, items, removed = lost[possible], items[possible], (within == 0)[possible]
    kept = items - lost
    log_ways = log_factorial[items] - log_factorial[lost] - log_factorial[kept]
    log_term = log_ways + lost * np.log(np.maximum(loss_given, _ZERO)) + kept * np.log(np.maximum(stay_given, _ZERO))
    terms = np.exp(log_term) * np.where(removed, loss_given, 1.0)

    sums = np.concatenate([_binomial_cdf(int(edge[0]), int(n - gains[0]), loss_given), terms], axis=1).cumsum(axis=1)
    cumulative = sums[:, np.concatenate([[0], np.cumsum(possible)[start + steps - 1]]) if len(steps) else [0]]

    log_ways = log_factorial[n] - log_factorial[gains] - log_factorial[n - gains]
    log_gain = log_ways + gains * np.log(np.maximum(gain_rate, _ZERO)) + (n - gains) * np.log(not_gained)
    return np.asarray((np.exp(log_gain) * np.minimum(cumulative, 1.0)).sum(axis=1), dtype=np.float64)


def _binomial_cdf(most: int, items: int, rate: FloatArray) -> FloatArray:
    if most < 0:
        return np.zeros_like(rate)
    if most >= items:
        return np.ones_like(rate)
    return np.asarray(betainc(items - most, most + 1, 1 - rate), dtype=np.float64)
