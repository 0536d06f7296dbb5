"""What a gate decides, as frozen types, and the JSON that others read."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any

from quantgate.evals.checks.finding import Finding, Severity
from quantgate.evals.checks.lengths import LengthComparison
from quantgate.evals.decision.described import Description, Flip, FlipTable, SettlingCurve
from quantgate.evals.pairing.status_counts import StatusCounts
from quantgate.evals.runs.record import RunRecord

SCHEMA_VERSION = 1


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
    """One stratum of a task (tau2: a domain), as an advisory row: its verdict is shown and never decides."""

    stratum: str
    items: int
    baseline: float
    candidate: float
    difference: float
    lower: float
    upper: float
    verdict: TaskVerdict


@dataclass(frozen=True, slots=True)
class TaskDecision:
    """One task's figures and verdict: accuracies, difference (candidate minus baseline), bounds, margin, all fractions.

    `lower` and `upper` are each one-sided at `alpha` and decide; `descriptive_interval`, the percentile bootstrap's,
    two-sided at 1 - 2 alpha, does not, and nor does `description`. Figures are `None` where nothing could be paired.
    `needed` says what would settle an inconclusive. `findings` say what the scores rest on; one that blocks keeps the
    task from passing. `flips` lists the items that changed, `flip_table` counts them.
    """

    task: str
    margin: float
    alpha: float
    validity: Mapping[str, StatusCounts]
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
    findings: tuple[Finding, ...] = ()
    flip_table: FlipTable | None = None
    lengths: LengthComparison | None = None
    precision: SettlingCurve | None = None
    flips: tuple[Flip, ...] = ()

    @property
    def passes(self) -> bool:
        """Whether the verdict is what the policy requires, and nothing blocks it."""
        return self._bounds_suffice and not self.blocked

    @property
    def blocked(self) -> bool:
        """Whether nothing but a finding keeps the task from passing."""
        return self._bounds_suffice and any(finding.severity is Severity.BLOCKS for finding in self.findings)

    @property
    def _bounds_suffice(self) -> bool:
        if self.verdict is TaskVerdict.NON_INFERIOR:
            return self.require == "non_inferior"
        return self.verdict is TaskVerdict.EQUIVALENT

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Verdict:
    """The decision about a candidate, with its reasons, one sentence each.

    `command` is the command line that decided, `created` when (UTC, ISO 8601), `software` by which versions.
    """

    baseline: RunRecord
    candidate: RunRecord
    policy: Mapping[str, object]
    tasks: tuple[TaskDecision, ...]
    verdict: ReleaseVerdict = ReleaseVerdict.INVALID
    reasons: tuple[str, ...] = ()
    command: str = ""
    created: str = ""
    software: Mapping[str, str] = field(default_factory=dict)

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
            "command": self.command,
            "created": self.created,
            "software": dict(self.software),
        }
        return json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False) + "\n"
