"""What is found of a mean paired difference: its estimate with the bounds, however they were computed."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class PairedBounds:
    """Bounds of the true mean difference candidate - baseline, all in [-1, 1].

    `lower` and `upper` are one-sided, each at confidence 1 - `alpha`; together they are an interval at 1 - 2 `alpha`.
    A candidate is non-inferior within a margin m exactly where `lower` > -m. With strata, `estimate` is the macro
    average. `n` counts items; `clusters` the clusters of them, where those and not items are the unit that is taken to
    be independent. `missing` is the part of `upper` - `lower` that is there because answers are missing, whatever the
    sample: by so much they leave the estimate open. `reason` says in a sentence which method was used, over what unit,
    and why; it takes no part in comparisons.
    """

    estimate: float
    lower: float
    upper: float
    method: str
    n: int
    alpha: float
    clusters: int | None = None
    missing: float = 0.0
    reason: str = field(default="", compare=False)
