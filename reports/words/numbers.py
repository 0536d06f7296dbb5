"""How every report writes a figure: points with sign and two decimals, bounds `lower to upper`, shares in percent."""

from __future__ import annotations

import math

from quantgate.evals.decision.types import StratumFigures, TaskDecision

NONE = "—"


def signed(value: float | None) -> str:
    """A difference in points: -0.01 is `-1.00`."""
    return NONE if value is None else f"{100 * value:+.2f}"


def percent(value: float | None) -> str:
    """A share: 0.55 is `55.00%`."""
    return NONE if value is None else f"{100 * value:.2f}%"


def recovery(value: float | None) -> str:
    """Candidate over baseline in percent, as quantizers publish it: 0.9937 is `99.4%`."""
    return NONE if value is None else f"{100 * value:.1f}%"


def bounds(row: TaskDecision | StratumFigures, margin: float | None = None) -> str:
    """The deciding bounds in points; `>-2.00` where no more is claimed than that the loss is within the margin.

    A comparison of several formats claims no more than that where that is all its step-down has shown
    (`evals.decision.compare`): the bound then is the float next to the margin.
    """
    if row.lower is None or row.upper is None:
        return NONE
    edge = margin if margin is not None else getattr(row, "margin", math.inf)
    above = ">" if row.lower == math.nextafter(-edge, 1.0) else ""
    below = "<" if row.upper == math.nextafter(-edge, -1.0) else ""
    return f"{above}{signed(row.lower)} to {below}{signed(row.upper)}"


def margin_points(fraction: float) -> str:
    """A margin in points: 0.02 is `2`."""
    return f"{fraction * 100:g}"


def items_times_repeats(task: TaskDecision) -> str:
    """`1,319` for one answer each, `198 × 4` for four."""
    return f"{task.items:,}" + (f" × {task.repeats}" if task.repeats > 1 else "")


def losses_and_gains(task: TaskDecision) -> str:
    """Items that only the baseline has right, and only the candidate: `6 / 2`; of repeats, items whose mean moved."""
    if task.losses is not None and task.gains is not None:
        return f"{task.losses:,} / {task.gains:,}"
    if task.flip_table is not None:
        return f"{task.flip_table.losses:,} / {task.flip_table.gains:,}"
    return NONE
