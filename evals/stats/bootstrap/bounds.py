"""Bounds of the mean paired difference by a plain bootstrap, for who wants to decide as most of the field does."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy.typing as npt

from quantgate.evals.stats.bootstrap.bca import acceleration, bca_level
from quantgate.evals.stats.bootstrap.resampling import (
    RESAMPLES,
    influences,
    mean_of,
    resampled_means,
    resampled_t,
    standard_error,
)
from quantgate.evals.stats.bootstrap.setting import Bootstrap
from quantgate.evals.stats.checks import FloatArray, check_differences
from quantgate.evals.stats.strata import Stratum, split_strata


@dataclass(frozen=True, slots=True)
class BootstrapBounds:
    """Bounds by a bootstrap, in [-1, 1]; `None` where it has none. `reason` says what was drawn, and how often."""

    lower: float | None
    upper: float | None
    reason: str


def bootstrap_bounds(
    lowest: npt.ArrayLike,
    highest: npt.ArrayLike,
    method: Bootstrap,
    *,
    alpha: float = 0.05,
    strata: Sequence[str] | None = None,
    weights: Mapping[str, float] | None = None,
    clusters: Sequence[str] | None = None,
) -> BootstrapBounds:
    """Bootstrap bounds of the mean of per-item values, such as differences in score.

    They hold for many items and many flips. For few they do not: `evals.stats.bootstrap.worst` measures how often they
    pass a build that is worse by the margin. The bounds that hold are `evals.stats.bounds.paired_bounds`.

    Parameters
    ----------
    lowest, highest
        Shape (n,), repeats averaged; each in [-1, 1]. The lower bound rests on the one, the upper on the other: they
        differ where answers are missing.
    method
        `PERCENTILE`: the alpha quantile of the resampled means. `BCA`: the same at a level corrected for bias and
        skewness. `STUDENTISED`: the estimate less the 1 - alpha quantile of the resampled t statistics, in standard
        errors.
    alpha
        Error probability that is asked of each bound, in (0, 0.5).
    strata, weights, clusters
        As in `paired_bounds`. Resamples are drawn within each stratum; where there are clusters, clusters are drawn.

    Returns
    -------
    BootstrapBounds
        The upper bound is the mirror image, to the bit, of the lower one with the builds exchanged. Where no two units
        differ BCa and the studentised bootstrap have none; the percentile bootstrap's is then the value of them all.

    Raises
    ------
    ValueError
        Values outside of [-1, 1]; strata, weights or clusters that do not fit.

    References
    ----------
    Efron 1987, JASA 82:171; Hall 1988, Ann Stat 16:927.

    Examples
    --------
    >>> equal = [0.0] * 20
    >>> [bootstrap_bounds(equal, equal, method).lower for method in Bootstrap]
    [0.0, None, None]
    """
    below = split_strata(check_differences(lowest), strata, weights, clusters)
    above = split_strata(-check_differences(highest), strata, weights, clusters)
    mirrored = lower_bound(above, method, alpha)
    return BootstrapBounds(
        lower_bound(below, method, alpha), None if mirrored is None else 0.0 - mirrored, _reason(method, below)
    )


def lower_bound(strata: Sequence[Stratum], method: Bootstrap, alpha: float, resamples: int = RESAMPLES) -> float | None:
    """The lower bound of the units' mean, in [-1, 1]; `None` where the method has none.

    Parameters
    ----------
    strata
        The units, as `evals.stats.strata.split_strata` gives them.
    method, alpha
        See `bootstrap_bounds`.
    resamples
        Where resamples are drawn.
    """
    estimate = mean_of(strata)
    if all(stratum.values[0] == stratum.values[-1] for stratum in strata):
        return estimate if method is Bootstrap.PERCENTILE else None
    if method is Bootstrap.STUDENTISED:
        t = _quantile(resampled_t(strata, resamples), 1 - alpha)
        return max(estimate - t * standard_error(strata), -1.0)
    means = resampled_means(strata, resamples)
    if method is Bootstrap.PERCENTILE:
        return means.lower_quantile(alpha)
    return means.lower_quantile(bca_level(means, estimate, acceleration(influences(strata)), alpha))


def _quantile(ascending: FloatArray, level: float) -> float:
    """The smallest value that is not exceeded with probability `level` or more."""
    return float(ascending[min(math.ceil(level * len(ascending) - 1e-9), len(ascending)) - 1])


def _reason(method: Bootstrap, strata: Sequence[Stratum]) -> str:
    """What was resampled, and how often."""
    units, items = sum(len(stratum.values) for stratum in strata), sum(int(one.sizes.sum()) for one in strata)
    over = f"{units:,} items" if units == items else f"{units:,} clusters of {items:,} items"
    within = f", drawn within each of {len(strata)} strata" if len(strata) > 1 else ""
    exact = len(strata) == 1 and strata[0].single and method is not Bootstrap.STUDENTISED
    drawn = "the limit of infinitely many resamples" if exact else f"{RESAMPLES:,} resamples of a fixed seed"
    return f"{method.words[:1].upper()}{method.words[1:]} over {over}{within}, {drawn}"
