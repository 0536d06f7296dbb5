"""The probability that losses and gains of n items fall into a set that fewer losses and more gains never leave."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from scipy.special import betainc, gammaln

from quantgate.evals.stats.checks import FloatArray, IntArray

# Counts of gains that are left out have at most this probability on either side.
NEGLECTED_MASS = 1e-14
# Stands in for a probability of 0 inside a logarithm: x * log(_ZERO) is 0 for x = 0 and underflows for any x >= 1.
_ZERO = 1e-300
# Up to so many items a table is made of all log factorials, since most of them are met many times; beyond, few are met.
_TABULATED = 1 << 17


@dataclass(frozen=True)
class RejectionSet:
    """Outcomes at least as favourable as a level: at `first_gain + i` gains, those of at most `most_losses[i]` losses.

    `most_losses` is -1 where no number of losses is few enough.
    """

    first_gain: int
    most_losses: IntArray


def likely_gains(n: int, lowest_rate: float, highest_rate: float, neglected: float = NEGLECTED_MASS) -> tuple[int, int]:
    """Smallest and largest number of gains that matter at any gain rate between two, by Bernstein's inequality.

    Each side leaves out a probability of at most `neglected`.
    """
    exponent = -math.log(neglected)

    def reach(rate: float) -> float:
        return exponent / 3 + math.sqrt(exponent**2 / 9 + 2 * exponent * n * rate * (1 - rate))

    first = math.floor(n * lowest_rate - reach(lowest_rate))
    last = math.ceil(n * highest_rate + reach(highest_rate))
    return max(first, 0), min(last, n)


def _log_factorial(counts: IntArray | int, n: int) -> FloatArray:
    """The logarithm of each count's factorial, for counts up to n."""
    return _table(n.bit_length())[counts] if n <= _TABULATED else np.asarray(gammaln(np.asarray(counts) + 1.0))


@lru_cache(maxsize=32)
def _table(digits: int) -> FloatArray:
    """The logarithms of the factorials of all numbers of so many binary digits."""
    table = np.asarray(gammaln(np.arange(1 << digits, dtype=np.float64) + 1.0), dtype=np.float64)
    table.setflags(write=False)
    return table


def tail_probability(
    rejection: RejectionSet, n: int, discordance: FloatArray, difference: float | FloatArray
) -> FloatArray:
    """Probability of `rejection` at each discordance rate psi: P(loss) = (psi - d)/2, P(gain) = (psi + d)/2.

    Sums over the gains g. Given g, losses are binomial, and their distribution function F_g at the set's edge comes
    from the one before: an item fewer adds rate * pmf(edge), and each step of the edge adds one pmf. All terms are
    positive, so nothing cancels; the sum is right to about 1e-11 of itself, plus 2 * NEGLECTED_MASS.

    Parameters
    ----------
    rejection
        Must be closed under a loss fewer and a gain more.
    n
        Number of items.
    discordance
        Psi, shape (k,), each in [|difference|, 1].
    difference
        d, one number or one for each psi.

    Returns
    -------
    FloatArray
        Probabilities, shape (k,).
    """
    loss_rate = np.maximum((discordance - difference) / 2, 0.0)[:, None]
    gain_rate = np.maximum((discordance + difference) / 2, 0.0)[:, None]
    stay_rate = np.maximum(1 - discordance, 0.0)[:, None]
    not_gained = np.maximum(loss_rate + stay_rate, _ZERO)
    loss_given, stay_given = loss_rate / not_gained, stay_rate / not_gained

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
    log_ways = _log_factorial(items, n) - _log_factorial(lost, n) - _log_factorial(kept, n)
    log_term = log_ways + lost * np.log(np.maximum(loss_given, _ZERO)) + kept * np.log(np.maximum(stay_given, _ZERO))
    terms = np.exp(log_term) * np.where(removed, loss_given, 1.0)

    sums = np.concatenate([_binomial_cdf(int(edge[0]), int(n - gains[0]), loss_given), terms], axis=1).cumsum(axis=1)
    cumulative = sums[:, np.concatenate([[0], np.cumsum(possible)[start + steps - 1]]) if len(steps) else [0]]

    log_ways = _log_factorial(n, n) - _log_factorial(gains, n) - _log_factorial(n - gains, n)
    log_gain = log_ways + gains * np.log(np.maximum(gain_rate, _ZERO)) + (n - gains) * np.log(not_gained)
    return np.asarray((np.exp(log_gain) * np.minimum(cumulative, 1.0)).sum(axis=1), dtype=np.float64)


def _binomial_cdf(most: int, items: int, rate: FloatArray) -> FloatArray:
    if most < 0:
        return np.zeros_like(rate)
    if most >= items:
        return np.ones_like(rate)
    return np.asarray(betainc(items - most, most + 1, 1 - rate), dtype=np.float64)
