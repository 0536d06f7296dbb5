"""The scores of two runs of one task side by side, item by item and repeat by repeat."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import compress
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from quantgate.evals.stats.checks import BoolArray, FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class PairTable:
    """The items in the order of their ids, with the repeats of the build that was asked more often.

    `strata` and `clusters` say what each item is of, `None` where it is of none. `baseline` and `candidate` are scores
    in [0, 1], shape (items, repeats), NaN where a sample is missing; `alike` says whether both builds' extracted
    results are there and equal.
    """

    items: tuple[str, ...]
    strata: tuple[str | None, ...]
    clusters: tuple[str | None, ...]
    baseline: FloatArray
    candidate: FloatArray
    alike: BoolArray

    @property
    def empty(self) -> bool:
        """Whether there is no pair in it."""
        return self.alike.size == 0

    def of(self, build: str) -> FloatArray:
        """The scores of `baseline` or `candidate`."""
        return self.baseline if build == "baseline" else self.candidate

    def changes(self) -> FloatArray:
        """Candidate - baseline of every pair of which neither sample is missing, shape (pairs,)."""
        differences = self.candidate - self.baseline
        return differences[~np.isnan(differences)]

    def first(self, repeats: int) -> PairTable:
        """The first repeats alone."""
        return replace(
            self,
            baseline=self.baseline[:, :repeats],
            candidate=self.candidate[:, :repeats],
            alike=self.alike[:, :repeats],
        )

    def chosen(self, kept: Sequence[bool]) -> PairTable:
        """Some of the items."""
        rows = np.asarray(kept, dtype=np.bool_)
        return PairTable(
            tuple(compress(self.items, kept)),
            tuple(compress(self.strata, kept)),
            tuple(compress(self.clusters, kept)),
            self.baseline[rows],
            self.candidate[rows],
            self.alike[rows],
        )


def no_pairs() -> PairTable:
    """The table of runs that cannot be compared."""
    nothing = np.empty((0, 0))
    return PairTable((), (), (), nothing, nothing, nothing.astype(np.bool_))
