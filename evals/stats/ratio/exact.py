"""The exact test of recovery for one 0/1 answer per item, given how many items any build has right, and its bound."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
from scipy.special import ndtri

from quantgate.evals.stats.checks import FloatArray, check_alpha, check_counts
from quantgate.evals.stats.exact.inversion import RESOLUTION, SAFETY, Inversion
from quantgate.evals.stats.exact.nuisance import GAMMA, TIE, discordance_interval
from quantgate.evals.stats.exact.supremum import Rates, maximise
from quantgate.evals.stats.exact.trinomial import RejectionSet, likely_gains, tail_probability
from quantgate.evals.stats.ratio.score import most_losses_at, ratio_statistic


def ratio_pvalue(losses: int, gains: int, n: int, null_ratio: float) -> float:
    """Exact p-value of "the candidate has at most `null_ratio` times the baseline's accuracy".

    Given that n items are right in some build, the score statistic of the ratio orders the outcomes, and the p-value is
    the largest probability of one at least as favourable over the discordance rates in their 1 - GAMMA Clopper-Pearson
    interval, plus GAMMA: as `evals.stats.exact.noninferiority` has it of a difference. It holds whatever n is, so it
    holds for an n that chance has given: a build of that ratio gets a p-value of alpha or less with probability alpha
    at most. Nothing is spent on the share of items that both have wrong.

    Parameters
    ----------
    losses, gains
        Items that only the baseline, only the candidate has right.
    n
        Items that at least one build has right; at least 1.
    null_ratio
        Above 0.

    Raises
    ------
    ValueError
        Counts that do not fit, or a ratio of 0 or less.

    References
    ----------
    Tang, Tang and Chan 2003 (the statistic); Berger and Boos 1994 (p-values over a confidence set).

    Examples
    --------
    >>> round(ratio_pvalue(1, 3, 180, 0.97), 6) < 0.05 < round(ratio_pvalue(3, 1, 180, 0.97), 6)
    True
    """
    check_counts(losses, gains, n)
    if not 0 < null_ratio < math.inf:
        raise ValueError(f"null_ratio must be a finite number above 0, got {null_ratio}")
    return largest_ratio_pvalue(losses, gains, n, null_ratio, null_ratio, discordance_interval(losses + gains, n))


def ratio_lower_bound(losses: int, gains: int, n: int, alpha: float = 0.05) -> float:
    """One-sided lower confidence bound of candidate / baseline, at confidence 1 - alpha.

    The largest r below which every ratio has a p-value under alpha; so the bound above r implies that the test shows r,
    and a lower recovery that is asked never turns a pass into a fail. Found as `evals.stats.exact.bounds` finds that of
    a difference, in margins 1 - r. The upper bound is 1 / the lower one with losses and gains exchanged.

    Parameters
    ----------
    losses, gains, n
        As in `ratio_pvalue`.
    alpha
        One-sided error probability, in [0.001, 0.5).

    Returns
    -------
    float
        At least 0, at most the observed ratio; finite even where the baseline has nothing right.

    Raises
    ------
    ValueError
        Counts that do not fit, or alpha out of its range.
    """
    check_counts(losses, gains, n)
    check_alpha(alpha)
    if gains == n:
        # The baseline has nothing right. The likeliest way there: no item right in both, and each a gain in r of 1 + r.
        rate = float((alpha - GAMMA) ** (1 / n))
        return rate / (1 - rate)
    if losses == n:
        return 0.0
    limit, interval = alpha - SAFETY, discordance_interval(losses + gains, n)
    # Above the discordance interval the p-value is GAMMA, and at the observed ratio nothing is shown.
    floor, top = (losses - gains) / (n - gains), min(interval[1], 1 - RESOLUTION)
    deviation = math.sqrt(max(losses + gains, 1)) / (n - gains)
    start = min(floor - float(ndtri(alpha)) * deviation, top)

    def worst(low: float, high: float, pieces: int) -> float:
        return largest_ratio_pvalue(losses, gains, n, 1 - high, 1 - low, interval, pieces)

    return 1 - Inversion(worst, limit, floor, top, start, max(deviation, 1e-6)).smallest_passing()


def largest_ratio_pvalue(
    losses: int,
    gains: int,
    n: int,
    lowest: float,
    highest: float,
    interval: tuple[float, float],
    pieces: int = 1,
) -> float:
    """An upper bound of the p-values against every ratio in [lowest, highest]; the p-value itself where they are equal.

    It rests on the orders that `evals.stats.exact.noninferiority.largest_pvalue` rests on, with the ratio in the
    difference's place: the statistic falls with the ratio, and at one discordance rate a higher ratio has fewer losses
    and more gains. `interval` is `discordance_interval` of the outcome.
    """
    low, high = interval
    if 1 - 1 / highest > high:
        # Not even gains alone give so high a ratio: the nearest ratios allowed are all gains, no losses.
        low, ratio = high, 1 / (1 - high)
    elif 1 - highest > high:
        # Every null contradicts the interval; that happens with probability GAMMA at most.
        return GAMMA
    else:
        low, ratio = max(low, 1 - highest, 1 - 1 / highest), highest
    rates = rates_of(ratio)
    ends = [float(rates(np.array([psi], dtype=np.complex128))[1].real[0]) for psi in (low, high)]
    span = likely_gains(n, min(max(ends[0], 0.0), 1.0), min(max(ends[1], 0.0), 1.0))
    nulls = np.linspace(lowest, highest, pieces + 1)
    observed = ratio_statistic(losses, gains, n, nulls[1:])
    rejection = RejectionSet(span[0], most_losses_at(n, nulls[:-1], observed - TIE * (1 + np.abs(observed)), span))

    def probability(discordance: FloatArray) -> FloatArray:
        return tail_probability(rejection, n, discordance, difference_at(ratio, discordance))

    return min(1.0, maximise(probability, low, high, n, rates) + GAMMA)


def rates_of(ratio: float) -> Rates:
    """The rates of losses and gains, among items that some build has right, at the ratio candidate / baseline."""
    return lambda psi: ((1 - ratio * (1 - psi)) / (1 + ratio), (psi - (1 - ratio)) / (1 + ratio))


def difference_at(ratio: float, discordance: npt.ArrayLike) -> FloatArray:
    """P(gain) - P(loss) at a discordance rate, where candidate / baseline is `ratio`."""
    psi = np.asarray(discordance, dtype=np.float64)
    return np.asarray((psi - 2 + ratio * (2 - psi)) / (1 + ratio))
