"""The distribution of a mean under Dirichlet weights, exact by one-dimensional inversion."""

from __future__ import annotations

import math

import numpy as np
from scipy.special import betaincinv

from quantgate.evals.stats.checks import FloatArray
from quantgate.evals.stats.roots import brentq

# Distinct values that are inverted; more are put on a grid.
MOST_INVERTED = 4001
# Step of the trapezoid rule. Halving it changes no bound by more than 1e-12: the integrand is analytic in a strip.
_STEP = 0.04
# The integrand is followed until it has fallen by this many powers of e.
_DEPTH = 40.0
# Complex numbers held at a time.
_BLOCK = 1_000_000


def quantile(values: FloatArray, masses: FloatArray, probability: float, sizes: FloatArray | None = None) -> float:
    """Quantile of M = sum of w_j values_j, where the weights w are Dirichlet(masses).

    With independent G_j ~ Gamma(masses_j), M <= x exactly where sum of (values_j - x) G_j <= 0. That sum has the
    moment generating function prod of (1 - s (values_j - x))^(-masses_j), which `distribution` inverts. For two values
    M is an affine function of a Beta variable. Where values stand for several items each, M is the ratio of
    sum of sizes_j values_j G_j to sum of sizes_j G_j, and the differences are multiplied by the sizes.

    Parameters
    ----------
    values
        Shape (j,), ascending; distinct where there are no sizes.
    masses
        Shape (j,), positive; those of the smallest value sum to at least 1.
    probability
        In (0, 0.5).
    sizes
        Shape (j,), positive; all alike when omitted.

    Returns
    -------
    float
        The quantile, right to about 1e-11.

    References
    ----------
    Cifarelli and Regazzini 1990 (means of a Dirichlet process); Imhof 1961, Biometrika 48:419 (the inversion); Daniels
    1954 (the path through the saddle point).
    """
    low, high = float(values[0]), float(values[-1])
    if low == high:
        return low
    if len(values) == 2 and sizes is None:
        return high - (high - low) * float(betaincinv(masses[0], masses[1], 1 - probability))

    def excess(x: float) -> float:
        return distribution(values, masses, x, sizes) - probability

    # The two ends of the support are no place to invert at, and the search needs none of them.
    weights = masses if sizes is None else masses * sizes
    mean = float(weights @ values / weights.sum())
    spread = math.sqrt(float(weights @ (values - mean) ** 2)) / float(weights.sum())
    below, above = mean, mean
    while excess(below) >= 0:
        above, below = below, max(below - spread, (low + below) / 2)
    while excess(above) < 0:
        below, above = above, min(above + spread, (high + above) / 2)
    return brentq(excess, below, above, xtol=1e-13, rtol=4 * math.ulp(1.0))


def distribution(values: FloatArray, masses: FloatArray, x: float, sizes: FloatArray | None = None) -> float:
    """P(M <= x), right to about 1e-13 for x below the mean, where it is used, and to 1e-10 anywhere.

    With K(s) = -sum of masses_j log(1 - s (values_j - x)) it is -1/(2 pi i) times the integral of exp(K(s))/s ds along
    any upright line s = start + iy with 1/(values_0 - x) < start < 0. The line through the saddle point of K has the
    least oscillation; y = scale sinh(u) makes the tails, powers of y, exponential, where the trapezoid rule excels.
    """
    if x <= values[0] or x >= values[-1]:
        return float(x >= values[-1])
    shifted = values - x if sizes is None else sizes * (values - x)
    curvature = float(masses @ shifted**2)
    start = min(_saddle_point(shifted, masses), -0.5 / math.sqrt(curvature))
    kept = 1 - start * shifted
    scale = 1 / math.sqrt(float(masses @ (shifted / kept) ** 2))
    # |exp K| falls at least as if all the mass were at the largest slope, and for few items like y^-(sum of masses).
    reach = min(math.asinh(_reach(shifted / kept, masses, scale)), 700.0)
    nodes = np.arange(math.ceil(reach / _STEP) + 1) * _STEP
    heights = scale * np.sinh(nodes)
    exponent = np.zeros(len(nodes), dtype=np.complex128)
    rows = max(1, _BLOCK // len(nodes))
    for first in range(0, len(shifted), rows):
        part = slice(first, first + rows)
        ratio = np.outer(shifted[part] / kept[part], heights)
        size, angle = 0.5 * np.log1p(ratio**2), -np.arctan(ratio)
        exponent -= masses[part] @ size + 1j * (masses[part] @ angle)
    offset = -float(masses @ np.log(kept))
    integrand = (np.exp(exponent + offset) / (start + 1j * heights)).real * scale * np.cosh(nodes)
    integrand[0] /= 2
    return -float(integrand.sum()) * _STEP / math.pi


def _saddle_point(shifted: FloatArray, masses: FloatArray) -> float:
    """Where K'(s) = 0; K is convex between the two poles next to 0."""
    low, high = 1 / float(shifted.min()), 1 / float(shifted.max())

    def slope(s: float) -> float:
        return float(masses @ (shifted / (1 - s * shifted)))

    edge = 1e-9
    low, high = low * (1 - edge), high * (1 - edge)
    if slope(low) >= 0:
        return low
    if slope(high) <= 0:
        return high
    # Any line between the poles gives the same integral: the place need not be known well.
    return brentq(slope, low, high, xtol=1e-3 * min(-low, high), rtol=1e-3)


def _reach(slopes: FloatArray, masses: FloatArray, scale: float) -> float:
    """The multiple of `scale` at which the integrand has fallen by `_DEPTH` powers of e."""

    def fallen(log_multiple: float) -> float:
        # log1p(r^2) / 2 without overflow.
        log_ratio = np.log(np.maximum(np.abs(slopes) * scale, 1e-300)) + log_multiple
        return float(masses @ np.logaddexp(0.0, 2 * log_ratio)) / 2 - _DEPTH

    top = 1.0
    while fallen(top) < 0:
        top *= 2
    return math.exp(min(brentq(fallen, -10.0, top, xtol=0.01), 300.0))
