"""How far a run is, in figures: what was there before a session asks anything."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from quantgate.evals.contract.records import Status
from quantgate.evals.samples.columns import STATUSES, Columns


@dataclass(frozen=True, slots=True)
class Standing:
    """Samples that are there, faults not counted, by status; those that have a score, and the scores' sum.

    `has_answers` says whether the endpoint has ever answered, were it only to refuse.
    """

    statuses: Mapping[Status, int] = field(default_factory=dict)
    scored: int = 0
    score_sum: float = 0.0
    has_answers: bool = False

    @classmethod
    def of(cls, samples: Columns) -> Standing:
        counts = np.bincount(samples.status, minlength=len(STATUSES)).tolist()
        answered = ~samples.is_status(Status.ERROR) & ~samples.turned_away
        return cls(
            statuses={status: count for status, count in zip(STATUSES, counts, strict=True) if status.scored and count},
            scored=int(samples.scored.sum()),
            score_sum=float(np.nansum(samples.score)),
            has_answers=bool(answered.any()),
        )
