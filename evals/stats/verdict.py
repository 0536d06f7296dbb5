"""The one rule by which a pair of bounds decides."""

from __future__ import annotations

from typing import Literal

BoundsVerdict = Literal["equivalent", "non_inferior", "regressed", "inconclusive"]


def bounds_verdict(lower: float, upper: float, margin: float) -> BoundsVerdict:
    """What a lower and an upper bound of a difference show at a margin.

    Parameters
    ----------
    lower, upper : float
        One-sided bounds of candidate minus baseline, in [-1, 1].
    margin : float
        Largest loss that still passes, in (0, 1).

    Examples
    --------
    >>> bounds_verdict(-0.01, 0.005, 0.02), bounds_verdict(-0.03, -0.005, 0.02)
    ('equivalent', 'inconclusive')
    """
    if lower > -margin:
        return "equivalent" if upper < margin else "non_inferior"
    return "regressed" if upper < -margin else "inconclusive"
