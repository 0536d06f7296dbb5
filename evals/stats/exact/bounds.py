"""Confidence bounds of the paired difference that agree with the exact test, found by inverting it."""

from __future__ import annotations

from scipy.special import ndtri

from quantgate.evals.stats.checks import check_alpha, check_counts
from quantgate.evals.stats.exact.inversion import RESOLUTION, SAFETY, Inversion
from quantgate.evals.stats.exact.noninferiority import largest_pvalue
from quantgate.evals.stats.exact.nuisance import discordance_interval
from quantgate.evals.stats.exact.tango import tango_interval


def exact_lower_bound(losses: int, gains: int, n: int, alpha: float = 0.05) -> float:
    """One-sided lower confidence bound of the true difference, at confidence 1 - alpha.

    The p-value against d = -m is not monotone in m: as m grows the order of outcomes changes, and at such a change it
    may jump up. So the bound is L = -inf{m : p(m') < alpha for all m' >= m}. Hence L > -m always implies
    p(m) < alpha. The reverse holds but for an island of small p-values below a margin that fails, where the bound
    says no (at alpha = .05 up to one outcome in twelve has one, reaching at most 3e-4 below at n = 20 and less at
    larger n). A decision taken by the bound alone is consistent: a wider margin never turns a pass into a fail.

    That *all* m' >= m pass is not sampled: the margins above are covered by cells, in each of which an upper bound of
    the p-value (`evals.stats.exact.noninferiority.largest_pvalue`) is below alpha. Where a cell of 2.5e-9 cannot be
    covered, which happens just above a jump, the bound moves past it. So errors fall on the conservative side, to which
    they stayed within 2e-8 in thousands of outcomes.

    Parameters
    ----------
    losses
        Items that only the baseline got right.
    gains
        Items that only the candidate got right.
    n
        Items in all.
    alpha
        One-sided error probability, at least 0.001 and below 0.5.

    Returns
    -------
    float
        The bound, a proportion in [-1, (gains - losses)/n].

    Raises
    ------
    ValueError
        Counts that do not fit, or alpha out of its range.

    References
    ----------
    As `evals.stats.exact.noninferiority.noninferiority_pvalue`.
    """
    check_counts(losses, gains, n)
    check_alpha(alpha)
    if losses == n:
        return -1.0
    limit, interval = alpha - SAFETY, discordance_interval(losses + gains, n)
    # Above the discordance interval the p-value is GAMMA. At minus the estimate nothing is shown.
    floor, top = (losses - gains) / n, min(interval[1], 1 - RESOLUTION)

    def worst(low: float, high: float, pieces: int = 1) -> float:
        return largest_pvalue(losses, gains, n, -high, -low, interval, pieces)

    start = min(max(-tango_interval(losses, gains, n, 1 - 2 * alpha)[0], floor), top)
    scale = max((start - floor) / float(-ndtri(alpha)), 1e-6)
    return -Inversion(worst, limit, floor, top, start, scale).smallest_passing()


def exact_upper_bound(losses: int, gains: int, n: int, alpha: float = 0.05) -> float:
    """One-sided upper confidence bound: the mirror image, -exact_lower_bound(gains, losses, n, alpha)."""
    return -exact_lower_bound(gains, losses, n, alpha)
