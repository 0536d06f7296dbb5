"""Levels of the looks for bounds of means, whose errors at later looks are those at earlier ones for a good part."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

import numpy as np
from scipy.special import ndtr, ndtri

from quantgate.evals.stats.checks import SMALLEST_ALPHA, FloatArray
from quantgate.evals.stats.roots import brentq

# Points of the density between looks, and how many standard deviations it is followed.
_POINTS, _REACH = 801, 8.0


def correlated_levels(fractions: Sequence[float], spent: Sequence[float]) -> tuple[float, ...]:
    """The levels at which a bound is held at looks, so that all looks up to each together err with `spent` of it.

    Looks see the same answers again, so that a sum of their levels, the union bound, is far more than they err
    together. Where increments are independent, means at looks with fractions s < t of the answers have the correlation
    sqrt(s / t), and the levels are those of a group-sequential design; here they are computed as if the means were
    normal. More answers to the same items are correlated by more than that, since what truly differs between items
    stays: together they then err less (Slepian 1962). That the bounds keep the error with it is calibrated by
    simulation (`benchmarks/sequential.py`), as they themselves are.

    Parameters
    ----------
    fractions
        Of the answers at each look, growing to 1.
    spent
        The error probability that each look and those before it may use, growing, below 0.5.

    Returns
    -------
    tuple[float, ...]
        One for each look, from `SMALLEST_ALPHA` to below 0.5, or 0 where that would be too much; what a look does not
        use, those after it may.

    Raises
    ------
    ValueError
        Numbers that do not grow, or are out of their range.

    References
    ----------
    Armitage, McPherson and Rowe 1969, JRSS A 132:235; Lan and DeMets 1983, Biometrika 70:659; Slepian 1962.

    Examples
    --------
    >>> [round(level, 4) for level in correlated_levels((0.5, 1.0), (0.025, 0.05))]
    [0.025, 0.0354]
    """
    return _levels(tuple(fractions), tuple(spent))


@lru_cache(maxsize=256)
def _levels(fractions: tuple[float, ...], spent: tuple[float, ...]) -> tuple[float, ...]:
    grows = all(earlier < later for earlier, later in pairwise((0.0, *fractions)))
    if len(fractions) != len(spent) or not grows or fractions[-1] > 1 + 1e-9:
        raise ValueError(f"fractions must be one for each look, and grow from above 0 to 1, got {fractions}")
    if sorted(spent) != list(spent) or spent[0] <= 0 or spent[-1] >= 0.5:
        raise ValueError(f"spent must grow from above 0 to below 0.5, got {spent}")
    walk = _Walk(np.zeros(1), np.ones(1), 0.0)
    used = 0.0
    levels = []
    for fraction, limit in zip(fractions, spent, strict=True):
        level = walk.level_for(limit - used, fraction)
        if level:
            used += walk.beyond(float(-ndtri(level)), fraction)
        walk = walk.gone_on(level, fraction)
        # Rounding alone would make that of one look more than alpha.
        levels.append(min(level, limit))
    return tuple(levels)


@dataclass(frozen=True, eq=False)
class _Walk:
    """A Brownian motion that has passed at no look so far: where it is, with which probability, and when."""

    places: FloatArray
    mass: FloatArray
    now: float

    def beyond(self, z: float, then: float) -> float:
        """The probability that it lies more than z standard deviations above its mean then."""
        return float(self.mass @ ndtr((self.places - z * math.sqrt(then)) / math.sqrt(then - self.now)))

    def level_for(self, chance: float, then: float) -> float:
        """The level that it then passes with such a probability; 0 where that is less than a bound can be held at."""
        highest = float(-ndtri(SMALLEST_ALPHA))
        if self.beyond(highest, then) > chance:
            return 0.0
        return float(ndtr(-brentq(lambda z: self.beyond(z, then) - chance, 0.0, highest, xtol=2e-12)))

    def gone_on(self, level: float, then: float) -> _Walk:
        """What has not passed then either."""
        size, step = math.sqrt(then), math.sqrt(then - self.now)
        grid = np.linspace(-_REACH * size, size * (float(-ndtri(level)) if level else _REACH), _POINTS)
        weights = np.full(_POINTS, grid[1] - grid[0])
        weights[[0, -1]] /= 2
        density = (
            np.exp(-(((grid[:, None] - self.places) / step) ** 2) / 2) @ self.mass / (step * math.sqrt(2 * math.pi))
        )
        return _Walk(grid, density * weights, then)
