"""How far a candidate agrees with the baseline on one document, and on all, by columns: as frozen types."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from quantgate.evals.stats.checks import BoolArray, FloatArray


@dataclass(frozen=True, slots=True)
class Parting:
    """A position where the two do not agree: the likeliest token of either, and the divergence there in nats."""

    position: int
    baseline: int | str
    candidate: int | str
    kl: float


@dataclass(frozen=True, slots=True, eq=False)
class DocumentFidelity:
    """How far a candidate agrees with the baseline on one document, summed in each part of it (`buckets`).

    Shapes (parts,). `scored` counts the positions with a log-probability of the same token in both, `logprob` sums the
    candidate's less the baseline's over them, in nats. `shown` counts the positions of which it is known whether the
    likeliest token is the same, `agreement` sums over those; `told` counts those where both show their likeliest
    tokens, `kl` sums over them. `first` is the first position where the likeliest token is another,
    `widest` the one with the largest divergence; `None` where there is none. `same` says that every figure of the two
    is the same to the last digit. `tops` is the most tokens that each shows at a position, baseline first; `unshown`
    counts the positions where one shows none, which nothing but the log-probability is told of.
    """

    scored: FloatArray
    logprob: FloatArray
    shown: FloatArray
    agreement: FloatArray
    told: FloatArray
    kl: FloatArray
    first: Parting | None
    widest: Parting | None
    same: bool
    tops: tuple[int, int]
    unshown: int


@dataclass(frozen=True, slots=True, eq=False)
class FidelityTable:
    """The documents in an order, each with repeat k of the baseline against repeat k of the candidate.

    `top1`, `kl` and `logprob` have the mean over a document's positions, shape (documents, repeats); `of_parts` the
    same three by part of the document, shape (3, documents, parts), repeats averaged. NaN where a sample is missing, or
    where there is no such position. `positions`, shape (documents, parts), counts those that both show likeliest tokens
    of. `partings` has the first and the widest parting of each document. `same` says that all figures of both builds
    are the same to the last digit. `tops` and `unshown` as those of a document, over all.
    """

    documents: tuple[str, ...]
    top1: FloatArray
    kl: FloatArray
    logprob: FloatArray
    of_parts: FloatArray
    positions: FloatArray
    partings: tuple[tuple[Parting | None, Parting | None], ...]
    same: bool
    tops: tuple[int, int] = (0, 0)
    unshown: int = 0

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
