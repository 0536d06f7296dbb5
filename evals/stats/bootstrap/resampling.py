"""Resamples units, items or clusters, within strata, and gives the distribution of the mean or of the t statistic."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from quantgate.evals.stats.checks import FloatArray
from quantgate.evals.stats.describe.resampled_mean import ResampledMean, exact_distribution
from quantgate.evals.stats.strata import Stratum

RESAMPLES = 9_999
SEED = 20_250_419
# Units of one size with more distinct values than this are put on a grid of so many (`Stratum.counted`): it widens the
# standard error by less than a hundredth of what drawing resamples leaves open.
_MOST_DISTINCT = 401
# Numbers of a batch of resamples that are held at a time.
_HELD = 2_000_000
# A standard error below this is none: rounding alone.
_NO_SPREAD = 1e-12


def mean_of(strata: Sequence[Stratum]) -> float:
    """The weighted mean of the strata's means over items."""
    return float(sum(stratum.weight * stratum.mean for stratum in strata))


def standard_error(strata: Sequence[Stratum]) -> float:
    """The standard error of `mean_of`; 0 where no two units of a stratum differ.

    That of a stratum is the ratio estimator's: its clusters are drawn, and with them how many items there are.
    """
    sums = [_features(stratum.values, stratum.sizes).sum(axis=0)[None, :] for stratum in strata]
    return float(_means_and_errors(strata, sums)[1][0])


def influences(strata: Sequence[Stratum]) -> FloatArray:
    """Each unit's influence on `mean_of`, centred and divided by the number of its stratum's units."""
    parts = [
        stratum.weight * stratum.sizes * (stratum.values - stratum.mean) / float(stratum.sizes.sum())
        for stratum in strata
    ]
    return np.concatenate(parts)


def resampled_means(strata: Sequence[Stratum], resamples: int = RESAMPLES, seed: int = SEED) -> ResampledMean:
    """The distribution of the mean over resamples: units drawn with replacement within each stratum.

    Of one pool of units of the same size it is the limit of infinitely many, without any random number; else
    `resamples` are drawn. Not all units may be equal.
    """
    if len(strata) == 1 and strata[0].single:
        return exact_distribution(strata[0].values)
    means, _ = _resampled(strata, resamples, seed)
    points, counts = np.unique(means, return_counts=True)
    return ResampledMean(points, counts / len(means))


def resampled_t(strata: Sequence[Stratum], resamples: int = RESAMPLES, seed: int = SEED) -> FloatArray:
    """The t statistics of the resamples, (mean* - mean) / standard error*, shape (resamples,), ascending.

    A resample in which no two units differ has no standard error and says nothing against a larger deviation: it counts
    as infinite, so that a lower bound never rests on it.
    """
    means, errors = _resampled(strata, resamples, seed)
    spread = errors > _NO_SPREAD
    found = np.full(len(means), np.inf)
    found[spread] = (means[spread] - mean_of(strata)) / errors[spread]
    return np.sort(found)


def _resampled(strata: Sequence[Stratum], resamples: int, seed: int) -> tuple[FloatArray, FloatArray]:
    """Means and standard errors of the resamples, each of shape (resamples,)."""
    generator = np.random.Generator(np.random.PCG64(seed))
    return _means_and_errors(strata, [np.concatenate(list(_drawn(one, resamples, generator))) for one in strata])


def _drawn(stratum: Stratum, resamples: int, generator: np.random.Generator) -> Iterator[FloatArray]:
    """Sums of the features over resamples of a stratum, in batches.

    How often each distinct unit is drawn is multinomial: the same law as that of drawn indices, at the cost of the
    distinct units in place of all.
    """
    values, sizes, masses = _distinct(stratum)
    features, shares = _features(values, sizes), masses / masses.sum()
    rows = max(_HELD // len(values), 1)
    for start in range(0, resamples, rows):
        counts = generator.multinomial(len(stratum.values), shares, size=min(rows, resamples - start))
        yield counts @ features


def _distinct(stratum: Stratum) -> tuple[FloatArray, FloatArray, FloatArray]:
    """The distinct units with their sizes and numbers; each size has a grid of its own where its values are many."""
    counted = [
        Stratum(stratum.weight, stratum.values[alike], stratum.sizes[alike]).counted(_MOST_DISTINCT)
        for alike in (stratum.sizes == size for size in np.unique(stratum.sizes))
    ]
    values, sizes, masses = (np.concatenate(parts) for parts in zip(*counted, strict=True))
    return values, sizes, masses


def _features(values: FloatArray, sizes: FloatArray) -> FloatArray:
    """What mean and standard error need the sums of, shape (units, 5)."""
    totals = sizes * values
    return np.column_stack([sizes, totals, totals**2, sizes * totals, sizes**2])


def _means_and_errors(strata: Sequence[Stratum], sums: Sequence[FloatArray]) -> tuple[FloatArray, FloatArray]:
    """The weighted means, and their standard errors, of sums of the strata's features, each of shape (resamples, 5)."""
    means, variances = np.zeros(len(sums[0])), np.zeros(len(sums[0]))
    for stratum, found in zip(strata, sums, strict=True):
        size, total, squares, cross, squared_sizes = found.T
        mean = total / size
        n = len(stratum.values)
        squared_residuals = np.maximum(squares - 2 * mean * cross + mean**2 * squared_sizes, 0.0)
        means += stratum.weight * mean
        variances += stratum.weight**2 * squared_residuals / size**2 * (n / max(n - 1, 1))
    return means, np.sqrt(variances)
