"""How every report writes a figure: points with sign and two decimals, bounds `lower to upper`, shares in percent."""

from __future__ import annotations

import math

NONE = "—"


def signed(value: float | None) -> str:
    """A difference in points: -0.01 is `-1.00`."""
    return NONE if value is None else f"{100 * value:+.2f}"


def percent(value: float | None, sign: str = "%") -> str:
    """A share: 0.55 is `55.00%`; `sign` is empty where the column's heading says percent."""
    return NONE if value is None else f"{100 * value:.2f}{sign}"


def recovery(value: float | None, sign: str = "%") -> str:
    """Candidate over baseline in percent, as quantizers publish it: 0.9937 is `99.4%`."""
    return NONE if value is None else f"{100 * value:.1f}{sign}"


def bounds(lower: float, upper: float, margin: float) -> str:
    """The deciding bounds in points; `>-2.00` where no more is claimed than that the loss is within the margin.

    A comparison of several formats claims no more than that where that is all its step-down has shown
    (`evals.decision.compare`): the bound then is the float next to the margin.
    """
    above = ">" if lower == math.nextafter(-margin, 1.0) else ""
    below = "<" if upper == math.nextafter(-margin, -1.0) else ""
    return f"{above}{signed(lower)} to {below}{signed(upper)}"


def margin_points(fraction: float) -> str:
    """A margin in points: 0.02 is `2`."""
    return f"{fraction * 100:g}"
