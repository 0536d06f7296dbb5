"""A task's paired samples -> one pair of scores per item: the unit that every bound counts."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from quantgate.evals.pairing.pairs import TaskPairs
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


def item_scores(pairs: TaskPairs) -> ItemScores:
    """Average each item's repeats. What is missing counts against the candidate: 1 for the baseline, 0 for it."""
    frame = pairs.frame.fillna({"baseline": 1.0, "candidate": 0.0})
    means = frame.groupby("item_id", sort=True).agg(
        baseline=("baseline", "mean"), candidate=("candidate", "mean"), stratum=("stratum", "first")
    )
    binary = bool(frame[["baseline", "candidate"]].isin((0.0, 1.0)).all(axis=None))
    strata = None if means["stratum"].isna().all() else tuple(means["stratum"].fillna("").astype(str))
    return ItemScores(
        baseline=means["baseline"].to_numpy(dtype=np.float64),
        candidate=means["candidate"].to_numpy(dtype=np.float64),
        strata=strata,
        single_answers=pairs.repeats == 1 and binary,
        item_ids=tuple(means.index),
    )
