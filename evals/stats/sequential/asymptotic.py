"""The levels that looks would have with infinitely many items, where the mean is a Brownian motion."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from scipy.optimize import brentq
from scipy.special import ndtr, ndtri

from quantgate.evals.stats.checks import FloatArray

# Nodes of the quadrature, and how far down it goes, in standard deviations: levels come out right to ten digits.
_NODES, _REACH = 120, 9.0


def asymptotic_levels(fractions: Sequence[float], spent: Sequence[float]) -> tuple[float, ...]:
    """One-sided nominal levels at which a Brownian motion has crossed with probability `spent` at each look or before.

    Parameters
    ----------
    fractions
        Of the information at each look, growing, above 0.
    spent
        Probabilities, growing, above 0 and below 0.5.

    References
    ----------
    Armitage, McPherson and Rowe 1969, JRSS A 132:235 (the recursion); Jennison and Turnbull 2000, chapter 19 (its
    numerical integration).

    Examples
    --------
    >>> [round(level, 4) for level in asymptotic_levels((0.5, 1), (0.025, 0.05))]
    [0.025, 0.0354]
    """
    nodes, weights = np.polynomial.legendre.leggauss(_NODES)
    values, density = np.zeros(1), np.ones(1)
    levels: list[float] = []
    before = used = 0.0
    for fraction, limit in zip(fractions, spent, strict=True):
        root, step = math.sqrt(fraction), math.sqrt(fraction - before)
        level = limit if used == 0 else _level(values / root, density, step / root, limit - used, limit)
        levels.append(level)
        edge = -float(ndtri(level)) * root
        half = (edge + _REACH * root) / 2
        places = edge - half + half * nodes
        kernel = np.exp(-(((places[:, None] - values) / step) ** 2) / 2) / (step * math.sqrt(2 * math.pi))
        values, density = places, half * weights * (kernel @ density)
        before, used = fraction, limit
    return tuple(levels)


def _level(values: FloatArray, density: FloatArray, step: float, share: float, limit: float) -> float:
    """The level beyond which a normal step from the values, with this deviation, ends with probability `share`."""

    def excess(level: float) -> float:
        return float(density @ ndtr((values + ndtri(level)) / step)) - share

    # It is between the share, of which some had crossed before, and all that is spent.
    return float(brentq(excess, share / 2, min(2 * limit, 0.5), xtol=1e-14))
