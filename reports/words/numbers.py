"""How every report writes a figure: points with sign and two decimals, bounds `lower to upper`, shares in percent."""

from __future__ import annotations

import math

from quantgate.evals.decision.points import nats
from quantgate.evals.decision.recovery_bounds import RecoveryBounds
from quantgate.evals.fidelity.figures import KlBounds
from quantgate.evals.settings.margin import Margin

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


def recovery_range(lower: float, upper: float | None, asked: float) -> str:
    """The deciding bounds of a recovery: `98.9% to 100.2%`; `>99.0%` where no more is claimed than what is asked."""
    above = ">" if lower == math.nextafter(asked, math.inf) else ""
    below = "<" if upper == math.nextafter(asked, -math.inf) else ""
    high = "any" if upper is None else f"{below}{100 * upper:.1f}%"
    return f"{above}{100 * lower:.1f}% to {high}"


def bounds(lower: float, upper: float, margin: float | None) -> str:
    """The deciding bounds in points; `>-2.00` where no more is claimed than that the loss is within the margin.

    A comparison of several formats claims no more than that where that is all its step-down has shown
    (`evals.decision.compare`): the bound then is the float next to the margin.
    """
    if margin is None:
        return f"{signed(lower)} to {signed(upper)}"
    above = ">" if lower == math.nextafter(-margin, 1.0) else ""
    below = "<" if upper == math.nextafter(-margin, -1.0) else ""
    return f"{above}{signed(lower)} to {below}{signed(upper)}"


def deciding(
    lower: float, upper: float, ratio: RecoveryBounds | None, margin: Margin, kl: KlBounds | None = None
) -> str:
    """The bounds that decide: of the difference in points, of the recovery in percent, of divergence, or of two."""
    asked, in_points = margin.recovery, bounds(lower, upper, margin.points)
    if kl is not None and margin.kl is not None:
        above = "<" if kl.upper == -math.nextafter(-margin.kl, math.inf) else ""
        below = ">" if kl.lower == -math.nextafter(-margin.kl, -math.inf) else ""
        in_nats = f"{below}{nats(kl.lower)} to {above}{nats(kl.upper)} nats"
        return in_nats if margin.points is None else f"{in_points}; {in_nats}"
    if ratio is None or asked is None:
        return in_points
    in_percent = NONE if ratio.undefined else recovery_range(ratio.lower, ratio.upper, asked)
    return in_percent if margin.points is None else f"{in_points}; {in_percent}"


def margin_points(fraction: float) -> str:
    """A margin in points: 0.02 is `2`."""
    return f"{fraction * 100:g}"


def margin_cell(margin: Margin) -> str:
    """A margin as a column has it: `2`, `99% recovery`, or `2, 99% recovery`."""
    said = [] if margin.points is None else [margin_points(margin.points)]
    said += [] if margin.recovery is None else [f"{margin.recovery * 100:g}% recovery"]
    return ", ".join([*said, *([] if margin.kl is None else [f"{margin.kl:g} nats"])])


def margin_words(margin: Margin) -> str:
    """A margin in a sentence: `a margin of 2 points`, `a recovery of 99%`, or both."""
    said = [] if margin.points is None else [f"a margin of {margin_points(margin.points)} points"]
    said += [] if margin.recovery is None else [f"a recovery of {margin.recovery * 100:g}%"]
    return " and ".join([*said, *([] if margin.kl is None else [f"a divergence of {margin.kl:g} nats"])])
