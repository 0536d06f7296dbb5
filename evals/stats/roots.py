"""A root between two ends, by Brent's method.

It is scipy's `brentq` to the last bit (a test holds it to that). The package that `brentq` stands in loads linear
programs, sparse matrices and more with it, which took a sixth of the CPU of a gate.
"""

from __future__ import annotations

from collections.abc import Callable

_MOST_STEPS = 100


def brentq(function: Callable[[float], float], low: float, high: float, *, xtol: float, rtol: float = 2**-50) -> float:
    """Where a continuous function changes its sign.

    Parameters
    ----------
    function
        Of different signs, or 0, at the two ends.
    low, high
        The ends.
    xtol, rtol
        The root lies no farther than `xtol + rtol * abs(root)` from what is returned.

    Raises
    ------
    ValueError
        Signs that are alike.
    RuntimeError
        A search that does not end within a hundred steps.

    References
    ----------
    Brent 1973, Algorithms for Minimization Without Derivatives, chapter 4.

    Examples
    --------
    >>> round(brentq(lambda x: x * x - 2, 0, 2, xtol=1e-12), 10)
    1.4142135624
    """
    other, best = float(low), float(high)
    at_other, at_best = function(other), function(best)
    if at_other == 0 or at_best == 0:
        return other if at_other == 0 else best
    if (at_other < 0) == (at_best < 0):
        raise ValueError(f"the function has the same sign at {low} and at {high}")
    # `across` is the end of the bracket that `best` is not, `step` the last step and `before` the one before it.
    across = at_across = before = step = 0.0
    for _ in range(_MOST_STEPS):
        if at_other != 0 and at_best != 0 and (at_other < 0) != (at_best < 0):
            across, at_across = other, at_other
            before = step = best - other
        if abs(at_across) < abs(at_best):
            other, best, across = best, across, best
            at_other, at_best, at_across = at_best, at_across, at_best
        near = (xtol + rtol * abs(best)) / 2
        half = (across - best) / 2
        if at_best == 0 or abs(half) < near:
            return best
        tried = None
        if abs(before) > near and abs(at_best) < abs(at_other):
            tried = _interpolated(other, best, across, at_other, at_best, at_across)
        if tried is not None and 2 * abs(tried) < min(abs(before), 3 * abs(half) - near):
            before, step = step, tried
        else:
            before = step = half
        other, at_other = best, at_best
        best += step if abs(step) > near else (near if half > 0 else -near)
        at_best = function(best)
    raise RuntimeError(f"no root was found between {low} and {high}")


def _interpolated(
    other: float, best: float, across: float, at_other: float, at_best: float, at_across: float
) -> float | None:
    """The step to where a line through two points is 0, or a parabola (in the value) through three."""
    if other == across:
        return -at_best * (best - other) / (at_best - at_other)
    to_other, to_across = (at_other - at_best) / (other - best), (at_across - at_best) / (across - best)
    below = to_across * to_other * (at_across - at_other)
    if below == 0:
        return None
    return -at_best * (at_across * to_across - at_other * to_other) / below
