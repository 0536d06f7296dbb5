"""What changed between two runs, answer by answer: what was lost, what was won, what is wrong in another way."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from quantgate.evals.contract.records import Sample
from quantgate.evals.inspection.order import names_of, natural_order
from quantgate.evals.pairing.matching import shared_rows
from quantgate.evals.pairing.plans import plan_differences
from quantgate.evals.runs.record import TaskRecord
from quantgate.evals.samples.columns import Bools, Floats, Places
from quantgate.evals.samples.held import Held


class Turn(StrEnum):
    """How the right answer stands to the left one.

    `BOTH_WRONG` are alike by score, below 1, with another result; `UNSCORED` is a pair of which either has no score.
    """

    LOSS = "loss"
    GAIN = "gain"
    BOTH_WRONG = "both wrong"
    SAME = "same"
    UNSCORED = "unscored"


@dataclass(frozen=True, slots=True, eq=False)
class Changes:
    """One task of two runs: the answers that both hold to one item and repeat, in natural order.

    `ours` and `theirs`, each of shape (pairs,), are the rows of the columns of `left` and `right`. `unlike` says why a
    gate would not compare the runs; empty where it would. `alone` counts the answers that only the one, and only the
    other run holds.
    """

    task: str
    left: Held
    right: Held
    ours: Places
    theirs: Places
    unlike: tuple[str, ...]
    alone: tuple[int, int]

    @property
    def differences(self) -> Floats:
        """The right score less the left one, shape (pairs,); NaN where either is no score."""
        return np.asarray(self.right.columns.score[self.theirs] - self.left.columns.score[self.ours])

    def turned(self, turn: Turn) -> Places:
        """The places of the pairs of one turn, in natural order."""
        differences, columns = self.differences, self.left.columns
        other = columns.extracted[self.ours] != self.right.columns.extracted[self.theirs]
        both_wrong = (differences == 0) & (columns.score[self.ours] < 1) & other
        masks = {
            Turn.LOSS: differences < 0,
            Turn.GAIN: differences > 0,
            Turn.BOTH_WRONG: both_wrong,
            Turn.SAME: (differences == 0) & ~both_wrong,
            Turn.UNSCORED: np.isnan(differences),
        }
        return np.flatnonzero(masks[turn])

    @property
    def other_prompts(self) -> Bools:
        """Which pairs were asked with different prompts, shape (pairs,)."""
        return np.asarray(self.left.columns.prompt[self.ours] != self.right.columns.prompt[self.theirs])

    @property
    def in_both(self) -> Bools:
        """Which of the left run's answers the right one has, too, shape (left answers,)."""
        found = np.zeros(len(self.left), dtype=np.bool_)
        found[self.ours] = True
        return found

    @property
    def repeats(self) -> int:
        """How many repeats of an item both runs hold at most."""
        return int(self.left.columns.repeat[self.ours].max(initial=0)) + 1

    @property
    def all_or_nothing(self) -> bool:
        """Whether every score is 0 or 1."""
        scores = np.concatenate([self.left.columns.score[self.ours], self.right.columns.score[self.theirs]])
        return bool(np.isin(scores[~np.isnan(scores)], (0, 1)).all())

    @property
    def items_changed(self) -> tuple[int, int]:
        """How many items have a lower, and how many a higher mean score, over the repeats that both runs scored."""
        differences = self.differences
        there = ~np.isnan(differences)
        _, item = np.unique(self.left.columns.item.codes[self.ours[there]], return_inverse=True)
        # Rounded, since sums of thirds that are equal may differ in the last bit.
        sums = np.round(np.bincount(item, weights=differences[there]), 9)
        return int((sums < 0).sum()), int((sums > 0).sum())

    def names(self, places: Places) -> list[str]:
        """The ids of the items of some pairs."""
        return names_of(self.left.columns, self.ours[places])

    def pairs(self, places: Places) -> Iterator[tuple[Sample, Sample]]:
        """The two answers of each of some pairs, one pair at a time in memory."""
        ours, theirs = self.left.samples(self.ours[places]), self.right.samples(self.theirs[places])
        return zip(ours, theirs, strict=True)


def changes(task: str, answers: tuple[Held, Held], records: tuple[TaskRecord | None, TaskRecord | None]) -> Changes:
    """Hold one task of two runs against each other, also where a gate would not: by item and repeat."""
    left, right = answers
    ours, theirs = shared_rows(left.columns, right.columns)
    order = natural_order(left.columns, ours)
    # The rows of the left run come in their own order, so that each can be found among them.
    theirs = theirs[np.searchsorted(ours, order)]
    unlike = () if records[0] is None or records[1] is None else tuple(plan_differences(records[0], records[1]))
    return Changes(task, left, right, order, theirs, unlike, (len(left) - len(order), len(right) - len(order)))
