"""The answers that have come to a task's items, in the drawn order, and which of its looks they fill."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from quantgate.evals.contract.design import Design
from quantgate.evals.contract.records import Item, Status
from quantgate.evals.pairing.item_scores import Answers, ItemScores, scores_of
from quantgate.evals.stats.checks import FloatArray

_Any: TypeAlias = NDArray[Any]
BUILDS = ("baseline", "candidate")


class Grid:
    """Scores of both builds, and how each answer ended.

    An answer counts when it has a score; of one without it is known that it was asked for.
    """

    def __init__(self, design: Design, items: Sequence[Item], *, strata_weigh: bool) -> None:
        self._looks = design.looks
        self.items = items
        self._strata_weigh = strata_weigh
        self._place = {item.item_id: place for place, item in enumerate(items)}
        names = sorted({item.stratum or "" for item in items})
        self._strata = np.array([names.index(item.stratum or "") for item in items], dtype=np.intp)
        shape = (len(BUILDS), design.repeats, len(items))
        self._scores = np.full(shape, np.nan)
        self._asked = np.zeros(shape, dtype=np.bool_)
        self.status = np.full(shape, None, dtype=object)
        self.unread = np.zeros(shape, dtype=np.bool_)
        self._prompts: dict[tuple[int, int], frozenset[int]] = {}
        self._open = [len(BUILDS) * look.items * look.repeats for look in self._looks]
        self._concluding = False

    def put(self, build: str, item: str, repeat: int, score: float | None, status: Status, *, unread: bool) -> bool:
        """One answer; whether it counts: what the design does not ask, or is there already, does not."""
        side, place = BUILDS.index(build), self._place.get(item)
        if place is None or not 0 <= repeat < self._scores.shape[1] or not np.isnan(self._scores[side, repeat, place]):
            return False
        self._asked[side, repeat, place] = True
        if score is None or not status.scored:
            return False
        self._scores[side, repeat, place] = score
        self.status[side, repeat, place], self.unread[side, repeat, place] = status, unread
        for number, look in enumerate(self._looks):
            if place < look.items and repeat < look.repeats:
                self._open[number] -= 1
        return True

    def put_prompt(self, build: str, item: str, tokens: frozenset[int]) -> None:
        """How many tokens the prompt of an item's first answer may have."""
        if (place := self._place.get(item)) is not None and tokens:
            self._prompts[BUILDS.index(build), place] = tokens

    def prompts_unlike(self, place: int) -> bool:
        """Whether both builds have told the tokens of an item's prompt, and others."""
        ours, theirs = (self._prompts.get((side, place)) for side in range(len(BUILDS)))
        return ours is not None and theirs is not None and ours.isdisjoint(theirs)

    def conclude(self) -> int:
        """Count what was asked in vain as missing. Gives the largest look all of which was asked, -1 where none was."""
        self._concluding = True
        asked = [number for number, look in enumerate(self._looks) if self._region(self._asked, number).all()]
        return max(asked, default=-1)

    def complete(self, look: int) -> bool:
        """Whether both builds' answers to all of a look are there, or known to be missing."""
        return not self._open[look] or (self._concluding and bool(self._region(self._asked, look).all()))

    @property
    def whole(self) -> bool:
        """Whether all of the full size is answered."""
        return not self._open[-1]

    def missing(self, look: int) -> tuple[int, int]:
        """How many of a look's answers have no score: of the baseline, and of the candidate."""
        counts = np.isnan(self._region(self._scores, look)).sum(axis=(1, 2))
        return int(counts[0]), int(counts[1])

    def silent(self, look: int) -> bool:
        """Whether a build has not one complete answer in a look."""
        return not (self._region(self.status, look) == Status.OK).any(axis=(1, 2)).all()

    def first_answers(self, place: int) -> tuple[float, float] | None:
        """Both builds' first scores of an item, `None` while one is open; what is missing speaks for the candidate."""
        baseline, candidate = self._scores[:, 0, place].tolist()
        if self._concluding and self._asked[:, 0, place].all():
            return (0.0 if np.isnan(baseline) else baseline), (1.0 if np.isnan(candidate) else candidate)
        return None if np.isnan(baseline) or np.isnan(candidate) else (baseline, candidate)

    def scores(self, items: int, repeats: int, one: str = "") -> ItemScores:
        """The scores of a prefix, the items in the order of their ids, as they are paired."""
        order = sorted(range(items), key=lambda place: self.items[place].item_id)
        chosen = [self.items[place] for place in order]
        baseline, candidate = self._scores[:, :repeats, order].transpose(0, 2, 1)
        return scores_of(
            Answers(baseline, candidate, one),
            [item.item_id for item in chosen],
            strata=[item.stratum for item in chosen],
            clusters=[item.cluster for item in chosen],
            strata_weigh=self._strata_weigh,
        )

    def means(self, repeats: int) -> tuple[FloatArray, FloatArray]:
        """Both builds' mean scores of all items over so many repeats; what is missing speaks for the candidate."""
        for_candidate = np.array([0.0, 1.0])[:, None, None]
        scores = np.where(np.isnan(self._scores[:, :repeats]), for_candidate, self._scores[:, :repeats])
        baseline, candidate = scores.mean(axis=1)
        return baseline, candidate

    def accuracies(self, items: int, repeats: int) -> tuple[float, float]:
        """Both builds' accuracies over a prefix; what is missing counts against the candidate."""
        against = np.array([1.0, 0.0])[:, None, None]
        scores = self._scores[:, :repeats, :items]
        means = np.where(np.isnan(scores), against, scores).mean(axis=1)
        if self._strata_weigh and self._strata.max(initial=0):
            codes = self._strata[:items]
            means = np.stack([means[:, codes == code].mean(axis=1) for code in np.unique(codes)], axis=1)
        baseline, candidate = means.mean(axis=1).tolist()
        return baseline, candidate

    def _region(self, values: _Any, look: int) -> _Any:
        return values[:, : self._looks[look].repeats, : self._looks[look].items]
