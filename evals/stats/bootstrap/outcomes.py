"""Which losses and gains of n single 0/1 answers a bootstrap passes, and how often a build at the margin is so."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from scipy.special import bdtr, gammaln, xlogy

from quantgate.evals.stats.bootstrap.bca import acceleration, bca_level
from quantgate.evals.stats.bootstrap.setting import Bootstrap
from quantgate.evals.stats.checks import BoolArray, FloatArray, IntArray
from quantgate.evals.stats.describe.resampled_mean import exact_distribution
from quantgate.evals.stats.exact.noninferiority import noninferiority_pvalue

# Up to so many flips every outcome is looked at; beyond, more losses never pass where fewer do not.
_EACH = 60
# Counts further than so many standard deviations from their mean, and a few more, have next to no probability.
_REACH, _FEW = 7.5, 25
# Of many items only builds are looked at that flip on so many more than the margin takes: with more, the bootstrap is
# as good as its normal limit.
_MOST_FLIPS = 4000
_TIE = 1e-9


def passes(method: Bootstrap, losses: int, gains: int, n: int, margin: float, alpha: float) -> bool:
    """Whether the bootstrap's lower bound lies above -margin, in the limit of infinitely many resamples.

    Where no two items differ, the exact test stands in for what BCa and the studentised bootstrap have not.
    """
    if gains - losses <= -n * margin + _TIE:
        return False
    constant = n in (losses, gains) or losses + gains == 0
    if constant and method is not Bootstrap.PERCENTILE:
        return noninferiority_pvalue(losses, gains, n, margin) < alpha
    if method is Bootstrap.STUDENTISED:
        return _nearer(losses, gains, n, margin) >= 1 - alpha
    values = np.array([-1.0, 0.0, 1.0])
    counts = np.array([losses, n - losses - gains, gains], dtype=np.float64)
    values, counts = values[counts > 0], counts[counts > 0]
    level, mean = alpha, (gains - losses) / n
    if len(values) == 1:
        return float(values[0]) > -margin
    means = exact_distribution(values, counts)
    if method is Bootstrap.BCA:
        level = bca_level(means, mean, acceleration((values - mean) / n, counts), alpha)
    return means.lower_quantile(level) > -margin + _TIE / n


@dataclass(frozen=True, eq=False)
class PassSet:
    """The outcomes of n items that pass, up to `most_gains` gains, beyond which builds at `highest` do not come.

    `edge`, shape (gains,), has the most losses that pass with 0, 1, ... gains, -1 for none; it holds for more than
    `_EACH` flips. `few`, shape (flips, flips), says of each outcome of fewer, by losses and gains, whether it passes.
    """

    n: int
    edge: IntArray
    few: BoolArray
    highest: float

    def probability(self, margin: float, discordance: float) -> float:
        """How often a build that is `margin` worse and flips on a share of the items, at most `highest`, passes."""
        n, loss, gain = self.n, (discordance + margin) / 2, max((discordance - margin) / 2, 0.0)
        gains = _likely(n, gain)
        gains = gains[gains < len(self.edge)]
        edge = self.edge[gains]
        below = np.where(edge < 0, 0.0, bdtr(np.maximum(edge, 0), n - gains, min(loss / (1 - gain), 1.0)))
        beyond_edge = float(_binomial(n, gains, gain) @ below)
        flips = np.arange(min(len(self.few), n + 1))
        losses, won = np.nonzero(flips[:, None] + flips < len(flips))
        differs = self.few[losses, won].astype(float) - (losses <= self.edge[np.minimum(won, len(self.edge) - 1)])
        here = _binomial(n, won, gain) * _binomial(n - won, losses, min(loss / (1 - gain), 1.0))
        return beyond_edge + float(differs @ here)


@lru_cache(maxsize=8)
def pass_set(method: Bootstrap, n: int, margin: float, alpha: float) -> PassSet:
    """The outcomes that pass; of many items those of `_MOST_FLIPS` flips more than the margin's, in the mean."""
    highest = min(1.0, margin + _MOST_FLIPS / n)
    most_gains = int(max(_likely(n, (highest - margin) / 2)))

    def test(losses: int, gains: int) -> bool:
        return passes(method, losses, gains, n, margin, alpha)

    edges = [math.ceil(n * margin)]
    for gains in range(most_gains + 1):
        edges.append(_edge(test, min(edges[-1] + 2, n - gains), gains, n - gains))
    few = np.zeros((_EACH + 1, _EACH + 1), dtype=np.bool_)
    for gains in range(min(_EACH, n) + 1):
        for losses in range(min(_EACH, n) - gains + 1):
            few[losses, gains] = test(losses, gains)
    return PassSet(n, np.array(edges[1:], dtype=np.int64), few, highest)


def _likely(n: int, rate: float) -> IntArray:
    reach = _REACH * math.sqrt(n * rate * (1 - rate)) + _FEW
    return np.arange(max(math.floor(n * rate - reach), 0), min(math.ceil(n * rate + reach), n) + 1)


def _edge(test: Callable[[int, int], bool], start: int, gains: int, largest: int) -> int:
    """The most losses that pass, looked for from `start`; -1 where none does."""
    losses = start
    while losses < largest and test(losses, gains):
        losses += 1
    while losses >= 0 and not test(losses, gains):
        losses -= 1
    return losses


def _nearer(losses: int, gains: int, n: int, margin: float) -> float:
    """P(t* < t) over resamples, t being that of the margin: (mean + margin) / standard error.

    Given a resample's gains c, t* < t holds for more losses than a number that is the root of a quadratic: with x the
    resample's mean and s^2 = ((b + c)/n - x^2)/(n - 1) its squared standard error, x - mean < t s. A resample without a
    flip has no standard error, and counts as further than any t.
    """
    mean = (gains - losses) / n
    error = math.sqrt(((losses + gains) / n - mean**2) / (n - 1)) if n > 1 else 0.0
    if error <= 0:
        return 0.0
    t2 = ((mean + margin) / error) ** 2
    c = _likely(n, gains / n)
    # x^2 (n - 1 + t^2) + x (t^2 - 2 mean (n - 1)) + mean^2 (n - 1) - 2 t^2 c/n < 0 between the roots.
    square, linear = n - 1 + t2, t2 - 2 * mean * (n - 1)
    inside = linear**2 - 4 * square * (mean**2 * (n - 1) - 2 * t2 * c / n)
    largest = np.where(inside > 0, (-linear + np.sqrt(np.maximum(inside, 0.0))) / (2 * square), mean)
    fewest = np.floor(c - n * np.maximum(largest, mean) + _TIE).astype(np.int64)
    beyond = np.where(fewest < 0, 1.0, 1 - bdtr(np.clip(fewest, 0, n - c), n - c, losses / (n - gains)))
    weights = _binomial(n, c, gains / n)
    without = (1 - (losses + gains) / n) ** n if fewest[0] < 0 and c[0] == 0 else 0.0
    return float(weights @ beyond - without)


def _binomial(n: int | IntArray, counts: FloatArray | IntArray, rate: float) -> FloatArray:
    """Probabilities of counts of n."""
    logs = gammaln(np.asarray(n) + 1.0) - gammaln(counts + 1.0) - gammaln(n - counts + 1.0)
    return np.asarray(np.exp(logs + xlogy(counts, rate) + xlogy(n - counts, 1 - rate)))
