"""The Bayesian bootstrap of recovery with one worst-case item more: for repeats, fractional scores, macro averages."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from quantgate.evals.stats.bayesian.dirichlet_mean import MOST_INVERTED, distribution
from quantgate.evals.stats.bayesian.stratified import DRAWS, SEED, Shape, StratifiedMean, Sums
from quantgate.evals.stats.roots import brentq
from quantgate.evals.stats.strata import FloatArray, split_strata

# How closely a bound is found, in parts of itself.
_CLOSE = 1e-9
_CLOSE_SIMULATED = 1e-7
# Scores closer than this are one.
_DECIMALS = 12


def bayesian_ratio_bound(
    baseline: FloatArray,
    candidate: FloatArray,
    alpha: float,
    *,
    strata: Sequence[str] | None = None,
    weights: Mapping[str, float] | None = None,
    clusters: Sequence[str] | None = None,
) -> float:
    """One-sided lower confidence bound of mean(candidate) / mean(baseline), at confidence 1 - alpha.

    That the ratio is at most r is that the mean of candidate - r baseline is at most 0, which
    `evals.stats.bayesian.unseen_item` bounds: the values lie in [-r, 1], and the item that no one has seen is right in
    the baseline and wrong in the candidate. The bound is the largest r that is shown. The posterior is that of one
    ratio whatever r is, with that item in it, so what is shown of r is shown of all below it. With strata both means
    are macro averages.

    Parameters
    ----------
    baseline, candidate
        Shape (n,), mean scores per item, in [0, 1].
    alpha
        Error probability, in (0, 0.5).
    strata, weights, clusters
        As in `evals.stats.bayesian.unseen_item.bayesian_lower_bound`.
    """
    groups = split_strata(candidate - baseline, strata, weights, clusters)
    if strata is not None and len(groups) == 1:
        chosen = np.array([weights is None or weights[name] > 0 for name in strata])
        baseline, candidate, strata = baseline[chosen], candidate[chosen], None
        clusters = None if clusters is None else [name for name, keep in zip(clusters, chosen, strict=True) if keep]
    if not candidate.any():
        return 0.0
    if strata is not None:
        held = _StratifiedRatio(baseline, candidate, strata, weights, clusters)
        low, high = _bracket(lambda ratio: held.shows(ratio, alpha), held.estimate)
        while high - low > _CLOSE_SIMULATED * high:
            middle = (low + high) / 2
            low, high = (middle, high) if held.shows(middle, alpha) else (low, middle)
        return low

    def excess(ratio: float) -> float:
        values, null = excesses(baseline, candidate, ratio)
        distinct, sizes, masses = split_strata(values, None, None, clusters)[0].with_unseen(MOST_INVERTED)
        return distribution(distinct, masses, null, sizes) - alpha

    estimate = float(candidate.mean() / baseline.mean()) if baseline.any() else math.inf
    low, high = _bracket(lambda ratio: excess(ratio) < 0, estimate)
    return low if low == high else brentq(excess, low, high, xtol=_CLOSE)


def excesses(baseline: FloatArray, candidate: FloatArray, ratio: float) -> tuple[FloatArray, float]:
    """Values in [-1, 1], and what their mean is above where candidate / baseline is above the ratio.

    Up to 1 an item that both have right has the value 0 and one that is lost -1, as in a difference: a loss then hides
    from the bound over strata as it does there. Above 1 the values are scaled.
    """
    if ratio <= 1:
        return candidate - ratio * baseline - (1 - ratio), -(1 - ratio)
    return candidate / ratio - baseline, 0.0


def _bracket(shows: Callable[[float], bool], estimate: float) -> tuple[float, float]:
    """A ratio that is shown and one above it that is not; twice 0 where none is shown."""
    if not shows(_CLOSE):
        return 0.0, 0.0
    low, high = min(estimate, 1.0), min(estimate, 1.0)
    step = 0.01
    while not shows(low):
        low, high, step = max(low - step, low / 2, _CLOSE), low, step * 2
    while low == high and shows(high := high * 1.25 if high < estimate else high):
        if high >= estimate:
            return high, high
        low = high
    return low, high


@dataclass(frozen=True, slots=True, eq=False)
class _Units:
    """The distinct units of one stratum: `held` is baseline's mean, candidate's mean and size, shape (distinct, 3)."""

    weight: float
    held: FloatArray
    counts: FloatArray

    @property
    def key(self) -> tuple[float, ...]:
        """What the stratum holds, for an order of strata that does not rest on their names."""
        return (self.counts.sum(), self.weight, *self.held.ravel(), *self.counts)

    @property
    def shape(self) -> Shape:
        sizes = self.held[:, 2]
        return Shape(self.weight, float(sizes.max()), float(sizes @ self.counts), int(self.counts.sum()))

    def mean(self, column: int) -> float:
        """The mean over items of the baseline's scores (column 0) or the candidate's (1)."""
        masses = self.held[:, 2] * self.counts
        return float(masses @ self.held[:, column]) / float(masses.sum())


class _StratifiedRatio:
    """The posterior of a ratio of two macro averages: simulated once, asked at any ratio."""

    def __init__(
        self,
        baseline: FloatArray,
        candidate: FloatArray,
        strata: Sequence[str],
        weights: Mapping[str, float] | None,
        clusters: Sequence[str] | None,
    ) -> None:
        names, groups = np.array(strata), clusters or [str(place) for place in range(len(strata))]
        units = []
        for name in sorted(set(strata)):
            weight = 1.0 if weights is None else weights[name]
            if weight > 0:
                inside = np.flatnonzero(names == name).tolist()
                units.append(_units(baseline[inside], candidate[inside], [groups[place] for place in inside], weight))
        total = math.fsum(one.weight for one in units)
        units = sorted((replace(one, weight=one.weight / total) for one in units), key=lambda one: one.key)
        self._shapes = [one.shape for one in units]
        self._sums = [_simulated(one, place) for place, one in enumerate(units)]
        means = [math.fsum(one.weight * one.mean(column) for one in units) for column in (0, 1)]
        self.estimate = means[1] / means[0] if means[0] > 0 else math.inf

    def shows(self, ratio: float, alpha: float) -> bool:
        """Whether the bound lies above the ratio."""
        null = excesses(np.zeros(1), np.zeros(1), ratio)[1]
        sums: list[Sums] = []
        for lost, won, mass, count in self._sums:
            # As `excesses`, of sums over units.
            weighted = won - ratio * lost - (1 - ratio) * mass if ratio <= 1 else won / ratio - lost
            sums.append((weighted, mass, count))
        return StratifiedMean.of_sums(self._shapes, sums, DRAWS).shows(null, alpha)


def _units(baseline: FloatArray, candidate: FloatArray, groups: Sequence[str], weight: float) -> _Units:
    place = np.unique(np.array(groups), return_inverse=True)[1]
    sizes = np.bincount(place).astype(np.float64)
    means = [np.round(np.bincount(place, scores) / sizes, _DECIMALS) for scores in (baseline, candidate)]
    held, counts = np.unique(np.column_stack([*means, sizes]), axis=0, return_counts=True)
    return _Units(weight, held, counts.astype(np.float64))


def _simulated(units: _Units, place: int) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
    """Sums over units of gamma variables times size times baseline, candidate and 1, and alone, each shape (draws,)."""
    generator = np.random.Generator(np.random.PCG64([SEED, place]))
    sums = np.zeros((4, DRAWS))
    for (baseline, candidate, size), shape in zip(units.held, units.counts, strict=True):
        gammas = generator.standard_gamma(shape, DRAWS)
        for row, factor in zip(sums, (size * baseline, size * candidate, size, 1.0), strict=True):
            row += factor * gammas
    return sums[0], sums[1], sums[2], sums[3]
