"""Puts what was found of each document and repeat side by side, by columns."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from quantgate.evals.fidelity.buckets import STARTS
from quantgate.evals.fidelity.documents import DocumentFidelity, FidelityTable, Parting

Place = tuple[int, int]
"""The row of a document, and a repeat."""


def tabulated(documents: tuple[str, ...], repeats: int, found: Mapping[Place, DocumentFidelity]) -> FidelityTable:
    """The table of what was found at each place; all others are missing."""
    whole = np.full((3, len(documents), repeats), np.nan)
    summed = np.zeros((3, len(documents), len(STARTS)))
    counted = np.zeros_like(summed)
    positions = np.zeros((len(documents), len(STARTS)))
    partings: list[tuple[Parting | None, Parting | None]] = [(None, None)] * len(documents)
    for (row, repeat), one in found.items():
        for place, (sums, counts) in enumerate(
            ((one.agreement, one.shown), (one.kl, one.told), (one.logprob, one.scored))
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
    ours, theirs = (max((one.tops[build] for one in found.values()), default=0) for build in (0, 1))
    unshown = sum(one.unshown for one in found.values())
    return FidelityTable(
        documents, top1, kl, logprob, of_parts, positions, tuple(partings), same, (ours, theirs), unshown
    )


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
