"""What a gate decides, as frozen types, and the JSON that others read."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from enum import StrEnum
from typing import Any, Literal, TypeAlias

from quantgate.evals.checks.finding import Finding
from quantgate.evals.checks.lengths import LengthComparison
from quantgate.evals.decision.described import (
    ByBootstrap,
    Description,
    Flip,
    FlipTable,
    PooledChange,
    Prospect,
    SettlingCurve,
)
from quantgate.evals.decision.length_figures import LengthFigures
from quantgate.evals.decision.look import PairLook
from quantgate.evals.decision.recovery_bounds import RecoveryBounds
from quantgate.evals.decision.sequential.looks import Looks
from quantgate.evals.fidelity.figures import Fidelity, KlBounds
from quantgate.evals.pairing.left_out import LeftOut
from quantgate.evals.pairing.status_counts import StatusCounts
from quantgate.evals.runs.record import RunRecord, SameBy
from quantgate.evals.settings.asked_suite import AskedSuite
from quantgate.evals.settings.margin import MarginField
from quantgate.evals.settings.requirements import Requirement, Target, Tier

SCHEMA_VERSION = 1


class TaskVerdict(StrEnum):
    """What the data say of one task; `INVALID` where they say nothing."""

    EQUIVALENT = "equivalent"
    NON_INFERIOR = "non_inferior"
    REGRESSED = "regressed"
    INCONCLUSIVE = "inconclusive"
    INVALID = "invalid"

    def satisfies(self, requirement: Requirement) -> bool:
        """Whether it is what a policy asks for."""
        if self is TaskVerdict.NON_INFERIOR:
            return requirement is Requirement.NON_INFERIOR
        return self is TaskVerdict.EQUIVALENT


class ReleaseVerdict(StrEnum):
    """What the gate says of the candidate; each has the exit code of the contract."""

    PASS = "pass"
    REGRESSED = "regressed"
    INCONCLUSIVE = "inconclusive"
    INVALID = "invalid"

    @property
    def exit_code(self) -> int:
        return {"pass": 0, "regressed": 1, "inconclusive": 3, "invalid": 4}[self.value]


class Flag(StrEnum):
    """What a verdict alone does not tell."""

    MEASURABLY_WORSE = "measurably_worse"
    SUPERIOR = "superior"
    CANNOT_PASS_AT_THIS_N = "cannot_pass_at_this_n"
    TRUNCATION = "truncation"
    TRUNCATED = "truncated"
    EMPTY = "empty"
    MISSING_COUNTED_AGAINST = "missing_counted_against"
    UNCONFIRMED_AMONG_TASKS = "unconfirmed_among_tasks"


@dataclass(frozen=True, slots=True)
class StratumFigures:
    """One stratum of a task (tau2: a domain), as an advisory row: its verdict is shown and never decides.

    `recovery_bounds` are those that gave the verdict, where the task's margin says a recovery, `kl_bounds` those of the
    divergence.
    """

    stratum: str
    items: int
    baseline: float
    candidate: float
    difference: float
    lower: float
    upper: float
    verdict: TaskVerdict
    recovery_bounds: RecoveryBounds | None = None
    kl_bounds: KlBounds | None = None

    @property
    def recovery(self) -> float | None:
        """Candidate over baseline; `None` where the baseline has nothing right."""
        return None if self.baseline == 0 else self.candidate / self.baseline


@dataclass(frozen=True, slots=True)
class TargetBounds:
    """What the bounds say that hold for one target: the one that decides, or the other, which is told beside it.

    `lower` and `upper` are each one-sided at `alpha`; `reason` says by which method, over what unit.
    """

    target: Target
    decides: bool
    lower: float
    upper: float
    alpha: float
    verdict: TaskVerdict
    reason: str


class _Judged:
    """What can be said of a task however it was judged."""

    __slots__ = ()

    task: str
    tier: Tier
    reason: str

    @property
    def required(self) -> bool:
        return self.tier is Tier.REQUIRED

    @property
    def advisory(self) -> bool:
        return self.tier is Tier.ADVISORY

    @property
    def named_reason(self) -> str:
        """The reason with the task's name before it, for where several tasks are told of."""
        return f"{self.task}: {self.reason}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided(_Judged):
    """One task's figures and verdict: accuracies, difference (candidate minus baseline), bounds, margin, all fractions.

    `lower` and `upper` are each one-sided at `alpha` and decide; `descriptive_interval`, the percentile bootstrap's,
    two-sided at 1 - 2 alpha, does not, and nor does `description`. `losses`, `gains` and `mcnemar_p` need one 0/1
    answer per item, `recovery` a baseline above 0. `missing` is how much of the interval's width is there because
    answers are missing, `clusters` how many clusters are the unit, where items are not, and `method_reason` says which
    method decided over what unit, and why. `asked` is how often either build was asked every item, empty in decisions
    of earlier versions, and `repeats` the fewer of the two. `target` is what the verdict holds for, `targets` has the
    bounds for either, and `whole` counts the benchmark's items, where that is known. `needed` says what would settle an
    inconclusive if what was seen is true, and `prospects` with which probability and if what; `precision` how narrow
    the bounds get. `findings` say what the scores rest on; one that blocks keeps the task from passing. `flips` lists
    the items that changed, `flip_table` counts them. `reason` is a sentence that does not name the task.
    `bootstrap` is there where the policy chose to decide by one.
    `recovery_bounds` are there where the margin says a recovery, and decide about it; where it says points too, the
    upper bounds of both are each at half of alpha, so that they hold together. `look` says which look at the pair it
    is, where looks are counted: `alpha` is then what that look has.
    `by_length` has both builds' scores by length of context, where the strata say one.
    `fidelity` is there where the answers are log-probabilities of tokens: then `candidate` is the agreement with the
    baseline, and `kl_bounds` decide about the divergence, where the margin says one.
    `left_out` is there where the runs were cut to what both have, and says what is not compared.
    `paired_by` is what shows that both builds were asked the same questions, where a run was imported.
    `looks` is there where the task was looked at on the way: then all figures are of the items that its verdict rests
    on, and the bounds hold over all looks together.
    """

    task: str
    margin: MarginField
    alpha: float
    validity: Mapping[str, StatusCounts]
    reason: str
    tier: Tier = Tier.REQUIRED
    require: Requirement = Requirement.NON_INFERIOR
    verdict: TaskVerdict
    items: int
    repeats: int
    baseline: float
    candidate: float
    difference: float
    lower: float
    upper: float
    method: str
    descriptive_interval: tuple[float, float] | None = None
    flags: tuple[Flag, ...] = ()
    losses: int | None = None
    gains: int | None = None
    mcnemar_p: float | None = None
    recovery: float | None = None
    needed: Mapping[str, int | None] | None = None
    strata: tuple[StratumFigures, ...] = ()
    by_length: tuple[LengthFigures, ...] = ()
    description: Description | None = None
    findings: tuple[Finding, ...] = ()
    flip_table: FlipTable | None = None
    lengths: LengthComparison | None = None
    precision: SettlingCurve | None = None
    flips: tuple[Flip, ...] = ()
    prospects: tuple[Prospect, ...] = ()
    missing: float = 0.0
    clusters: int | None = None
    method_reason: str = ""
    asked: Mapping[str, int] = field(default_factory=dict)
    target: Target = Target.QUESTIONS
    targets: tuple[TargetBounds, ...] = ()
    whole: int | None = None
    bootstrap: ByBootstrap | None = None
    recovery_bounds: RecoveryBounds | None = None
    look: PairLook | None = None
    looks: Looks | None = None
    left_out: LeftOut | None = None
    paired_by: SameBy | None = None
    kl_bounds: KlBounds | None = None
    fidelity: Fidelity | None = None

    @property
    def zone(self) -> float:
        """The loss, a fraction, that the margin tolerates at the baseline's accuracy as it was measured."""
        return self.margin.at(self.baseline)

    @property
    def passes(self) -> bool:
        """Whether the verdict is what the policy requires, and nothing blocks it."""
        return self.verdict.satisfies(self.require) and not self.blocked

    @property
    def blocked(self) -> bool:
        """Whether nothing but a finding keeps the task from passing."""
        return self.verdict.satisfies(self.require) and any(finding.blocks for finding in self.findings)

    def as_dict(self) -> dict[str, Any]:
        """The task as in the gate JSON."""
        counts = {build: each.as_dict() for build, each in self.validity.items()}
        return {**asdict(self), "margin": self.margin.written, "validity": counts}


@dataclass(frozen=True, slots=True, kw_only=True)
class NotComparable(_Judged):
    """A task of which no figure can be trusted: why, and how its answers ended.

    `awaited` says that it is to be looked at on the way, and has no pair of answers yet: where another task has settled
    the release before, that is no fault of the runs.
    """

    task: str
    margin: MarginField
    alpha: float
    validity: Mapping[str, StatusCounts]
    reason: str
    tier: Tier = Tier.REQUIRED
    require: Requirement = Requirement.NON_INFERIOR
    verdict: Literal[TaskVerdict.INVALID] = TaskVerdict.INVALID
    repeats: int = 0
    findings: tuple[Finding, ...] = ()
    lengths: LengthComparison | None = None
    awaited: bool = False

    @property
    def zone(self) -> float:
        """The loss, a fraction, that the margin tolerates of a baseline that has everything right."""
        return self.margin.at(1.0)

    @property
    def passes(self) -> bool:
        return False

    @property
    def blocked(self) -> bool:
        return False

    def as_dict(self) -> dict[str, Any]:
        """The task as in the gate JSON, which has the fields of a decision for it all the same."""
        counts = {build: each.as_dict() for build, each in self.validity.items()}
        known = {**asdict(self), "margin": self.margin.written, "validity": counts}
        return {one.name: known.get(one.name, FIGURES_OF_NONE.get(one.name)) for one in fields(Decided)}


FIGURES_OF_NONE: Mapping[str, Any] = {
    **{one.name: None for one in fields(Decided) if one.name not in {known.name for known in fields(NotComparable)}},
    "items": 0,
    "flags": [],
    "strata": [],
    "by_length": [],
    "flips": [],
    "prospects": [],
    "missing": 0.0,
    "method_reason": "",
    "asked": {},
    "targets": [],
}
"""What the JSON of a task that could not be compared says in place of the figures that it has none of."""

TaskDecision: TypeAlias = NotComparable | Decided


@dataclass(frozen=True, slots=True)
class Suite:
    """What the mean over several tasks shows, told as of one task, and each task's share of it; they sum to 1."""

    mean: TaskDecision
    weights: Mapping[str, float]

    def as_dict(self) -> dict[str, Any]:
        """The suite as in the gate JSON: the fields of a task, and the weights."""
        return {**self.mean.as_dict(), "weights": dict(self.weights)}


@dataclass(frozen=True, slots=True)
class Verdict:
    """The decision about a candidate, with its reasons, one sentence each, which name their tasks.

    `pooled` is what all tasks that could be compared show together; it never decides. `command` is the command line
    that decided, `created` when (UTC, ISO 8601), `software` by which versions. `suite` is what the mean over several
    tasks shows, where the policy asks for it: it decides together with the required tasks. `holds` is what the bounds
    that hold decide, where the policy chose a bootstrap. `folders` are the run directories by `baseline` and
    `candidate`, as the user has named them; empty where nobody did. `asked_suite` is the suite that the release was
    asked by, `None` where it named its tasks itself.
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
    pooled: PooledChange | None = None
    suite: Suite | None = None
    holds: ReleaseVerdict | None = None
    folders: Mapping[str, str] = field(default_factory=dict)
    asked_suite: AskedSuite | None = None

    @property
    def named_folders(self) -> tuple[str, str]:
        """The baseline's folder and the candidate's, empty where nobody named them."""
        return self.folders.get("baseline", ""), self.folders.get("candidate", "")

    @property
    def required(self) -> tuple[TaskDecision, ...]:
        """The tasks that take part in the verdict; a suite does besides."""
        return tuple(task for task in self.tasks if task.required)

    @property
    def rows(self) -> tuple[TaskDecision, ...]:
        """What is told of, line by line: the suite, where there is one, and the tasks."""
        return (*([self.suite.mean] if self.suite else []), *self.tasks)

    @property
    def decided(self) -> tuple[Decided, ...]:
        """The tasks that could be compared."""
        return tuple(task for task in self.tasks if isinstance(task, Decided))

    def to_json(self) -> str:
        """The gate JSON of the contract."""
        document = {
            "schema_version": SCHEMA_VERSION,
            "verdict": self.verdict.value,
            "reasons": list(self.reasons),
            "baseline": self.baseline.as_dict(),
            "candidate": self.candidate.as_dict(),
            "policy": dict(self.policy),
            "tasks": [task.as_dict() for task in self.tasks],
            "command": self.command,
            "created": self.created,
            "software": dict(self.software),
            **({} if self.pooled is None else {"pooled": asdict(self.pooled)}),
            **({} if self.suite is None else {"suite": self.suite.as_dict()}),
            **({} if self.holds is None else {"holds": self.holds.value}),
            **({"folders": dict(self.folders)} if self.folders else {}),
            **({} if self.asked_suite is None else {"asked_suite": asdict(self.asked_suite)}),
        }
        return json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False) + "\n"
