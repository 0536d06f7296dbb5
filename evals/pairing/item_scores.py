"""One pair of scores per item: the unit that every bound counts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from quantgate.evals.contract.fidelity import KL_CLIP

if TYPE_CHECKING:
    from quantgate.evals.stats.checks import BoolArray, FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class Answers:
    """The scores of every answer, shape (items, repeats of that build), NaN where one is missing.

    `one` says why the repeats of an item are one answer over and over, and no independent ones; empty where they are
    several.
    """

    baseline: FloatArray
    candidate: FloatArray
    one: str = ""

    @property
    def repeated(self) -> bool:
        """Whether a build answered an item more than once."""
        return bool(max(self.baseline.shape[1], self.candidate.shape[1]) > 1)

    def of(self, chosen: BoolArray) -> Answers:
        """Those to the chosen items."""
        return replace(self, baseline=self.baseline[chosen], candidate=self.candidate[chosen])


@dataclass(frozen=True, slots=True, eq=False)
class Divergences:
    """Each document's mean divergence KL(baseline || candidate) in nats, shape (items,), repeats averaged.

    `lowest` counts what is missing for nothing, `highest` for the most that a document counts for.
    """

    lowest: FloatArray
    highest: FloatArray

    @classmethod
    def of(cls, found: FloatArray) -> Divergences:
        """From those of each repeat, shape (items, repeats), NaN where one is missing."""
        ends = [np.where(np.isnan(found), missing, found).mean(axis=1) for missing in (0.0, KL_CLIP)]
        return cls(ends[0], ends[1])

    def chosen(self, rows: BoolArray) -> Divergences:
        """Those of some documents, by a mask."""
        return Divergences(self.lowest[rows], self.highest[rows])

    def without_any(self) -> Divergences:
        """The same documents, had the candidate said what the baseline did wherever no answer is missing."""
        return Divergences(np.zeros_like(self.lowest), np.where(self.highest > self.lowest, self.highest, 0.0))


@dataclass(frozen=True, slots=True, eq=False)
class ItemScores:
    """Mean scores per item, shape (items,), in [0, 1], with what is missing counted against the candidate.

    `strata` names each item's stratum where the strata weigh alike, or by `weights`, `None` where every item does;
    `parts` the strata that are shown, whatever weighs; `clusters` each item's cluster; `None` where there are none.
    `item_ids` are in the same order. `single_answers` says that every item was answered once and scored 0 or 1. `open`
    is by how much an item's difference would be higher if what is missing counted for the candidate, in [0, 2]; 0 where
    nothing is. `answers` are what all this is the mean of, task after task where there are several. `baseline_open`
    is the baseline's part of `open`. `divergences` are there where the answers are log-probabilities: then the scores
    are the agreement with the baseline.
    """

    baseline: FloatArray
    candidate: FloatArray
    strata: tuple[str, ...] | None
    single_answers: bool
    item_ids: tuple[str, ...]
    clusters: tuple[str, ...] | None
    open: FloatArray
    baseline_open: FloatArray
    parts: tuple[str, ...] | None = None
    weights: Mapping[str, float] | None = None
    answers: tuple[Answers, ...] = ()
    divergences: Divergences | None = None

    def of(self, chosen: BoolArray) -> ItemScores:
        """The chosen items alone; `chosen` has the shape (items,)."""
        places = np.flatnonzero(chosen).tolist()

        def named(names: tuple[str, ...] | None) -> tuple[str, ...] | None:
            return None if names is None else tuple(names[place] for place in places)

        return replace(
            self,
            baseline=self.baseline[chosen],
            candidate=self.candidate[chosen],
            strata=named(self.strata),
            item_ids=tuple(self.item_ids[place] for place in places),
            clusters=named(self.clusters),
            open=self.open[chosen],
            answers=self._answers_of(chosen),
            baseline_open=self.baseline_open[chosen],
            parts=named(self.parts),
            divergences=None if self.divergences is None else self.divergences.chosen(chosen),
        )

    def without_a_flip(self) -> ItemScores:
        """The same items, had the candidate scored as the baseline did wherever no answer is missing."""
        divergences = None if self.divergences is None else self.divergences.without_any()
        candidate = np.where(self.open > 0, self.candidate, self.baseline)
        return replace(self, candidate=candidate, divergences=divergences)

    def of_one_answer(self, reason: str) -> ItemScores:
        """The same scores, whose repeats are one answer over and over, for a reason."""
        return replace(self, answers=tuple(replace(each, one=reason) for each in self.answers))

    def _answers_of(self, chosen: BoolArray) -> tuple[Answers, ...]:
        ends = np.cumsum([len(each.baseline) for each in self.answers])[:-1]
        return tuple(
            each.of(part) for each, part in zip(self.answers, np.split(chosen, ends), strict=bool(self.answers))
        )

    @property
    def differences(self) -> FloatArray:
        """Candidate - baseline, shape (items,)."""
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

    @property
    def highest(self) -> FloatArray:
        """The differences if what is missing counted for the candidate; the upper bound rests on them."""
        return np.minimum(self.differences + self.open, 1.0)

    @property
    def lowest_baseline(self) -> FloatArray:
        """The baseline's scores if what is missing of them counted as wrong."""
        return np.maximum(self.baseline - self.baseline_open, 0.0)

    @property
    def highest_candidate(self) -> FloatArray:
        """The candidate's scores if what is missing of them counted as right."""
        return np.minimum(self.candidate + (self.open - self.baseline_open), 1.0)

    def mean(self, scores: FloatArray) -> float:
        """The task's score: the mean over items, or that of the strata's means, by their weights if they have any."""
        if self.strata is None:
            return float(scores.mean())
        names, present = np.array(self.strata), sorted(set(self.strata))
        weights = None if self.weights is None else [self.weights[name] for name in present]
        return float(np.average([scores[names == name].mean() for name in present], weights=weights))


def scores_of(
    answers: Answers,
    items: Sequence[str],
    *,
    strata: Sequence[str | None],
    clusters: Sequence[str | None],
    strata_weigh: bool = True,
) -> ItemScores:
    """Average each build's own repeats of an item.

    What is missing counts against the candidate: 1 for the baseline, 0 for it.

    Parameters
    ----------
    answers
        Both builds' scores, NaN where one is missing.
    items
        Their ids, in the same order.
    strata, clusters
        What each item is of; `None` where it is of none.
    strata_weigh
        Whether strata make the score; else they are shown only.
    """
    missing = [np.isnan(scores).mean(axis=1) for scores in (answers.baseline, answers.candidate)]
    baseline, candidate = filled(answers.baseline, "baseline"), filled(answers.candidate, "candidate")
    single = all(scores.shape[1] == 1 and np.isin(scores, (0.0, 1.0)).all() for scores in (baseline, candidate))
    parts = None if all(name is None for name in strata) else tuple(name or "" for name in strata)
    return ItemScores(
        baseline=baseline.mean(axis=1),
        candidate=candidate.mean(axis=1),
        strata=parts if strata_weigh else None,
        single_answers=single,
        item_ids=tuple(items),
        clusters=_clusters(items, clusters),
        open=missing[0] + missing[1],
        baseline_open=missing[0],
        answers=(answers,),
        parts=parts,
    )


def filled(scores: FloatArray, build: str) -> FloatArray:
    """A build's answers, what is missing counted against the candidate."""
    return np.where(np.isnan(scores), 1.0 if build == "baseline" else 0.0, scores)


def _clusters(items: Sequence[str], names: Sequence[str | None]) -> tuple[str, ...] | None:
    """The cluster of each item, None where each has its own; one that names none is a cluster of its own."""
    told = [name for name in names if name is not None]
    if len(set(told)) == len(told):
        return None
    return tuple(f"item {item}" if name is None else f"cluster {name}" for item, name in zip(items, names, strict=True))
