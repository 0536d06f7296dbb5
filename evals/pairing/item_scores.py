"""One pair of scores per item: the unit that every bound counts."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from quantgate.evals.stats.checks import BoolArray, FloatArray


@dataclass(frozen=True, slots=True)
class ItemScores:
    """Mean scores per item, shape (items,), in [0, 1]; `strata` names each item's stratum, `None` where there are none.

    `item_ids` are in the same order. `single_answers` says that every item was answered once and scored 0 or 1.
    """

    baseline: FloatArray
    candidate: FloatArray
    strata: tuple[str, ...] | None
    single_answers: bool
    item_ids: tuple[str, ...]

    def of(self, chosen: BoolArray) -> ItemScores:
        """The chosen items alone; `chosen` has the shape (items,)."""
        places = np.flatnonzero(chosen)
        strata = None if self.strata is None else tuple(self.strata[place] for place in places)
        ids = tuple(self.item_ids[place] for place in places)
        return ItemScores(self.baseline[chosen], self.candidate[chosen], strata, self.single_answers, ids)

    @property
    def differences(self) -> FloatArray:
        return self.candidate - self.baseline

    @property
    def losses(self) -> int:
        """Items on which the candidate scores less than the baseline."""
        return int((self.differences < 0).sum())

    @property
    def gains(self) -> int:
        """Items on which the candidate scores more than the baseline."""
        return int((self.differences > 0).sum())

    @property
    def both_right(self) -> int:
        """Items on which both builds have the full score."""
        return int(((self.baseline == 1) & (self.candidate == 1)).sum())

    def mean(self, scores: FloatArray) -> float:
        """The task's score: the mean over items, or the unweighted mean of the strata's means."""
        if self.strata is None:
            return float(scores.mean())
        names = np.array(self.strata)
        return float(np.mean([scores[names == name].mean() for name in sorted(set(self.strata))]))
