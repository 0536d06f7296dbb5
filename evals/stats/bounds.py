"""Confidence bounds of the mean paired difference: checks the data, and chooses the method that decides."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from quantgate.evals.stats.bayesian.unseen_item import (
    bayesian_lower_bound,
    bayesian_upper_bound,
)
from quantgate.evals.stats.checks import FloatArray, check_alpha, check_differences
from quantgate.evals.stats.exact.bounds import exact_lower_bound, exact_upper_bound
from quantgate.evals.stats.strata import split_strata

METHODS = ("auto", "exact", "bayesian")


@dataclass(frozen=True)
class PairedBounds:
    """Bounds of the true mean difference candidate - baseline, all in [-1, 1].

    `lower` and `upper` are one-sided, each at confidence 1 - `alpha`; together they are an interval at 1 - 2 `alpha`.
    A candidate is non-inferior within a margin m exactly where `lower` > -m. With strata, `estimate` is the macro
    average. `reason` says in a sentence which method was used and why; it takes no part in comparisons.
    """

    estimate: float
    lower: float
    upper: float
    method: str
    n: int
    alpha: float
    reason: str = field(default="", compare=False)


def paired_bounds(
    differences: npt.ArrayLike,
    *,
    alpha: float = 0.05,
    strata: Sequence[str] | None = None,
    weights: Mapping[str, float] | None = None,
    method: str = "auto",
    repeats: int | Sequence[int] = 1,
) -> PairedBounds:
    """Estimate and bounds of the mean of per-item differences in score, candidate - baseline.

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
    method
        "exact" (0/1 scores, one answer per item: `evals.stats.exact.bounds`), "bayesian" (any scores:
        `evals.stats.bayesian.unseen_item`), or "auto": exact where it applies, else bayesian.
    repeats
        Answers per item, one number or shape (n,). Means of several answers can all happen to be -1, 0 or 1, which the
        values alone do not show; the exact test holds for single answers with scores 0 and 1 only.

    Raises
    ------
    ValueError
        Differences that are empty, not one-dimensional, not finite or outside [-1, 1]; strata, weights or repeats that
        do not fit them; alpha or method unknown; "exact" for data that it does not hold for.
    """
    values = check_differences(differences)
    check_alpha(alpha)
    if method not in METHODS:
        raise ValueError(f"method must be one of {', '.join(METHODS)}, got {method!r}")
    groups = split_strata(values, strata, weights)
    obstacle = _obstacle_to_exact(values, strata, _most_answers(repeats, len(values)))
    if method == "exact" and obstacle:
        raise ValueError(f'method "exact" does not apply: {obstacle}; use "bayesian" or "auto"')
    # fsum rounds once, at the end, so the order of items cannot show.
    estimate = math.fsum(group.weight * (math.fsum(group.values) / len(group.values)) for group in groups)
    if method == "bayesian" or obstacle:
        why = obstacle or "it was asked for"
        return PairedBounds(
            estimate=estimate,
            lower=bayesian_lower_bound(values, alpha=alpha, strata=strata, weights=weights),
            upper=bayesian_upper_bound(values, alpha=alpha, strata=strata, weights=weights),
            method="bayesian",
            n=len(values),
            alpha=alpha,
            reason=f"Bayesian bootstrap over items plus one worst-case item: {why}.",
        )
    losses, gains, n = int((values == -1).sum()), int((values == 1).sum()), len(values)
    return PairedBounds(
        estimate=estimate,
        lower=exact_lower_bound(losses, gains, n, alpha),
        upper=exact_upper_bound(losses, gains, n, alpha),
        method="exact",
        n=n,
        alpha=alpha,
        reason="Exact unconditional test: every item was answered once and scored 0 or 1.",
    )


def _obstacle_to_exact(values: FloatArray, strata: Sequence[str] | None, answers: int) -> str:
    """Why the exact test does not hold for the data; empty where it does."""
    if strata is not None:
        return "a macro average over strata is asked for"
    if answers > 1:
        return f"items were answered up to {answers} times"
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
