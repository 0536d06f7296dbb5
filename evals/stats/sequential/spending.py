"""How much of the error probability the looks up to some share of the answers may have used."""

from __future__ import annotations

import math

SHAPE = -2.0
"""Of the Hwang-Shih-DeCani family: 1 is close to Pocock's boundary, -4 to O'Brien and Fleming's.

Chosen by enumeration (`benchmarks/sequential_exact.py`): of those that cost at most two points of the fixed test's
power, the one at which a build without loss is passed soonest.
"""


def spent(fraction: float, alpha: float, shape: float = SHAPE) -> float:
    """The error probability used once a `fraction` of the answers is there: alpha (1 - e^(-s f)) / (1 - e^(-s)).

    Any function that grows from 0 to alpha keeps the error, as long as it is fixed before the first answer; its shape
    says how easily an early look passes, and how much that costs the last one.

    Parameters
    ----------
    fraction
        Of the full size, from 0 to 1.
    alpha
        The error probability of all looks together.
    shape
        The family's parameter: at 0 the error is used in proportion to the answers; the lower it is, the more is kept
        for the end.

    Raises
    ------
    ValueError
        A fraction or an alpha out of its range.

    References
    ----------
    Lan and DeMets 1983, Biometrika 70:659 (error spending); Hwang, Shih and DeCani 1990, Stat Med 9:1439 (this family).

    Examples
    --------
    >>> [round(spent(share, 0.05), 4) for share in (0.2, 0.5, 1)]
    [0.0038, 0.0134, 0.05]
    """
    if not 0 <= fraction <= 1:
        raise ValueError(f"fraction must lie between 0 and 1, got {fraction}")
    if not 0 < alpha < 1:
        raise ValueError(f"alpha must lie between 0 and 1, got {alpha}")
    if fraction == 1 or shape == 0:
        return alpha * fraction
    return alpha * math.expm1(-shape * fraction) / math.expm1(-shape)
