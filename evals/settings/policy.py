"""What a gate asks for, fixed before the data are seen: margins, error rate, and what may be missing or cut."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from quantgate.evals.errors import UsageError
from quantgate.evals.settings.explaining import explain
from quantgate.evals.settings.margin import (
    RECOVERY_OF_BENCHMARK,
    Margin,
    MarginField,
    Written,
    read_parts,
    read_recovery,
)
from quantgate.evals.settings.requirements import (
    SMALLEST_ALPHA,
    SMALLEST_MARGIN,
    DecidingMethod,
    Requirement,
    Target,
    Tier,
)
from quantgate.evals.settings.run import ExpectedScore, read_yaml
from quantgate.evals.settings.shipped import policy_file
from quantgate.evals.settings.suite import SuitePolicy


class TaskPolicy(BaseModel):
    """What one task must show. Margins, shares and floors are fractions: 0.02 is two points, or two in a hundred.

    `margin` is a number of points, or says how much of the baseline's accuracy must be recovered, or both. `alpha` is
    one-sided, for each bound. `require` says whether it is enough that the candidate is no worse by the margin
    (`non_inferior`), or must be no better by it either (`equivalent`). An `advisory` task never blocks. At most
    `max_missing` of a build's samples may be missing, which count against the candidate; more make the task invalid.
    More than `max_truncated` of a build's answers cut, or shares that differ by more than `max_truncated_difference`,
    block a pass, and so do more than `max_refused` that the model declined or a filter kept back. A baseline below
    `baseline_at_least` makes the task invalid: a harness that is broken for both builds alike must not pass.
    `expected`, as `0.92 +- 0.03`, is what the baseline should score; outside of it nothing passes. More than
    `max_unparsed` of a build's answers from which no result could be read block a pass. A baseline that is no better
    than guessing makes the task invalid, unless `baseline_may_guess`. One served model on both sides blocks, unless
    `same_build` says that it is meant. Answers of several models in one run make the task invalid, unless
    `model_changed` says that it is known. Prompts of which the builds' servers count other tokens block, unless
    `prompts_unlike` says that it is meant. `metric` decides in place of the one that the runs were graded by. `target`
    says what the verdict is to hold for: `questions` like these, or the `benchmark`'s very questions, of which only the
    noise of re-runs is left to chance.
    `method` chooses a plain bootstrap in place of the bounds that hold (`auto`).
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    margin: MarginField = Margin(points=0.02)
    alpha: float = Field(0.05, ge=SMALLEST_ALPHA, lt=0.5)
    require: Requirement = Requirement.NON_INFERIOR
    target: Target = Target.QUESTIONS
    method: DecidingMethod = DecidingMethod.AUTO
    tier: Tier = Tier.REQUIRED
    max_missing: float = Field(0.0, ge=0, lt=1)
    max_truncated: float = Field(0.02, ge=0, le=1)
    max_truncated_difference: float = Field(0.01, ge=0, le=1)
    max_refused: float = Field(0.02, ge=0, le=1)
    max_unparsed: float = Field(0.1, ge=0, le=1)
    baseline_may_guess: bool = False
    same_build: bool = False
    model_changed: bool = False
    prompts_unlike: bool = False
    metric: str | None = None
    baseline_at_least: float | None = Field(None, ge=0, le=1)
    expected: ExpectedScore | None = None

    @model_validator(mode="after")
    def _recovery_goes_with_the_rest(self) -> Self:
        if self.margin.recovery is not None and self.target is Target.BENCHMARK:
            raise ValueError(f"a margin of recovery and target: benchmark: {RECOVERY_OF_BENCHMARK}")
        if self.margin.recovery is not None and self.method is not DecidingMethod.AUTO:
            raise ValueError(
                f"a margin of recovery and method: {self.method.value}: a recovery is decided by the bound that holds; "
                "leave the method out, or give a margin in points"
            )
        if self.margin.both and self.alpha < 2 * SMALLEST_ALPHA:
            raise ValueError(
                f"alpha {self.alpha:g}: with points and recovery in one margin a regression is looked for twice, each "
                f"at half of alpha, which is then {2 * SMALLEST_ALPHA:g} or more"
            )
        return self


FIDELITY_MARGIN = Margin(points=0.01, kl=0.05)
"""What a task of log-probabilities must show unless the policy says otherwise: a point of agreement, 0.05 nats."""

RULES = tuple(name for name in TaskPolicy.model_fields if name not in ("metric", "model_changed"))
"""The keys that only a policy has: `metric` and `model_changed` are options of `run`, too."""


class Policy(TaskPolicy):
    """A policy for all tasks, what differs for some, and what several of them must show together.

    `first` names the task of log-probabilities that `quantgate check` asks before all others, so that a build that is
    broken is stopped before they are.
    """

    tasks: dict[str, TaskPolicy] = {}
    suite: SuitePolicy | None = None
    first: str | None = None

    @field_validator("tasks", mode="before")
    @classmethod
    def _hold_no_suite(cls, tasks: Any) -> Any:
        for name, own in tasks.items() if isinstance(tasks, dict) else ():
            if isinstance(own, dict) and "suite" in own:
                raise ValueError(f"{name}.suite: a suite is of several tasks, so it stands beside tasks and not in one")
        return tasks

    @model_validator(mode="after")
    def _bootstraps_no_noise_of_re_runs(self) -> Self:
        rules: dict[str, TaskPolicy] = {"": self, **self.tasks}
        for name, own in rules.items():
            told = own.model_fields_set
            method = own.method if "method" in told else self.method
            target = own.target if "target" in told else self.target
            if method is not DecidingMethod.AUTO and target is Target.BENCHMARK:
                where = f"tasks.{name}: " if name else ""
                raise ValueError(
                    f"{where}method: {method.value} resamples questions, which says nothing of target: benchmark, "
                    "whose questions are given; take method: auto there, or target: questions"
                )
        return self

    @model_validator(mode="after")
    def _divergence_is_of_a_task(self) -> Self:
        if self.margin.kl is not None or (self.suite is not None and self.suite.margin.kl is not None):
            raise ValueError(
                "margin: kl is of log-probabilities: say it of their task, as tasks: {likelihood: {margin: {top1: "
                "0.01, kl: 0.05}}}"
            )
        return self

    @model_validator(mode="after")
    def _what_is_shared_goes_with_each_part(self) -> Self:
        parts = {f"tasks.{name}": partial(self.for_task, name) for name in self.tasks}
        if self.suite is not None:
            parts["suite"] = partial(self.for_suite, self.suite)
        for where, rule in parts.items():
            try:
                rule()
            except ValidationError as error:
                raise ValueError(f"{where}: {error.errors()[0]['msg'].removeprefix('Value error, ')}") from None
        return self

    def for_task(self, name: str) -> TaskPolicy:
        """The policy of one task: what it sets itself, else what is set for all."""
        own = self.tasks.get(name)
        said = own.model_dump(exclude_unset=True) if own else {}
        if own is not None and own.margin.kl is not None and "tier" not in self.model_fields_set:
            said = {"tier": Tier.ADVISORY, **said}
        return TaskPolicy(**{**self._shared, **said})

    def with_fidelity(self, tasks: Collection[str], others: bool) -> Policy:
        """The same policy, with what such tasks are asked whose answers are log-probabilities.

        They have units of their own, so a margin that is said for all tasks is none of theirs: `FIDELITY_MARGIN` is,
        where nothing is said of the task itself. Beside `others` they are advisory unless the policy says a tier, and
        alone they decide. Neither a bootstrap nor another target goes with them: documents are sampled.
        """
        rules = dict(self.tasks)
        for name in tasks:
            own = rules.get(name)
            told = own.model_fields_set if own is not None else frozenset()
            asked: dict[str, Any] = {"method": DecidingMethod.AUTO, "target": Target.QUESTIONS}
            if "margin" not in told:
                asked["margin"] = FIDELITY_MARGIN
            if "tier" not in told and "tier" not in self.model_fields_set:
                asked["tier"] = Tier.ADVISORY if others else Tier.REQUIRED
            rules[name] = (own or TaskPolicy.model_validate({})).model_copy(update=asked)
        return self.model_copy(update={"tasks": rules}) if tasks else self

    def for_suite(self, suite: SuitePolicy) -> TaskPolicy:
        """The policy of the mean over a suite: what the suite sets itself, else what is set for all. It is required."""
        own = suite.model_dump(include={"margin", "alpha", "require"}, exclude_none=True)
        return TaskPolicy(**{**self._shared, "tier": Tier.REQUIRED, **own})

    @property
    def _shared(self) -> dict[str, Any]:
        return self.model_dump(include=set(TaskPolicy.model_fields))

    def metrics(self, names: Iterable[str]) -> dict[str, str]:
        """The metric that decides, of those tasks for which one is chosen."""
        chosen = {name: self.for_task(name).metric for name in names}
        return {name: metric for name, metric in chosen.items() if metric is not None}

    @property
    def bootstraps(self) -> bool:
        """Whether a plain bootstrap decides any task."""
        return any(one.method is not DecidingMethod.AUTO for one in (self, *self.tasks.values()))

    def with_bounds_that_hold(self) -> Policy:
        """The same policy, with the bounds that hold for every task."""
        auto = {"method": DecidingMethod.AUTO}
        tasks = {
            name: one.model_copy(update=auto) if "method" in one.model_fields_set else one
            for name, one in self.tasks.items()
        }
        return self.model_copy(update={**auto, "tasks": tasks})

    def check_tasks(self, names: Sequence[str]) -> None:
        """Raise UsageError when something is set for a task that the runs do not hold; advisory ones may be absent.

        A suite's tasks may not: without one its mean is another.
        """
        if self.suite is not None:
            self.suite.check_tasks(names)
        required = {name for name in self.tasks if self.for_task(name).tier is Tier.REQUIRED}
        unknown = sorted(required - set(names))
        if unknown:
            held = ", ".join(names) or "none"
            raise UsageError(
                f"a margin or policy is given for task {unknown[0]!r}, which the runs do not hold; they hold {held}"
            )


def load_policy(
    chosen: str | Path | None,
    margins: Sequence[str] = (),
    alpha: float | None = None,
    *,
    recoveries: Sequence[str] = (),
    same_build: bool = False,
    model_changed: bool = False,
    prompts_unlike: bool = False,
    metrics: Mapping[str, str] | None = None,
    target: Target | str | None = None,
) -> Policy:
    """A shipped policy by its name or one from a YAML file; the options win over it.

    What `--margin` and `--recovery` say together of all tasks, or of one, is its whole margin.

    Parameters
    ----------
    chosen
        A name such as "strict", or the path of a file; a `Path` is always a file.
    margins
        Margins as given on the command line: 0.02, or gsm8k=0.01.
    recoveries
        Recoveries as given on the command line: 0.99, or gsm8k=0.98.
    alpha
        One-sided error rate of each bound.
    same_build
        Whether one served model on both sides is meant; sets the policy's own `same_build`.
    model_changed
        Whether answers of several models in one run are known and meant; sets the policy's own `model_changed`.
    prompts_unlike
        Whether prompts of other tokens are meant; sets the policy's own `prompts_unlike`.
    metrics
        The metric that decides, by task; wins over the policy's own.
    target
        What the verdict is to hold for, in all tasks; wins over the policy's own for all tasks, not over a task's.

    Raises
    ------
    UsageError
        Naming the file and key, or the option, and what is allowed; for an unknown key the nearest known one.
    """
    file = None if chosen is None else policy_file(chosen)
    written: dict[str, Any] = read_yaml(file) if file is not None else {}
    if alpha is not None:
        if not SMALLEST_ALPHA <= alpha < 0.5:
            raise UsageError(f"--alpha {alpha:g}: the one-sided error rate lies between 0.001 and 0.5; 0.05 is usual")
        written["alpha"] = alpha
    if target is not None:
        if target not in list(Target):
            raise UsageError(f"--target {target}: write questions (like these) or benchmark (these very ones)")
        written["target"] = str(target)
    meant = {"same_build": same_build, "model_changed": model_changed, "prompts_unlike": prompts_unlike}
    written |= {name: True for name, is_meant in meant.items() if is_meant}
    tasks = written.setdefault("tasks", {})
    for task, margin in _margins(margins, recoveries).items():
        if not task:
            written["margin"] = margin
        elif isinstance(tasks, dict):
            tasks[task] = {**(tasks.get(task) or {}), "margin": margin}
    for task, metric in (metrics or {}).items():
        if isinstance(tasks, dict):
            tasks[task] = {**(tasks.get(task) or {}), "metric": metric}
    try:
        return Policy.model_validate(written)
    except ValidationError as error:
        raise UsageError(explain(error, Policy, file, frozenset(written))) from None


def _margins(margins: Sequence[str], recoveries: Sequence[str]) -> dict[str, Written]:
    """What the options say, by task; under the empty name of all."""
    said: dict[str, dict[str, float]] = {}
    for option, texts, read in (("margin", margins, _margin), ("recovery", recoveries, _recovery)):
        for text in texts:
            task, named, value = text.rpartition("=")
            numbers = read(value, text)
            if named and not task:
                raise UsageError(f"--{option} {text}: write a {option}, or TASK={option.upper()}")
            if "kl" in numbers and not task:
                raise UsageError(
                    f"--{option} {text}: kl is of log-probabilities: name their task, as likelihood={text}"
                )
            one = said.setdefault(task, {})
            if numbers.keys() & one.keys():
                raise UsageError(f"--{option} {text}: {task or f'the {option} for all tasks'} is given twice")
            one.update(numbers)
    return {task: _whole(task, one).written for task, one in said.items()}


def _whole(task: str, said: Mapping[str, float]) -> Margin:
    try:
        return Margin(said.get("points"), said.get("recovery"), said.get("kl"))
    except ValueError as error:
        raise UsageError(f"--recovery {task}={said['recovery']:g}: {error}") from None


def _recovery(value: str, given: str) -> dict[str, float]:
    try:
        return {"recovery": read_recovery(value)}
    except ValueError as error:
        raise UsageError(f"--recovery {given}: {error}") from None


def _margin(value: str, given: str) -> dict[str, float]:
    """What `--margin` says: points, under that name, and a divergence."""
    if ":" in value:
        try:
            parts = read_parts(value)
        except ValueError as error:
            raise UsageError(f"--margin {given}: {error}") from None
        return {"points" if name == "top1" else name: number for name, number in parts.items()}
    try:
        margin = float(value)
    except ValueError:
        hint = ""
        if value.endswith("%"):
            try:
                hint = f": for {value} write {float(value[:-1]) / 100:g}"
            except ValueError:
                hint = ""
        raise UsageError(f"--margin {given}: a margin is a fraction such as 0.02 (two points){hint}") from None
    if 0 < margin < SMALLEST_MARGIN:
        raise UsageError(f"--margin {given}: under a hundredth of a point no benchmark has the items; 0.01 is strict")
    if not (math.isfinite(margin) and 0 < margin < 1):
        hint = f"; for {margin:g} points write {margin / 100:g}" if 1 <= margin < 100 else ""
        raise UsageError(f"--margin {given}: a margin lies between 0 and 1, 0.02 is two points{hint}")
    return {"points": margin}
