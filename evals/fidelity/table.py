"""How far a candidate agrees with the baseline, document by document and repeat by repeat, by columns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from quantgate.evals.fidelity.buckets import STARTS
from quantgate.evals.fidelity.document import DocumentFidelity, Parting
from quantgate.evals.stats.checks import BoolArray, FloatArray

Place = tuple[int, int]
"""The row of a document, and a repeat."""


@dataclass(frozen=True, slots=True, eq=False)
class FidelityTable:
    """The documents in an order, each with repeat k of the baseline against repeat k of the candidate.

    `top1`, `kl` and `logprob` have the mean over a document's positions, shape (documents, repeats); `of_parts` the
    same three by part of the document, shape (3, documents, parts), repeats averaged. NaN where a sample is missing, or
    where there is no such position. `positions`, shape (documents, parts), counts those that both show likeliest tokens
    of. `partings` has the first and the widest parting of each document. `same` says that all figures of both builds
    are the same to the last digit.
    """

    documents: tuple[str, ...]
    top1: FloatArray
    kl: FloatArray
    logprob: FloatArray
    of_parts: FloatArray
    positions: FloatArray
    partings: tuple[tuple[Parting | None, Parting | None], ...]
    same: bool

    def first(self, repeats: int) -> FidelityTable:
        """The first repeats alone; the parts stay those of all."""
        return replace(self, top1=self.top1[:, :repeats], kl=self.kl[:, :repeats], logprob=self.logprob[:, :repeats])

    def chosen(self, rows: BoolArray) -> FidelityTable:
        """Some of the documents, by a mask."""
        places = np.flatnonzero(rows).tolist()
        return replace(
            self,
            documents=tuple(self.documents[place] for place in places),
            top1=self.top1[rows],
            kl=self.kl[rows],
            logprob=self.logprob[rows],
            of_parts=self.of_parts[:, rows],
            positions=self.positions[rows],
            partings=tuple(self.partings[place] for place in places),
        )


def tabulated(documents: tuple[str, ...], repeats: int, found: Mapping[Place, DocumentFidelity]) -> FidelityTable:
    """The table of what was found at each place; all others are missing."""
    whole = np.full((3, len(documents), repeats), np.nan)
    summed = np.zeros((3, len(documents), len(STARTS)))
    counted = np.zeros_like(summed)
    positions = np.zeros((len(documents), len(STARTS)))
    partings: list[tuple[Parting | None, Parting | None]] = [(None, None)] * len(documents)
    for (row, repeat), one in found.items():
        for place, (sums, counts) in enumerate(
            ((one.agreement, one.shown), (one.kl, one.shown), (one.logprob, one.scored))
        ):
            whole[place, row, repeat] = sums.sum() / counts.sum() if counts.sum() else np.nan
            there = counts > 0
            summed[place, row, there] += sums[there] / counts[there]
            counted[place, row, there] += 1
        positions[row] = np.maximum(positions[row], one.shown)
        partings[row] = _further(partings[row], (one.first, one.widest))
    of_parts = np.where(counted > 0, summed / np.maximum(counted, 1), np.nan)
    same = bool(found) and all(one.same for one in found.values())
    top1, kl, logprob = whole
    return FidelityTable(documents, top1, kl, logprob, of_parts, positions, tuple(partings), same)


def _further(
    known: tuple[Parting | None, Parting | None], other: tuple[Parting | None, Parting | None]
) -> tuple[Parting | None, Parting | None]:
    """Of several repeats the earliest first and the widest parting."""
    firsts = [one for one in (known[0], other[0]) if one is not None]
    widest = [one for one in (known[1], other[1]) if one is not None]
    return (
        min(firsts, key=lambda one: one.position, default=None),
        max(widest, key=lambda one: one.kl, default=None),
    )
