"""Which losses and gains of n single 0/1 answers a bootstrap passes, and how often a build at the margin is so."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import lru_cache

import numpy as np
from scipy.special import bdtr, gammaln, xlogy

from quantgate.evals.stats.bootstrap.bounds import Bootstrap, lower_bound
from quantgate.evals.stats.checks import BoolArray, FloatArray
from quantgate.evals.stats.exact.noninferiority import exact_pvalue
from quantgate.evals.stats.strata import split_strata

# Up to so many flips every outcome is looked at; beyond, more losses never pass where fewer do not.
_EACH = 60
# Counts further than so many standard deviations from their mean, and a few more, have next to no probability.
_REACH, _FEW = 7.5, 25
_TIE = 1e-9


def passes(method: Bootstrap, losses: int, gains: int, n: int, margin: float, alpha: float) -> bool:
    """Whether the bootstrap's lower bound lies above -margin, in the limit of infinitely many resamples.

    Where no two items differ, the exact test stands in for what BCa and the studentised bootstrap have not.
    """
    if gains - losses <= -n * margin + _TIE:
        return False
    constant = n in (losses, gains) or losses + gains == 0
    if constant and method is not Bootstrap.PERCENTILE:
        return exact_pvalue(losses, gains, n, margin) < alpha
    if method is Bootstrap.STUDENTISED:
        return _nearer(losses, gains, n, margin) >= 1 - alpha
    values = np.repeat([-1.0, 0.0, 1.0], [losses, n - losses - gains, gains])
    bound = lower_bound(split_strata(values, None, None), method, alpha)
    return bound is not None and bound > -margin + _TIE / n


@lru_cache(maxsize=8)
def pass_set(method: Bootstrap, n: int, margin: float, alpha: float) -> BoolArray:
    """The outcomes that pass, shape (n + 1, n + 1): by losses, then gains."""
    found = np.zeros((n + 1, n + 1), dtype=np.bool_)

    def test(losses: int, gains: int) -> bool:
        return passes(method, losses, gains, n, margin, alpha)

    most = math.ceil(n * margin)
    for gains in range(n + 1):
        most = _edge(test, min(most + 2, n - gains), gains, n - gains)
        found[: most + 1, gains] = True
    for gains in range(min(_EACH, n) + 1):
        for losses in range(min(_EACH, n) - gains + 1):
            found[losses, gains] = test(losses, gains)
    return found


def false_pass(outcomes: BoolArray, margin: float, discordance: float) -> float:
    """The probability of a set of outcomes, for a build that is `margin` worse and flips on a share of the items."""
    n = len(outcomes) - 1
    rates = ((discordance + margin) / 2, max((discordance - margin) / 2, 0.0), max(1 - discordance, 0.0))
    losses, gains = (_likely(n, rate) for rate in rates[:2])
    b, c = np.meshgrid(losses, gains, indexing="ij")
    rest = n - b - c
    fits = rest >= 0
    rest = np.maximum(rest, 0)
    logs = gammaln(n + 1) - gammaln(b + 1) - gammaln(c + 1) - gammaln(rest + 1)
    logs += xlogy(b, rates[0]) + xlogy(c, rates[1]) + xlogy(rest, rates[2])
    return float(np.exp(logs)[fits & outcomes[b, c]].sum())


def _likely(n: int, rate: float) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
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
    c: FloatArray = _likely(n, gains / n).astype(np.float64)
    # x^2 (n - 1 + t^2) + x (t^2 - 2 mean (n - 1)) + mean^2 (n - 1) - 2 t^2 c/n < 0 between the roots.
    square, linear = n - 1 + t2, t2 - 2 * mean * (n - 1)
    inside = linear**2 - 4 * square * (mean**2 * (n - 1) - 2 * t2 * c / n)
    largest = np.where(inside > 0, (-linear + np.sqrt(np.maximum(inside, 0.0))) / (2 * square), mean)
    fewest = np.floor(c - n * np.maximum(largest, mean) + _TIE)
    beyond = np.where(fewest < 0, 1.0, 1 - bdtr(np.clip(fewest, 0, n - c), n - c, losses / (n - gains)))
    weights = np.exp(
        gammaln(n + 1) - gammaln(c + 1) - gammaln(n - c + 1) + xlogy(c, gains / n) + xlogy(n - c, 1 - gains / n)
    )
    without = (1 - (losses + gains) / n) ** n if fewest[0] < 0 and c[0] == 0 else 0.0
    return float(weights @ beyond - without)
