"""What a gate decides, as frozen types, and the JSON that others read."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any

from evals.description import Description
from evals.pairing import Validity
from evals.run_record import RunRecord

SCHEMA_VERSION = 1


BLOCKING = frozenset({"truncation"})
"""Flags that keep a task from passing whatever its bounds say."""


class TaskVerdict(StrEnum):
    """What the data say of one task; `INVALID` until they say better."""

    EQUIVALENT = "equivalent"
    NON_INFERIOR = "non_inferior"
    REGRESSED = "regressed"
    INCONCLUSIVE = "inconclusive"
    INVALID = "invalid"


class ReleaseVerdict(StrEnum):
    """What the gate says of the candidate; each has the exit code of the contract."""

    PASS = "pass"
    REGRESSED = "regressed"
    INCONCLUSIVE = "inconclusive"
    INVALID = "invalid"

    @property
    def exit_code(self) -> int:
        return {"pass": 0, "regressed": 1, "inconclusive": 3, "invalid": 4}[self.value]


@dataclass(frozen=True, slots=True)
class StratumFigures:
    """One stratum of a task, for the reader: it is part of the task's verdict and has none of its own."""

    stratum: str
    items: int
    baseline: float
    candidate: float
    difference: float


@dataclass(frozen=True, slots=True)
class TaskDecision:
    """One task's figures and verdict: accuracies, difference (candidate minus baseline), bounds, margin, all fractions.

    `lower` and `upper` are each one-sided at `alpha` and decide; `descriptive_interval`, the percentile bootstrap's,
    two-sided at 1 - 2 alpha, does not, and nor does `description`. Figures are `None` where nothing could be paired.
    `needed` says what would settle an inconclusive.
    """

    task: str
    margin: float
    alpha: float
    validity: Mapping[str, Validity]
    reason: str
    tier: str = "required"
    require: str = "non_inferior"
    verdict: TaskVerdict = TaskVerdict.INVALID
    items: int = 0
    repeats: int = 0
    baseline: float | None = None
    candidate: float | None = None
    difference: float | None = None
    lower: float | None = None
    upper: float | None = None
    method: str | None = None
    descriptive_interval: tuple[float, float] | None = None
    flags: tuple[str, ...] = ()
    losses: int | None = None
    gains: int | None = None
    mcnemar_p: float | None = None
    recovery: float | None = None
    needed: Mapping[str, int | None] | None = None
    strata: tuple[StratumFigures, ...] = ()
    description: Description | None = None

    @property
    def passes(self) -> bool:
        """Whether the verdict is what the policy requires, and nothing blocks it."""
        enough = {TaskVerdict.EQUIVALENT} | ({TaskVerdict.NON_INFERIOR} if self.require == "non_inferior" else set())
        return self.verdict in enough and not BLOCKING & set(self.flags)

    def as_dict(self) -> dict[str, Any]:
        document = {name: getattr(self, name) for name in self.__dataclass_fields__}
        document["validity"] = {build: counts.as_dict() for build, counts in self.validity.items()}
        document["flags"] = list(self.flags)
        document["strata"] = [asdict(stratum) for stratum in self.strata]
        document["description"] = None if self.description is None else asdict(self.description)
        return document


@dataclass(frozen=True, slots=True)
class Verdict:
    """The decision about a candidate, with its reasons, one sentence each."""

    baseline: RunRecord
    candidate: RunRecord
    policy: Mapping[str, object]
    tasks: tuple[TaskDecision, ...]
    verdict: ReleaseVerdict = ReleaseVerdict.INVALID
    reasons: tuple[str, ...] = field(default=())

    def to_json(self) -> str:
        """The gate JSON of the contract."""
        document = {
            "schema_version": SCHEMA_VERSION,
            "verdict": self.verdict.value,
            "reasons": list(self.reasons),
            "baseline": asdict(self.baseline),
            "candidate": asdict(self.candidate),
            "policy": dict(self.policy),
            "tasks": [task.as_dict() for task in self.tasks],
        }
        return json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False) + "\n"
