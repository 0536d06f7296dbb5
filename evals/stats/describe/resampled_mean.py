"""The bootstrap distribution of a mean: the exact one, by a convolution on a grid, or as a simulation would show it."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.fft import next_fast_len

from quantgate.evals.stats.checks import FloatArray

# Grids of steps 1/1 ... 1/64 are looked for; repeats of k answers give differences in steps of 1/k.
_FINEST_GRID = 64
_ON_GRID = 1e-9
# Other differences are put on a grid of this many steps between the smallest and the largest.
_STEPS = 4096
# The convolution is periodic; its period holds this many standard deviations on either side.
_REACH = 12
# Probabilities are right to about this, so a quantile's level is met within it.
_ROUNDING = 1e-11


@dataclass(frozen=True, eq=False)
class ResampledMean:
    """A distribution of means: ascending `points`, shape (p,), and their `probabilities`, which sum to 1."""

    points: FloatArray
    probabilities: FloatArray

    def lower_quantile(self, level: float) -> float:
        """The smallest mean that is not exceeded with probability `level` or more."""
        return float(self.points[_first(np.cumsum(self.probabilities) >= level - _ROUNDING)])

    def upper_quantile(self, level: float) -> float:
        """The largest mean that is reached with probability `level` or more: the mirror of `lower_quantile`."""
        return float(self.points[::-1][_first(np.cumsum(self.probabilities[::-1]) >= level - _ROUNDING)])

    def rank(self, point: float) -> float:
        """P(mean < point) + P(mean = point)/2."""
        near = np.abs(self.points - point) <= 1e-12
        return float(self.probabilities[(self.points < point) & ~near].sum() + self.probabilities[near].sum() / 2)


def exact_distribution(values: FloatArray, counts: FloatArray | None = None) -> ResampledMean:
    """Distribution of the mean of n items drawn with replacement from n: the limit of infinitely many resamples.

    The values of one item are put on a grid, and their distribution is convolved n times with itself in the Fourier
    domain. Values that are multiples of 1/k, k up to 64, are met exactly; any other is shared between its two
    neighbours on a grid of 4096 steps so that its mean is kept, which adds at most 1/8192 of the range per item, over
    sqrt(n), to the standard error (in quadrature).

    Parameters
    ----------
    values
        Shape (n,), not all equal.
    counts
        How many items have each value; one each when omitted.
    """
    masses = np.ones(len(values)) if counts is None else counts
    n, scale = int(masses.sum()), _steps_per_unit(values)
    place = values * scale
    left = np.floor(place + _ON_GRID)
    # The share that belongs to the next point of the grid; none where the value lies on one.
    rest = np.where(place - left <= _ON_GRID, 0.0, place - left)
    lowest = int(left.min())
    index = (left - lowest).astype(np.intp)
    size = int(index.max()) + 2
    shares = masses / n
    here, beyond = np.bincount(index, (1 - rest) * shares, size), np.bincount(index + 1, rest * shares, size)
    base: FloatArray = (here + beyond).astype(np.float64)
    mean = float(base @ np.arange(size))
    deviation = math.sqrt(float(base @ (np.arange(size) - mean) ** 2) * n)
    period = next_fast_len(int(min(2 * _REACH * (deviation + 1), n * (size - 1.0))) + 2, real=True)
    folded = np.bincount(np.arange(size) % period, base, period)
    total = np.fft.irfft(np.fft.rfft(folded) ** n, period)
    # Sums are known modulo the period; they are the ones around the mean, between 0 and the largest.
    first = max(min(round(n * mean) - period // 2, n * (size - 1) + 1 - period), 0)
    sums = first + np.arange(period)
    probabilities = np.maximum(total[sums % period], 0.0)
    # Whole numbers divided once: the builds exchanged, the same points with the other sign.
    points = (sums + n * lowest) / (n * scale)
    return ResampledMean(points.astype(np.float64), (probabilities / probabilities.sum()).astype(np.float64))


def simulated_distribution(values: FloatArray, draws: int, seed: int) -> ResampledMean:
    """What `draws` resamples would show of it: how many fall on each point is multinomial.

    Parameters
    ----------
    values
        Shape (n,), not all equal.
    draws
        resamples.
    seed
        Of the generator.
    """
    exact = exact_distribution(values)
    generator = np.random.Generator(np.random.PCG64(seed))
    return ResampledMean(exact.points, generator.multinomial(draws, exact.probabilities) / draws)


def _steps_per_unit(values: FloatArray) -> float:
    """Points per unit of a grid that holds 0, and the values if there is one fine enough."""
    for k in range(1, _FINEST_GRID + 1):
        places = values * k
        if np.abs(places - np.round(places)).max() <= _ON_GRID:
            return float(k)
    return _STEPS / float(values.max() - values.min())


def _first(reached: npt.NDArray[np.bool_]) -> int:
    return int(np.argmax(reached)) if reached.any() else len(reached) - 1
