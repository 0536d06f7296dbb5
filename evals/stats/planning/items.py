"""How many items a margin needs, before or after data are seen."""

from __future__ import annotations

import math
from bisect import bisect_left

from scipy.special import ndtri

from quantgate.evals.stats.checks import check_alpha, check_counts
from quantgate.evals.stats.exact.noninferiority import GAMMA, noninferiority_pvalue


def plan_items(
    discordance: float, margin: float, *, difference: float = 0.0, alpha: float = 0.05, power: float = 0.8
) -> int:
    """Items that show non-inferiority within `margin` with probability `power`: z^2 (psi - d^2) / (m + d)^2.

    Args:
        discordance: psi, the share of items on which the builds differ in score, in [0, 1].
        margin: m, largest loss of accuracy that is tolerated, in (0, 1).
        difference: d, true difference candidate - baseline that is assumed; above -margin, at most psi in size.
        alpha: one-sided error probability of the test.
        power: probability of a pass that is wanted, in (0, 1).

    Raises:
        ValueError: an argument out of its range.

    The normal approximation, with z = z_(1-alpha) + z_power: Liu, Hsueh, Hsieh and Chen 2002.

    >>> plan_items(0.06, 0.02)
    928
    """
    _check_margin(margin)
    check_alpha(alpha)
    if not 0 < power < 1:
        raise ValueError(f"power must lie between 0 and 1, got {power}")
    if not 0 <= discordance <= 1:
        raise ValueError(f"discordance must lie between 0 and 1, got {discordance}")
    if abs(difference) > discordance:
        raise ValueError(f"difference {difference} is larger than the discordance rate {discordance} allows")
    if difference <= -margin:
        raise ValueError(f"difference {difference} is not above -margin = {-margin}: no number of items passes")
    z = max(float(ndtri(power) - ndtri(alpha)), 0.0)
    # A hair is taken off so that rounding does not turn a whole number into the next one.
    return max(1, math.ceil(z**2 * (discordance - difference**2) / (margin + difference) ** 2 - 1e-9))


def smallest_passing_n(margin: float, alpha: float = 0.05) -> int:
    """Fewest items at which a build without a single flip passes the exact test at `margin`.

    Never fewer than ln(alpha - GAMMA) / ln(1 - margin), since a build that loses on a share `margin` of the items shows
    no flip with probability (1 - margin)^n; at alpha = .05 just that many, at smaller ones up to a tenth more.

    Raises:
        ValueError: margin outside (0, 1), or alpha outside [0.001, 0.5).
    """
    _check_margin(margin)
    check_alpha(alpha)

    def passes(n: int) -> bool:
        return noninferiority_pvalue(0, 0, n, margin) < alpha

    n = max(1, math.ceil(math.log(alpha - GAMMA) / math.log1p(-margin)))
    step = 1
    while not passes(n + step - 1):
        step *= 2
    return n + bisect_left(range(step), True, key=lambda more: passes(n + more))


_EXACT_UP_TO = 10_000
"""Beyond so many items the normal approximation is as good as the exact test, which would take long."""


def items_needed(losses: int, gains: int, n: int, margin: float, alpha: float = 0.05, power: float = 0.8) -> int | None:
    """Items in all that would settle an inconclusive comparison, if they went on as those seen.

    `plan_items` at the observed discordance rate, taken as one flip where there was none, and at the observed
    difference, taken as 0 where it favours the candidate: luck so far is not counted on. Never fewer than
    `smallest_passing_n`, nor than a number at which the exact test passes the losses seen, grown in proportion (rounded
    up, gains down), to within a twentieth.

    Returns:
        The number of items; None when the observed difference is at or below -margin, where more of the same would
        not pass.

    Raises:
        ValueError: counts that do not fit, or margin, alpha or power out of range.
    """
    check_counts(losses, gains, n)
    _check_margin(margin)
    difference = min((gains - losses) / n, 0.0)
    if difference <= -margin:
        return None
    discordance = max(losses + gains, 1) / n
    needed = plan_items(discordance, margin, difference=difference, alpha=alpha, power=power)
    enough = max(needed, smallest_passing_n(margin, alpha))
    while enough <= _EXACT_UP_TO and not _more_of_the_same_passes(losses, gains, n, enough, margin, alpha):
        enough += max(1, enough // 20)
    return enough


def _more_of_the_same_passes(losses: int, gains: int, n: int, items: int, margin: float, alpha: float) -> bool:
    lost, won = math.ceil(losses * items / n), math.floor(gains * items / n)
    return noninferiority_pvalue(lost, min(won, items - lost), items, margin) < alpha


def _check_margin(margin: float) -> None:
    if not 0 < margin < 1:
        raise ValueError(f"margin must lie between 0 and 1 (0.02 means two points), got {margin}")
