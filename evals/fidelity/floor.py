"""What serving alone makes of agreement and divergence: the baseline held against itself."""

from __future__ import annotations

import numpy as np

from quantgate.evals.fidelity.documents import FidelityTable
from quantgate.evals.fidelity.figures import Floor
from quantgate.evals.stats.checks import BoolArray, FloatArray


def floor_of(table: FidelityTable, source: str) -> Floor | None:
    """The baseline held against itself; `None` where nothing of it is there."""
    rows = answered(table)
    if not rows.any():
        return None
    logprob = mean_of(table.logprob[rows])
    return Floor(
        source,
        int(rows.sum()),
        float(mean_of(table.top1[rows]).mean()),
        float(np.nan_to_num(mean_of(table.kl[rows])).mean()),
        None if np.isnan(logprob).any() else float(logprob.mean()),
    )


def answered(table: FidelityTable) -> BoolArray:
    """Which documents both builds answered."""
    return np.asarray((~np.isnan(table.top1)).any(axis=1))


def mean_of(values: FloatArray) -> FloatArray:
    """Each document's mean over the repeats that are there, NaN where none is."""
    there = ~np.isnan(values)
    counts = there.sum(axis=1)
    sums = np.where(there, values, 0.0).sum(axis=1)
    return np.where(counts > 0, sums / np.maximum(counts, 1), np.nan)
