"""Two runs, paired task by task, as frozen types."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from quantgate.evals.pairing.item_scores import ItemScores
from quantgate.evals.pairing.status_counts import StatusCounts
from quantgate.evals.runs.record import RunRecord, TaskRecord
from quantgate.evals.samples.columns import Columns, Places
from quantgate.evals.samples.damage import NO_DAMAGE, Damage
from quantgate.evals.samples.held import Held

if TYPE_CHECKING:
    import pandas as pd

    from quantgate.evals.stats.checks import FloatArray


@dataclass(frozen=True, slots=True)
class TaskRun:
    """One task of one run: its record, `None` where the run does not have it, and its samples.

    `foreign` counts samples that were never to be asked, which are left out of `held`; `lost` the lines of a regrade
    that are gone, so that grades count which it has replaced; `damage` has the lines of the run's file that are no
    samples, of whatever task they were.
    """

    record: TaskRecord | None
    held: Held
    foreign: int = 0
    lost: int = 0
    damage: Damage = NO_DAMAGE

    @property
    def samples(self) -> Columns:
        """The task's samples by columns."""
        return self.held.columns

    @property
    def planned(self) -> int:
        """How many samples the task has when it is complete."""
        return self.record.items * self.record.repeats if self.record else 0


@dataclass(frozen=True, slots=True)
class TaskPairs:
    """One task of two runs, paired.

    `frame` has one row per item and repeat, sorted by both, with the columns `item_id`, `repeat`, `stratum`,
    `cluster` (categories), `baseline` and `candidate` (scores in [0, 1], NaN where a sample is missing), and `alike`:
    whether both builds' extracted results are there and equal. A sample that neither run holds has its row too.
    `problems` says why the runs are not comparable; then the frame is empty. `builds` has the samples themselves,
    `validity` counts them, both by `baseline` and `candidate`.
    """

    task: str
    frame: pd.DataFrame
    repeats: int
    validity: Mapping[str, StatusCounts]
    builds: Mapping[str, TaskRun]
    problems: tuple[str, ...] = ()

    @property
    def strata_weigh(self) -> bool:
        """Whether the score is the mean of the strata's means, where there are strata; else they are shown only."""
        record = self.builds["baseline"].record
        return record is None or record.strata_weigh

    def item_scores(self) -> ItemScores:
        """Average each item's repeats. What is missing counts against the candidate: 1 for the baseline, 0 for it."""
        scores = self.frame[["baseline", "candidate"]]
        filled = scores.fillna({"baseline": 1.0, "candidate": 0.0})
        missing = scores.isna().sum(axis=1).astype(np.float64)
        means = filled.assign(open=missing).groupby(self.places, sort=True).mean()
        items = self.frame.iloc[:: max(self.repeats, 1)]
        parts = None if items["stratum"].isna().all() else tuple(items["stratum"].astype(object).fillna(""))
        return ItemScores(
            baseline=means["baseline"].to_numpy(dtype=np.float64),
            candidate=means["candidate"].to_numpy(dtype=np.float64),
            strata=parts if self.strata_weigh else None,
            single_answers=self.repeats == 1 and bool(filled.isin((0.0, 1.0)).all(axis=None)),
            item_ids=tuple(items["item_id"]),
            clusters=_clusters(items["item_id"].tolist(), items["cluster"].tolist()),
            open=means["open"].to_numpy(dtype=np.float64),
            parts=parts,
        )

    @property
    def places(self) -> NDArray[np.intp]:
        """The item of each row, as its place among the sorted ids."""
        return self.frame["item_id"].cat.codes.to_numpy().astype(np.intp)

    def rows(self, build: str) -> Places:
        """The rows of a build's samples, shape (items, repeats), in the order of the frame; -1 where there is none."""
        return self.builds[build].samples.rows_of(self.frame["item_id"].cat.categories.tolist(), self.repeats)

    def filled(self, build: str) -> FloatArray:
        """The scores of `baseline` or `candidate` row by row; what is missing counts against the candidate."""
        return self.frame[build].fillna(1.0 if build == "baseline" else 0.0).to_numpy(dtype=np.float64)


def _clusters(items: Sequence[str], names: Sequence[str | float]) -> tuple[str, ...] | None:
    """The cluster of each item, None where each has its own; one that names none is a cluster of its own."""
    told = [name for name in names if isinstance(name, str)]
    if len(set(told)) == len(told):
        return None
    return tuple(
        f"cluster {name}" if isinstance(name, str) else f"item {item}" for item, name in zip(items, names, strict=True)
    )


@dataclass(frozen=True, slots=True)
class Pairs:
    """Two runs, paired task by task."""

    baseline: RunRecord
    candidate: RunRecord
    tasks: tuple[TaskPairs, ...]
