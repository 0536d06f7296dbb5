"""The exact unconditional test of non-inferiority for 0/1 scores, one answer per item."""

from __future__ import annotations

import math
from bisect import bisect_left
from dataclasses import dataclass

import numpy as np

from quantgate.evals.stats.checks import FloatArray, check_alpha, check_counts, check_margin
from quantgate.evals.stats.exact.nuisance import GAMMA, TIE, discordance_interval
from quantgate.evals.stats.exact.supremum import fixed_difference, maximise
from quantgate.evals.stats.exact.tango import most_losses_reaching, score_statistic
from quantgate.evals.stats.exact.trinomial import RejectionSet, likely_gains, tail_probability


def noninferiority_pvalue(losses: int, gains: int, n: int, margin: float) -> float:
    """Exact p-value of "the candidate is worse by the margin or more" against "it is not".

    Tango's statistic at the difference -margin orders the outcomes (losses, gains). The p-value is the largest
    probability, over the discordance rates psi in their 1 - GAMMA Clopper-Pearson interval that allow such a
    difference, of an outcome at least as favourable as the one observed, plus GAMMA. It needs no asymptotics: a build
    exactly `margin` worse gets a p-value of alpha or less with probability alpha at most.

    Parameters
    ----------
    losses
        Items that only the baseline got right.
    gains
        Items that only the candidate got right.
    n
        Items in all.
    margin
        Largest loss of accuracy that is tolerated, a proportion in (0, 1).

    Returns
    -------
    float
        A probability, right to about 1e-10; never below GAMMA.

    Raises
    ------
    ValueError
        Counts that do not fit, or a margin outside (0, 1).

    References
    ----------
    Lloyd and Moldovan 2008 (exact paired non-inferiority); Berger and Boos 1994 (p-values over a confidence set); Tango
    1998 and Liu, Hsueh, Hsieh and Chen 2002 (the statistic).

    Examples
    --------
    >>> round(noninferiority_pvalue(6, 2, 198, margin=0.05), 6)
    0.044183
    """
    check_margin(margin)
    return exact_pvalue(losses, gains, n, -margin)


def exact_pvalue(losses: int, gains: int, n: int, null_difference: float) -> float:
    """The same test against any null: p-value of "the true difference is at most `null_difference`".

    Parameters
    ----------
    losses, gains, n
        As in `noninferiority_pvalue`.
    null_difference
        In (-1, 1); a value of 0 or more tests superiority.

    Raises
    ------
    ValueError
        Counts that do not fit, or a null that is no difference.
    """
    check_counts(losses, gains, n)
    if not -1 < null_difference < 1:
        raise ValueError(f"null_difference must lie between -1 and 1, got {null_difference}")
    return largest_pvalue(losses, gains, n, null_difference, null_difference, discordance_interval(losses + gains, n))


def passes(losses: int, gains: int, n: int, margin: float, alpha: float) -> bool:
    """Whether `noninferiority_pvalue` is below alpha, without working it out where an outcome clearly fails.

    It is the largest probability over discordance rates, so that one rate at which it is too large is enough.
    """
    check_margin(margin)
    check_counts(losses, gains, n)
    tested = _tested(losses, gains, n, -margin, -margin, discordance_interval(losses + gains, n))
    if tested is None:
        return alpha > GAMMA
    rates = np.clip([(losses + gains) / n, tested.low, tested.high], tested.low, tested.high)
    return bool((tested.probability(rates) + GAMMA < alpha).all()) and tested.largest() < alpha


def smallest_passing_n(margin: float, alpha: float = 0.05) -> int:
    """Fewest items at which a build without a single flip passes the exact test at `margin`.

    Never fewer than ln(alpha - GAMMA) / ln(1 - margin), since a build that loses on a share `margin` of the items shows
    no flip with probability (1 - margin)^n; at alpha = .05 just that many, at smaller ones up to a tenth more.

    Raises
    ------
    ValueError
        Margin outside (0, 1), or alpha outside [0.001, 0.5).
    """
    check_margin(margin)
    check_alpha(alpha)

    def passes(n: int) -> bool:
        return noninferiority_pvalue(0, 0, n, margin) < alpha

    n = max(1, math.ceil(math.log(alpha - GAMMA) / math.log1p(-margin)))
    step = 1
    while not passes(n + step - 1):
        step *= 2
    return n + bisect_left(range(step), True, key=lambda more: passes(n + more))


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

    Parameters
    ----------
    losses, gains, n
        The outcome.
    lowest_null, highest_null
        In (-1, 1).
    interval
        `discordance_interval` of the outcome.
    pieces
        At least 1.
    """
    tested = _tested(losses, gains, n, lowest_null, highest_null, interval, pieces)
    return GAMMA if tested is None else tested.largest()


@dataclass(frozen=True, slots=True)
class _Tested:
    """The outcomes at least as favourable as one: their probability at discordance rates from `low` to `high`."""

    rejection: RejectionSet
    n: int
    difference: float
    low: float
    high: float

    def probability(self, discordance: FloatArray) -> FloatArray:
        return tail_probability(self.rejection, self.n, discordance, self.difference)

    def largest(self) -> float:
        """The p-value: the largest probability, and what the interval may have left out."""
        rates = fixed_difference(self.difference)
        return min(1.0, maximise(self.probability, self.low, self.high, self.n, rates) + GAMMA)


def _tested(
    losses: int,
    gains: int,
    n: int,
    lowest_null: float,
    highest_null: float,
    interval: tuple[float, float],
    pieces: int = 1,
) -> _Tested | None:
    """What `largest_pvalue` is the largest of; None where every null contradicts the interval."""
    low, high = interval
    if highest_null > high:
        # Not even psi at its highest allows so large a difference: the nearest nulls allowed are all gains, no losses.
        low, difference = high, high
    elif -highest_null > high:
        # Every null contradicts the interval; that happens with probability GAMMA at most.
        return None
    else:
        low, difference = max(low, abs(highest_null)), highest_null
    span = likely_gains(n, max((low + difference) / 2, 0.0), min((high + difference) / 2, 1.0))
    nulls = np.linspace(lowest_null, highest_null, pieces + 1)
    most_losses = most_losses_reaching(n, nulls[:-1], _levels(losses, gains, n, nulls[1:]), span)
    return _Tested(RejectionSet(span[0], most_losses), n, difference, low, high)


def _levels(losses: int, gains: int, n: int, null_differences: FloatArray) -> FloatArray:
    """The observed statistics, less what counts as a tie."""
    observed = score_statistic(losses, gains, n, null_differences)
    return observed - TIE * (1 + np.abs(observed))
