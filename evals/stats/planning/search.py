"""The search for a number of items that is enough, and where it begins: the normal approximation."""

from __future__ import annotations

import math
from collections.abc import Callable

from scipy.special import ndtri

from quantgate.evals.stats.checks import check_alpha, check_margin

# The asymptotic test's power is as good as the exact one's for a plan of more.
_MOST_ENUMERATED = 2000
# Bisection over n ends when the bracket is this fine, relative to n: power is a sawtooth in n at this scale anyway.
_FINENESS = 0.005


def plan_items(
    discordance: float, margin: float, *, difference: float = 0.0, alpha: float = 0.05, power: float = 0.8
) -> int:
    """Items that show non-inferiority within `margin` with probability `power`: z^2 (psi - d^2) / (m + d)^2.

    The normal approximation, with z = z_(1-alpha) + z_power: Liu, Hsueh, Hsieh and Chen 2002.

    Parameters
    ----------
    discordance
        psi, the share of items on which the builds differ in score, in [0, 1].
    margin
        m, largest loss of accuracy that is tolerated, in (0, 1).
    difference
        d, true difference candidate - baseline that is assumed; above -margin, at most psi in size.
    alpha
        One-sided error probability of the test.
    power
        Probability of a pass that is wanted, in (0, 1).

    Raises
    ------
    ValueError
        An argument out of its range.

    Examples
    --------
    >>> plan_items(0.06, 0.02)
    928
    """
    check_margin(margin)
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


def search_items(
    fewest: int, start: int, asymptotic: Callable[[int], bool], exact: Callable[[int], bool], largest: int
) -> int | None:
    """The search of `items_for_power`: from `start`, never below `fewest`, for a number of items that is enough.

    `asymptotic` says so quickly and nearly, `exact` slowly and truly.
    """
    low, high = fewest - 1, max(start, fewest)
    while high <= largest and not asymptotic(high):
        low, high = high, math.ceil(high * 1.04) + 1
    while high - low > max(1, int(_FINENESS * high)):
        middle = (low + high) // 2
        low, high = (low, middle) if asymptotic(middle) else (middle, high)
    while high <= _MOST_ENUMERATED and not exact(high):
        high += max(1, int(_FINENESS * high))
    return high if high <= largest else None
