"""Two runs of a task, cut down to the answers that a look rests on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from dataclasses import replace

import numpy as np

from quantgate.evals.pairing.counting import count_statuses
from quantgate.evals.pairing.pairs import TaskPairs, TaskRun


def prefix(pairs: TaskPairs, items: Collection[str], repeats: int) -> TaskPairs:
    """The pairs of some items alone, each answered so often, as if nothing else had been asked."""
    chosen = frozenset(items)
    table = pairs.table.chosen([item in chosen for item in pairs.table.items]).first(repeats)
    strata = Counter(stratum for stratum in table.strata if stratum is not None)
    builds = {build: _cut(run, chosen, repeats, dict(strata)) for build, run in pairs.builds.items()}
    validity = {build: count_statuses(run.samples, run.planned) for build, run in builds.items()}
    return replace(pairs, table=table, asked=dict.fromkeys(pairs.asked, repeats), validity=validity, builds=builds)


def _cut(run: TaskRun, items: frozenset[str], repeats: int, strata: dict[str, int]) -> TaskRun:
    columns = run.samples
    known = np.array([name in items for name in columns.item.names], dtype=np.bool_)
    kept = (columns.repeat < repeats) & (known[columns.item.codes] if len(known) else False)
    record = run.record
    if record is not None:
        # Of what was planned only the size is told: a limit of so many would have asked the same.
        record = replace(record, items=len(items), repeats=repeats, strata=strata, item_ids=None, design=None)
    return replace(run, record=record, held=run.held.chosen(np.asarray(kept, dtype=np.bool_)))
