"""Confidence bounds of the mean paired difference: checks the data, and chooses the method that decides."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from evals.stats.exact_bounds import check_alpha, exact_lower_bound, exact_upper_bound

METHODS = ("auto", "exact")


class UnsupportedData(ValueError):
    """The data are sound, but of a kind that no method here can bound."""


@dataclass(frozen=True)
class PairedBounds:
    """Bounds of the true mean difference candidate - baseline, all in [-1, 1].

    `lower` and `upper` are one-sided, each at confidence 1 - `alpha`; together they are an interval at 1 - 2 `alpha`.
    A candidate is non-inferior within a margin m exactly where `lower` > -m.
    """

    estimate: float
    lower: float
    upper: float
    method: str
    n: int
    alpha: float


def paired_bounds(
    differences: npt.ArrayLike, *, alpha: float = 0.05, strata: Sequence[str] | None = None, method: str = "auto"
) -> PairedBounds:
    """Estimate and bounds of the mean of per-item differences in score, candidate - baseline.

    Args:
        differences: shape (n,), each in [-1, 1].
        alpha: error probability of each bound.
        strata: the stratum of each item, for a macro average.
        method: "exact" (0/1 scores, one answer per item: `evals.stats.exact_bounds`), or "auto" to choose.

    Raises:
        ValueError: differences that are empty, not one-dimensional, not finite or outside [-1, 1]; alpha or method
            unknown.
        UnsupportedData: strata, or differences other than -1, 0 and 1.
    """
    values = _checked(differences)
    check_alpha(alpha)
    if method not in METHODS:
        raise ValueError(f"method must be one of {', '.join(METHODS)}, got {method!r}")
    if strata is not None:
        raise UnsupportedData("not yet: strata need a stratified bootstrap")
    fractional = np.flatnonzero(~np.isin(values, (-1.0, 0.0, 1.0)))
    if fractional.size:
        first = int(fractional[0])
        raise UnsupportedData(
            f"not yet: fractional scores need a bootstrap; differences[{first}] is {values[first]}, not -1, 0 or 1"
        )
    losses, gains, n = int((values == -1).sum()), int((values == 1).sum()), len(values)
    return PairedBounds(
        estimate=(gains - losses) / n,
        lower=exact_lower_bound(losses, gains, n, alpha),
        upper=exact_upper_bound(losses, gains, n, alpha),
        method="exact",
        n=n,
        alpha=alpha,
    )


def _checked(differences: npt.ArrayLike) -> npt.NDArray[np.float64]:
    values = np.asarray(differences, dtype=np.float64)
    if values.ndim != 1:
        raise ValueError(f"differences must be one-dimensional, one value per item, got shape {values.shape}")
    if values.size == 0:
        raise ValueError("differences is empty: there is no item to compare")
    wrong = np.flatnonzero(~(np.abs(values) <= 1))
    if wrong.size:
        first = int(wrong[0])
        raise ValueError(
            f"differences[{first}] is {values[first]}, not a number in [-1, 1] ({wrong.size} of {values.size} wrong)"
        )
    return values
