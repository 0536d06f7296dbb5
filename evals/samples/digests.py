"""A set of 64-bit numbers that takes eight bytes for each of millions."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

_FEW = 65_536


class Digests:
    """Grows one by one: the last few in a set, all others in a sorted array, into which those are merged in turn."""

    def __init__(self, known: NDArray[np.uint64]) -> None:
        self._sorted = np.unique(known)
        self._few: set[int] = set()

    def __contains__(self, digest: int) -> bool:
        if digest in self._few:
            return True
        place = int(np.searchsorted(self._sorted, np.uint64(digest)))
        return place < len(self._sorted) and int(self._sorted[place]) == digest

    def __len__(self) -> int:
        return len(self._sorted) + len(self._few)

    def add(self, digest: int) -> None:
        """Add one that is not there."""
        self._few.add(digest)
        if len(self._few) >= _FEW:
            self._sorted = np.union1d(self._sorted, np.fromiter(self._few, np.uint64, len(self._few)))
            self._few.clear()
