"""A test of a mean by bets, which may be looked at after every value: the wealth, and the bounds that belong to it."""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
import numpy.typing as npt
from scipy.special import betaincinv, logsumexp

from quantgate.evals.stats.checks import BoolArray, FloatArray, IntArray
from quantgate.evals.stats.exact.edges import largest_true

# Bets of all sizes, more of middling ones: quantiles of Beta(2, 2), each with the same part of the money. With a
# uniform law a build eight points worse is seen after 212 items on average in place of 202.
_BETS = 24
_SHARES: FloatArray = np.asarray(betaincinv(2.0, 2.0, (np.arange(_BETS) + 0.5) / _BETS), dtype=np.float64)
# Bounds are found to this.
_RESOLUTION = 1e-10


class Bets:
    """Wealth won against "the mean is `null` or more" by betting on every value that it is less.

    One unit of money is spread over bets of several sizes. A bet of share c multiplies its money, at a value x, by
    1 - c + c (highest - x) / (highest - null), which is never negative, and 1 at most in expectation where the mean of
    x, given all before it, is `null` or more. So the wealth W is a nonnegative supermartingale, and by Ville's
    inequality P(W ever reaches 1 / alpha) <= alpha: it may be looked at after every value, and the values may have any
    law, as long as none is expected to be below `null` whatever came before.

    Parameters
    ----------
    null
        The mean that is bet against, in [lowest, highest).
    lowest, highest
        What values can be.

    Raises
    ------
    ValueError
        A null outside its range.

    References
    ----------
    Waudby-Smith and Ramdas 2024, JRSS B 86:1 (estimating means of bounded random variables by betting); Ville 1939;
    Robbins 1970 (mixtures).

    Examples
    --------
    >>> bets = Bets(null=-0.02)
    >>> bets.add([-1.0] * 8 + [0.0] * 10)
    >>> bets.pvalue < 0.05
    True
    """

    def __init__(self, null: float, *, lowest: float = -1.0, highest: float = 1.0) -> None:
        if not lowest <= null < highest:
            raise ValueError(f"null must be at least {lowest} and below {highest}, got {null}")
        self.null, self.lowest, self.highest = null, lowest, highest
        self._money = np.full(_BETS, -math.log(_BETS))
        self._log_wealth = 0.0
        self._max_log_wealth = 0.0

    @property
    def log_wealth(self) -> float:
        """Logarithm of the wealth now; 0 before the first value."""
        return self._log_wealth

    @property
    def max_log_wealth(self) -> float:
        """The largest logarithm of the wealth so far, 0 at least."""
        return self._max_log_wealth

    @property
    def pvalue(self) -> float:
        """P-value of "the mean is `null` or more" that holds at whatever value one stops: 1 / the largest wealth."""
        return math.exp(-self._max_log_wealth)

    def add(self, values: npt.ArrayLike, stakes: FloatArray | None = None) -> None:
        """Bet on these values, in their order; one or more.

        With `stakes` they are one block (`evals.stats.sequential.blocks`), and the wealth counts after the last.

        Raises
        ------
        ValueError
            A value that is no number from `lowest` to `highest`.
        """
        checked = _checked(values, self.lowest, self.highest)
        if not checked.size:
            return
        gains = log_gains(checked, self.null, self.highest, stakes)
        money = self._money + (gains.cumsum(axis=0) if stakes is None else gains.sum(axis=0, keepdims=True))
        wealth = logsumexp(money, axis=1)
        self._money = money[-1]
        self._log_wealth = float(wealth[-1])
        self._max_log_wealth = max(self._max_log_wealth, float(wealth.max()))


def log_wealths(
    values: npt.ArrayLike,
    null: float,
    *,
    lowest: float = -1.0,
    highest: float = 1.0,
    stakes: FloatArray | None = None,
) -> FloatArray:
    """The logarithm of the wealth of `Bets` after each value, shape (n,); with stakes it counts after whole blocks.

    Raises
    ------
    ValueError
        As `Bets`.
    """
    if not lowest <= null < highest:
        raise ValueError(f"null must be at least {lowest} and below {highest}, got {null}")
    money = log_gains(_checked(values, lowest, highest), null, highest, stakes).cumsum(axis=0) - math.log(_BETS)
    return np.asarray(logsumexp(money, axis=1), dtype=np.float64)


def log_wealth_of_counts(losses: npt.ArrayLike, gains: npt.ArrayLike, n: npt.ArrayLike, null: float) -> FloatArray:
    """The logarithm of the wealth of `Bets` after n single 0/1 answers, whatever their order; arrays of one shape."""
    lost, won = np.asarray(losses, dtype=np.float64)[..., None], np.asarray(gains, dtype=np.float64)[..., None]
    even = np.asarray(n, dtype=np.float64)[..., None] - lost - won
    loss, tie, gain = log_gains(np.array([-1.0, 0.0, 1.0]), null, 1.0)
    return np.asarray(logsumexp(lost * loss + even * tie + won * gain, axis=-1) - math.log(_BETS), dtype=np.float64)


def upper_bound(
    values: npt.ArrayLike,
    alpha: float,
    *,
    lowest: float = -1.0,
    highest: float = 1.0,
    stakes: FloatArray | None = None,
    counted: npt.ArrayLike | None = None,
) -> float:
    """Upper confidence bound of the mean, at confidence 1 - alpha at all times together; `highest` where nothing shows.

    It is the smallest null against which `Bets` has had a wealth of 1 / alpha after some value: the wealth rises with
    the null, so those above are rejected as well, and the bound never rises from one value to the next. It lies below a
    null only where the bets reject that null.

    Parameters
    ----------
    values
        Shape (n,), in their order.
    alpha
        In (0, 1).
    lowest, highest
        What values can be.
    stakes
        Shape (n,), where the values are those of blocks.
    counted
        The places of the values after which the wealth counts, -1 for the last; all when omitted.

    Raises
    ------
    ValueError
        As `Bets`, or alpha out of its range.

    Examples
    --------
    >>> bound = upper_bound([-1.0] * 8 + [0.0] * 10, alpha=0.05)
    >>> print(f"{bound:.3f}")
    -0.128
    """
    if not 0 < alpha < 1:
        raise ValueError(f"alpha must lie between 0 and 1, got {alpha}")
    checked = _checked(values, lowest, highest)
    if not checked.size or checked.min() >= highest:
        return highest
    places = np.arange(len(checked)) if counted is None else np.asarray(counted)

    def rejected(null: float) -> bool:
        wealth = log_wealths(checked, null, lowest=lowest, highest=highest, stakes=stakes)
        return float(wealth[places].max()) >= -math.log(alpha)

    held, shown = lowest, highest
    while shown - held > _RESOLUTION:
        middle = (held + shown) / 2
        held, shown = (held, middle) if rejected(middle) else (middle, shown)
    return shown


def lower_bound(values: npt.ArrayLike, alpha: float, *, lowest: float = -1.0, highest: float = 1.0) -> float:
    """Lower confidence bound of the mean: the mirror image of `upper_bound`."""
    return -upper_bound(-np.asarray(values, dtype=np.float64), alpha, lowest=-highest, highest=-lowest)


def log_gains(values: FloatArray, null: float, highest: float, stakes: FloatArray | None = None) -> FloatArray:
    """By how much the logarithm of each bet's money grows at each value, shape (n, bets)."""
    won = (null - values) / (highest - null)
    return np.asarray(np.log1p(_SHARES * (won if stakes is None else stakes * won)[:, None]), dtype=np.float64)


def _checked(values: npt.ArrayLike, lowest: float, highest: float) -> FloatArray:
    array = np.atleast_1d(np.asarray(values, dtype=np.float64))
    if array.ndim != 1:
        raise ValueError(f"values must be one-dimensional, got shape {array.shape}")
    wrong = np.flatnonzero(~((array >= lowest) & (array <= highest)))
    if wrong.size:
        raise ValueError(
            f"values[{wrong[0]}] is {array[wrong[0]]}, not a number from {lowest} to {highest} "
            f"({wrong.size} of {array.size} wrong)"
        )
    return array


@lru_cache(maxsize=256)
def fewest_losses_regressed(n: int, margin: float, alpha: float) -> IntArray:
    """Per number of gains g, 0 to n, the fewest losses at which the bets have 1 / alpha after n items.

    More than n - g where none are enough.
    """
    gains = np.arange(n + 1)

    def too_few(losses: IntArray) -> BoolArray:
        return np.asarray(log_wealth_of_counts(losses, gains, n, -margin) < -math.log(alpha))

    fewest = largest_true(too_few, np.minimum((gains + 2 * margin * n + 8).astype(np.int64), n - gains), n - gains) + 1
    fewest.setflags(write=False)
    return fewest
