"""A shard of a run as merging knows it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from quantgate.evals.contract.shard import Shard
from quantgate.evals.runs.record import RunRecord, ShardRecord

Places = Mapping[int, int]
"""By the place of a model in the `replies` of a shard, that in those of the run."""


@dataclass(frozen=True, slots=True)
class ShardRun:
    """A run directory that has one shard, by its record."""

    folder: Path
    record: RunRecord
    part: ShardRecord

    @property
    def shard(self) -> Shard:
        return self.part.shard

    def __str__(self) -> str:
        return f"shard {self.shard} ({self.folder})"
