"""How many answers per item a margin needs, by the normal formula: a start for the simulation."""

from __future__ import annotations

import math
from bisect import bisect_left

from scipy.special import ndtr, ndtri

from quantgate.evals.stats.checks import check_alpha, check_asked, check_margin
from quantgate.evals.stats.exact.noninferiority import smallest_passing_n

MOST_REPEATS = 64


def power_with_repeats(
    n: int,
    repeats: int,
    margin: float,
    *,
    between_variance: float,
    within_variance: float,
    difference: float = 0.0,
    alpha: float = 0.05,
    unseen_item: bool = False,
) -> float:
    """Probability of a pass with `repeats` answers to each item and build, by the normal formula.

    The mean difference has variance s^2 / n with s^2 = s_between^2 + s_within^2 / k; the power is
    Phi((m + d) / (s / sqrt(n)) - z_(1-alpha)). That is the power of a normal bound. The one that decides on repeats
    (`stats.bayesian.unseen_item`) has a worst-case item more, which costs 1 / (n + 1) of the margin and widens it: with
    `unseen_item` its posterior mean and variance take the normal bound's place. Of 198 items that makes a great
    difference: at m = .03, s_between^2 = .0019 and s_within^2 = .236 the plain formula promises .53, .77 and .95 with
    4, 8 and 16 repeats; with the item it is .39, .59 and .80, and by simulation .40, .56 and .78.

    Parameters
    ----------
    n, repeats
        Items, and answers to each by either build.
    margin
        Largest tolerated loss, in (0, 1).
    between_variance
        Variance over items of the true difference in solve rate, in squared proportions.
    within_variance
        Mean over items of the variance of one answer pair's difference around it: for 0/1 answers p (1 - p) + q (1 - q)
        with the two builds' solve rates p and q.
    difference
        True candidate - baseline.
    alpha
        One-sided error probability.
    unseen_item
        The power of the bound that decides, rather than of a normal one.

    Raises
    ------
    ValueError
        An argument out of its range.

    References
    ----------
    Miller 2024, arXiv 2411.00640.
    """
    check_asked(n, repeats)
    check_margin(margin)
    _check_variances(between_variance, within_variance)
    check_alpha(alpha)
    variance = between_variance + within_variance / repeats
    room, spread, sampling = margin + difference, variance / n, variance / n
    if unseen_item:
        room = margin + (n * difference - 1) / (n + 1)
        spread = (n * variance + 1) / ((n + 1) * (n + 2))
        sampling = n * variance / (n + 1) ** 2
    clear = room + float(ndtri(alpha)) * math.sqrt(spread)
    return float(ndtr(clear / math.sqrt(sampling))) if sampling > 0 else float(clear > 0)


def repeats_needed(
    n: int,
    margin: float,
    *,
    between_variance: float,
    within_variance: float,
    difference: float = 0.0,
    alpha: float = 0.05,
    power: float = 0.8,
    largest: int = MOST_REPEATS,
    unseen_item: bool = False,
) -> int | None:
    """Fewest answers per item and build that reach `power` by `power_with_repeats`; None if not with `largest`.

    Repeats only shrink the within-item part: where s_between^2 alone is too much for n items, no number of them helps.
    Also None where even a build without any difference could not pass with n items
    (`evals.stats.exact.noninferiority.smallest_passing_n`).

    Parameters
    ----------
    ?
        As `power_with_repeats`; `power` in [.5, 1) and `largest` at least 1.
    """
    check_margin(margin)
    if not 0.5 <= power < 1:
        raise ValueError(f"power must be at least 0.5 and below 1, got {power}")

    def enough(repeats: int) -> bool:
        reached = power_with_repeats(
            n,
            repeats,
            margin,
            between_variance=between_variance,
            within_variance=within_variance,
            difference=difference,
            alpha=alpha,
            unseen_item=unseen_item,
        )
        return reached >= power - 1e-12

    if not enough(largest) or n < smallest_passing_n(margin, alpha):
        return None
    # With a power of .5 or more at the end, more repeats only ever help, so the first that is enough can be bisected.
    return 1 + bisect_left(range(1, largest + 1), True, key=enough)


def _check_variances(between: float, within: float) -> None:
    if not (0 <= between < math.inf and 0 <= within < math.inf):
        raise ValueError(f"variances must be finite and not negative, got {between} and {within}")
