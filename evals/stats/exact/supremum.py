"""The largest value of a trinomial probability over an interval of discordance rates, with a bounded error."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from quantgate.evals.stats.checks import FloatArray

# The interpolant may differ from the probability by this much anywhere in the interval.
TOLERANCE = 1e-11
_GRID_PER_NODE = 8
_ROUND_UP_TO = 4

_ELLIPSES = np.array([1.2, 1.4, 1.7, 2.0, 2.4, 2.9, 3.5, 4.5, 6.0, 9.0, 15.0, 30.0, 100.0])[:, None]
_CORNERS = np.exp(1j * (np.arange(16) + 0.5) * math.pi / 16)[None, :]
# The upper half of a 32-gon around each Bernstein ellipse of [-1, 1]: an affine image of a circle, so the polygon that
# surrounds the circle maps to one that surrounds the ellipse. The lower half has the same absolute values.
_POLYGONS = ((_ELLIPSES * _CORNERS + 1 / (_ELLIPSES * _CORNERS)) / 2) / math.cos(math.pi / 32)


Rates = Callable[[npt.NDArray[np.complex128]], tuple[npt.NDArray[np.complex128], npt.NDArray[np.complex128]]]
"""The rates of losses and gains, each affine in the discordance rate psi, at any psi, complex ones too."""


def fixed_difference(difference: float) -> Rates:
    """The rates at which gains exceed losses by `difference`, whatever psi is."""
    return lambda psi: ((psi - difference) / 2, (psi + difference) / 2)


def maximise(probability: Callable[[FloatArray], FloatArray], low: float, high: float, n: int, rates: Rates) -> float:
    """Supremum over psi in [low, high] of the probability of a set of outcomes.

    Such a probability is a polynomial in psi, and no coarse grid: it is interpolated at Chebyshev nodes, as many as
    make the error less than `TOLERANCE` everywhere (see `_node_count`), and the interpolant's maximum is found. A
    trigonometric polynomial p of degree below N satisfies |p''| <= N^2 max|p| (Bernstein), so with 8 N grid cells its
    maximum exceeds the best grid value by less than 2 % of itself, and lies beside one of the local maxima that are
    that close; each of those is refined by Newton's method.

    Parameters
    ----------
    probability
        Maps psi, shape (k,), to probabilities, shape (k,).
    low, high
        The interval, low <= high <= 1, in which all rates are from 0 to 1.
    n
        Number of items.
    rates
        P(loss) and P(gain) at psi.
    """
    if high <= low:
        return float(probability(np.array([low]))[0])
    return min(largest_through(probability(chebyshev_nodes(low, high, n, rates))), 1.0)


def chebyshev_nodes(low: float, high: float, n: int, rates: Rates) -> FloatArray:
    """As many discordance rates between two as tell all of a probability there, to within `TOLERANCE`.

    Parameters
    ----------
    low, high, n, rates
        As `maximise`, low < high.
    """
    cosines, _, _ = _matrices(_node_count(low, high, n, rates))
    return np.asarray((low + high) / 2 + (high - low) / 2 * cosines)


def largest_through(values: FloatArray) -> float:
    """The maximum, over the whole interval, of the polynomial that has these values at its `chebyshev_nodes`."""
    nodes = len(values)
    _, to_coefficients, to_grid = _matrices(nodes)
    coefficients = to_coefficients @ values
    values = to_grid @ coefficients
    best = float(values.max())

    cell = math.pi / (_GRID_PER_NODE * nodes)
    slack = (nodes * cell) ** 2 / 8 * float(np.abs(values).max()) * 1.02
    padded = np.concatenate([[-np.inf], values, [-np.inf]])
    peak = (values >= padded[:-2]) & (values >= padded[2:]) & (values >= best - slack)
    order = np.arange(nodes)
    grid = np.flatnonzero(peak) * cell
    angle = grid
    for _ in range(3):
        phase = angle[:, None] * order
        slope = -np.sin(phase) @ (order * coefficients)
        curvature = -np.cos(phase) @ (order**2 * coefficients)
        step = np.where(curvature < 0, -slope / np.where(curvature < 0, curvature, 1.0), 0.0)
        angle = np.clip(angle + step, grid - cell, grid + cell)
    refined = np.cos(angle[:, None] * order) @ coefficients
    return max(best, float(refined.max()))


def _node_count(low: float, high: float, n: int, rates: Rates) -> int:
    """How many Chebyshev nodes interpolate to within `TOLERANCE`.

    Where |f| <= M on the Bernstein ellipse of parameter rho, interpolation at N nodes errs by at most
    4 M rho^(1-N) / (rho - 1). At a complex psi the probability of any set is at most
    (|P(loss)| + |P(gain)| + |1 - psi|)^n; the base is convex in psi, so its largest value on a polygon around the
    ellipse is at a corner. A polynomial of degree n needs no more than n + 1 nodes.
    """
    psi = (low + high) / 2 + (high - low) / 2 * _POLYGONS
    loss, gain = rates(psi)
    size = np.abs(loss) + np.abs(gain) + np.abs(1 - psi)
    log_bound = n * np.log(size.max(axis=1))
    rho = _ELLIPSES[:, 0]
    needed = 1 + (math.log(4 / TOLERANCE) + log_bound - np.log(rho - 1)) / np.log(rho)
    return min(math.ceil(float(needed.min()) / _ROUND_UP_TO) * _ROUND_UP_TO, n + 1)


@lru_cache(maxsize=64)
def _matrices(nodes: int) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Nodes in [-1, 1]; values at them to Chebyshev coefficients; coefficients to values on the finer grid."""
    order = np.arange(nodes)
    angles = (np.arange(nodes) + 0.5) * math.pi / nodes
    to_coefficients = np.cos(np.outer(order, angles)) * (2.0 / nodes)
    to_coefficients[0] /= 2
    to_grid = np.cos(np.outer(np.arange(_GRID_PER_NODE * nodes + 1) * math.pi / (_GRID_PER_NODE * nodes), order))
    return np.cos(angles), to_coefficients, to_grid
