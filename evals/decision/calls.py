"""Tool calls of both builds beside a decision: figures of each, of each stratum, and how far the builds call alike."""

from __future__ import annotations

import numpy as np

from quantgate.evals.contract.call_figures import CallComparison, CallFigures, CallStratum
from quantgate.evals.contract.call_metrics import CallMetric
from quantgate.evals.fidelity.calls import call_figures, metric_at, trigger
from quantgate.evals.pairing.pairs import TaskPairs
from quantgate.evals.samples.columns import NONE, Places

BUILDS = ("baseline", "candidate")


def compare_calls(pairs: TaskPairs) -> CallComparison | None:
    """The figures of a pair's tool calls; `None` where the task has none."""
    rows = {build: pairs.rows(build)[:, : pairs.asked[build]] for build in BUILDS}
    whole = _both(pairs, rows)
    if whole is None:
        return None
    shared = pairs.repeats
    calls = [metric_at(pairs.builds[build].samples, CallMetric.CALLED, rows[build][:, :shared]) for build in BUILDS]
    parts = _parts(pairs, rows)
    strata = [
        CallStratum(name, *figures)
        for name in sorted({part for part in parts if part is not None})
        if (figures := _both(pairs, {build: own[parts == name] for build, own in rows.items()})) is not None
    ]
    return CallComparison(*whole, trigger(calls[1], calls[0]), tuple(strata))


def _both(pairs: TaskPairs, rows: dict[str, Places]) -> tuple[CallFigures, CallFigures] | None:
    left, right = (call_figures(pairs.builds[build].samples, rows[build]) for build in BUILDS)
    return None if left is None or right is None else (left, right)


def _parts(pairs: TaskPairs, rows: dict[str, Places]) -> np.ndarray[tuple[int], np.dtype[np.object_]]:
    """The stratum of each item, as either build's samples tell it, shape (items,)."""
    found = np.full(len(pairs.table.items), None, dtype=object)
    for build in BUILDS:
        strata, own = pairs.builds[build].samples.stratum, rows[build]
        for place in np.flatnonzero([part is None for part in found]).tolist():
            there = own[place][own[place] != NONE]
            found[place] = strata[int(there[0])] if len(there) else None
    return found
