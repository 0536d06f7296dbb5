"""The sizes of known tasks, and what is assumed of them where nobody says better."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class KnownTask:
    """A task's items, by stratum where its score is a macro average, and an accuracy that large models have on it.

    `within` is a within-item variance that was measured on it, in squared proportions.
    """

    strata: tuple[int, ...]
    accuracy: float
    within: float | None = None


KNOWN = {
    # 50 greedy runs of one model had a standard deviation of 0.37 points: 2 * 1319 * 0.0037^2 for a pair of answers.
    "gsm8k": KnownTask((1319,), 0.95, 0.036),
    "gpqa_diamond": KnownTask((198,), 0.90),
    "tau2": KnownTask((50, 114, 114), 0.82),
}
