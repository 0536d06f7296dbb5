"""Confidence bounds of the mean paired difference: checks the data, and chooses the method that decides."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from quantgate.evals.stats.bayesian.unseen_item import bayesian_lower_bound, bayesian_upper_bound
from quantgate.evals.stats.checks import FloatArray, check_alpha, check_differences
from quantgate.evals.stats.exact.bounds import exact_lower_bound, exact_upper_bound
from quantgate.evals.stats.results import PairedBounds
from quantgate.evals.stats.strata import split_strata

METHODS = ("auto", "exact", "bayesian")


def paired_bounds(
    differences: npt.ArrayLike,
    *,
    alpha: float = 0.05,
    strata: Sequence[str] | None = None,
    weights: Mapping[str, float] | None = None,
    clusters: Sequence[str] | None = None,
    method: str = "auto",
    repeats: int | Sequence[int] = 1,
    highest: npt.ArrayLike | None = None,
) -> PairedBounds:
    """Estimate and bounds of the mean of per-item differences in score, candidate - baseline.

    Where answers are missing, an item's difference is only known to lie between two ends: `differences` then holds the
    lower ends, on which the lower bound rests, and `highest` the upper ends, on which the upper bound does. Each bound
    is then right whatever the missing answers would have been. The estimate counts them as the lower bound does.

    Parameters
    ----------
    differences
        Shape (n,), each in [-1, 1]; one value per item, repeats averaged first.
    alpha
        Error probability of each bound, in [0.001, 0.5).
    strata
        Shape (n,), the stratum of each item, for a macro average over strata.
    weights
        Weight of each stratum, scaled to sum to 1; equal when omitted.
    clusters
        Shape (n,), the cluster of each item, where items are not independent of one another.
    method
        "exact" (0/1 scores, one answer per item: `evals.stats.exact.bounds`), "bayesian" (any scores:
        `evals.stats.bayesian.unseen_item`), or "auto": exact where it applies, else bayesian.
    repeats
        Answers per item, one number or shape (n,). Means of several answers can all happen to be -1, 0 or 1, which the
        values alone do not show; the exact test holds for single answers with scores 0 and 1 only.
    highest
        Shape (n,), each in [-1, 1] and at least the value in `differences`; those values when omitted.

    Raises
    ------
    ValueError
        Differences that are empty, not one-dimensional, not finite or outside [-1, 1]; strata, weights, clusters,
        repeats or `highest` that do not fit them; alpha or method unknown; "exact" for data that it does not hold for.
    """
    low = check_differences(differences)
    high = low if highest is None else _checked_highest(highest, low)
    check_alpha(alpha)
    if method not in METHODS:
        raise ValueError(f"method must be one of {', '.join(METHODS)}, got {method!r}")
    ends = [split_strata(values, strata, weights, clusters) for values in (low, high)]
    means = [math.fsum(stratum.weight * stratum.mean for stratum in end) for end in ends]
    units = sum(len(stratum.values) for stratum in ends[0])
    obstacle = _obstacle_to_exact(low, high, strata, units, _most_answers(repeats, len(low)))
    if method == "exact" and obstacle:
        raise ValueError(f'method "exact" does not apply: {obstacle}; use "bayesian" or "auto"')
    exact = method != "bayesian" and not obstacle
    if exact:
        lower = exact_lower_bound(*_counts(low), alpha)
        upper = exact_upper_bound(*_counts(high), alpha)
        reason = "Exact unconditional test: every item was answered once and scored 0 or 1."
    else:
        lower = bayesian_lower_bound(low, alpha=alpha, strata=strata, weights=weights, clusters=clusters)
        upper = bayesian_upper_bound(high, alpha=alpha, strata=strata, weights=weights, clusters=clusters)
        unit = "item" if units == len(low) else "cluster"
        over = f"{units:,} items" if unit == "item" else f"{units:,} clusters of {len(low):,} items"
        reason = (
            f"Bayesian bootstrap over {over} plus one worst-case {unit}, Gaffke's bound, which is checked by "
            f"enumeration and simulation and not proven: {obstacle or 'it was asked for'}."
        )
    return PairedBounds(
        estimate=means[0],
        lower=lower,
        upper=upper,
        method="exact" if exact else "bayesian",
        n=len(low),
        alpha=alpha,
        clusters=units if units < len(low) else None,
        missing=means[1] - means[0],
        reason=reason,
    )


def _checked_highest(highest: npt.ArrayLike, lowest: FloatArray) -> FloatArray:
    values = check_differences(highest)
    if values.shape != lowest.shape or (values < lowest).any():
        raise ValueError("highest must hold one value for each difference, and none below it")
    return values


def _counts(values: FloatArray) -> tuple[int, int, int]:
    """Losses, gains and items."""
    return int((values == -1).sum()), int((values == 1).sum()), len(values)


def _obstacle_to_exact(
    low: FloatArray, high: FloatArray, strata: Sequence[str] | None, units: int, answers: int
) -> str:
    """Why the exact test does not hold for the data; empty where it does."""
    if strata is not None:
        return "a macro average over strata is asked for"
    if units < len(low):
        return "items of one cluster are not independent of one another"
    if answers > 1:
        return f"items were answered up to {answers} times"
    for values in (low, high):
        fractional = np.flatnonzero(~np.isin(values, (-1.0, 0.0, 1.0)))
        if fractional.size:
            first = int(fractional[0])
            return f"scores are fractional: differences[{first}] is {values[first]:.6g}, not -1, 0 or 1"
    return ""


def _most_answers(repeats: int | Sequence[int], n: int) -> int:
    counts = np.asarray(repeats)
    if counts.ndim > 1 or (counts.ndim == 1 and len(counts) != n):
        raise ValueError(f"repeats must be one number or one per item ({n}), got shape {counts.shape}")
    if not np.issubdtype(counts.dtype, np.integer) or counts.min() < 1:
        raise ValueError(f"repeats must be whole numbers of 1 or more, got {repeats!r:.80}")
    return int(counts.max())
