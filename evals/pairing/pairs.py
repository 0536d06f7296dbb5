"""Two runs, paired task by task, as frozen types."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from quantgate.evals.contract.records import Sample
from quantgate.evals.pairing.item_scores import ItemScores
from quantgate.evals.pairing.status_counts import StatusCounts
from quantgate.evals.runs.record import RunRecord, TaskRecord


@dataclass(frozen=True, slots=True)
class TaskRun:
    """One task of one run: its record, `None` where the run does not have it, and its samples by (item id, repeat)."""

    record: TaskRecord | None
    samples: Mapping[tuple[str, int], Sample]

    @property
    def planned(self) -> int:
        """How many samples the task has when it is complete."""
        return self.record.items * self.record.repeats if self.record else 0


@dataclass(frozen=True, slots=True)
class TaskPairs:
    """One task of two runs, paired.

    `frame` has one row per item and repeat, sorted by both, with the columns `item_id`, `repeat`, `stratum`,
    `cluster`, `baseline` and `candidate` (scores in [0, 1], NaN where a sample is missing), and `alike`: whether both
    builds' extracted results are there and equal. A sample that neither run holds has its row too. `problems` says why
    the runs are not comparable; then the frame is empty. `builds` has the samples themselves, `validity` counts them,
    both by `baseline` and `candidate`.
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
        frame = self.frame[["item_id", "stratum", "cluster", "baseline", "candidate"]]
        missing = frame[["baseline", "candidate"]].isna().sum(axis=1)
        frame = frame.fillna({"baseline": 1.0, "candidate": 0.0}).assign(open=missing.astype(np.float64))
        items = frame.groupby("item_id", sort=True).agg(
            baseline=("baseline", "mean"),
            candidate=("candidate", "mean"),
            open=("open", "mean"),
            stratum=("stratum", "first"),
            cluster=("cluster", "first"),
        )
        binary = bool(frame[["baseline", "candidate"]].isin((0.0, 1.0)).all(axis=None))
        parts = None if items["stratum"].isna().all() else tuple(items["stratum"].fillna("").astype(str))
        return ItemScores(
            baseline=items["baseline"].to_numpy(dtype=np.float64),
            candidate=items["candidate"].to_numpy(dtype=np.float64),
            strata=parts if self.strata_weigh else None,
            single_answers=self.repeats == 1 and binary,
            item_ids=tuple(items.index),
            clusters=_clusters(items["cluster"]),
            open=items["open"].to_numpy(dtype=np.float64),
            parts=parts,
        )


def _clusters(names: pd.Series[str]) -> tuple[str, ...] | None:
    """The cluster of each item, None where each has its own; one that names none is a cluster of its own."""
    if not names.dropna().duplicated().any():
        return None
    return tuple(
        f"item {item}" if missing else f"cluster {name}"
        for item, name, missing in zip(names.index, names, names.isna(), strict=True)
    )


@dataclass(frozen=True, slots=True)
class Pairs:
    """Two runs, paired task by task."""

    baseline: RunRecord
    candidate: RunRecord
    tasks: tuple[TaskPairs, ...]
