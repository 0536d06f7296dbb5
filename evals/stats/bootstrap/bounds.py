"""Bounds of the mean paired difference by a plain bootstrap, for who wants to decide as most of the field does."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from enum import StrEnum

import numpy as np
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
from quantgate.evals.stats.bounds import PairedBounds, paired_bounds
from quantgate.evals.stats.checks import FloatArray
from quantgate.evals.stats.strata import Stratum, split_strata


class Bootstrap(StrEnum):
    """The plain bootstrap intervals."""

    PERCENTILE = "percentile"
    BCA = "bca"
    STUDENTISED = "studentised"

    @property
    def words(self) -> str:
        """Its name in a sentence."""
        return {"percentile": "percentile bootstrap", "bca": "BCa bootstrap"}.get(self.value, "studentised bootstrap")


def bootstrap_bounds(
    differences: npt.ArrayLike,
    method: Bootstrap,
    *,
    alpha: float = 0.05,
    strata: Sequence[str] | None = None,
    weights: Mapping[str, float] | None = None,
    clusters: Sequence[str] | None = None,
    highest: npt.ArrayLike | None = None,
    single_answers: bool = True,
) -> PairedBounds:
    """Estimate and bootstrap bounds of the mean of per-item differences in score.

    Such bounds hold for many items and many flips. For few they do not: `evals.stats.bootstrap.worst` measures how
    often they pass a build that is worse by the margin. The bounds that hold are `evals.stats.bounds.paired_bounds`.

    Parameters
    ----------
    differences
        Shape (n,), candidate - baseline, repeats averaged; each in [-1, 1]. Where answers are missing, the lowest that
        they can be.
    method
        `PERCENTILE`: the alpha quantile of the resampled means. `BCA`: the same at a level corrected for bias and
        skewness. `STUDENTISED`: the estimate less the 1 - alpha quantile of the resampled t statistics, in standard
        errors.
    alpha
        Error probability that is asked of each bound, in [0.001, 0.5).
    strata, weights, clusters
        As in `paired_bounds`. Resamples are drawn within each stratum; where there are clusters, clusters are drawn.
    highest
        The highest that the differences can be, on which the upper bound rests; the differences when omitted.
    single_answers
        Whether every item was answered once and scored 0 or 1, for the bound that stands in.

    Returns
    -------
    PairedBounds
        `method` is the bootstrap's name. The upper bound is the mirror image, to the bit, of the lower one with the
        builds exchanged. Where no two units differ BCa and the studentised bootstrap have no interval: the bound that
        holds stands in, and `reason` says so. The percentile bootstrap's is then a point.

    Raises
    ------
    ValueError
        As `paired_bounds`.

    References
    ----------
    Efron 1987, JASA 82:171; Hall 1988, Ann Stat 16:927.
    """
    valid = paired_bounds(
        differences,
        alpha=alpha,
        strata=strata,
        weights=weights,
        clusters=clusters,
        highest=highest,
        method="auto" if single_answers else "bayesian",
    )
    low = np.asarray(differences, dtype=np.float64)
    high = low if highest is None else np.asarray(highest, dtype=np.float64)
    below = split_strata(low, strata, weights, clusters)
    above = split_strata(-high, strata, weights, clusters)
    lower, mirrored = (lower_bound(units, method, alpha) for units in (below, above))
    return replace(
        valid,
        lower=valid.lower if lower is None else lower,
        upper=valid.upper if mirrored is None else 0.0 - mirrored,
        method=method.value,
        reason=_reason(method, below, len(low), stands_in=lower is None or mirrored is None),
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


def _reason(method: Bootstrap, strata: Sequence[Stratum], items: int, *, stands_in: bool) -> str:
    """The sentence on the method."""
    units = sum(len(stratum.values) for stratum in strata)
    over = f"{units:,} items" if units == items else f"{units:,} clusters of {items:,} items"
    within = f", drawn within each of {len(strata)} strata" if len(strata) > 1 else ""
    exact = len(strata) == 1 and strata[0].single and method is not Bootstrap.STUDENTISED
    drawn = "the limit of infinitely many resamples" if exact else f"{RESAMPLES:,} resamples of a fixed seed"
    said = f"{method.words.capitalize() if method is not Bootstrap.BCA else method.words} over {over}{within}, {drawn}"
    if stands_in:
        return f"{said}; where no two of them differ it has no interval, and the bound that holds stands in."
    return f"{said}: the policy asks for it."
