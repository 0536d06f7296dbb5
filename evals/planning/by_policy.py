"""Plans of several tasks: at margins that were asked for, or at those of a policy, whose suite is planned besides."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from quantgate.evals.contract.fidelity import TOP1
from quantgate.evals.contract.task import TaskInfo
from quantgate.evals.errors import UsageError
from quantgate.evals.planning.assumptions import not_planned
from quantgate.evals.planning.options import check_aim
from quantgate.evals.planning.suite import assume_suite
from quantgate.evals.planning.types import Aim, Assumptions
from quantgate.evals.settings.policy import Policy, TaskPolicy
from quantgate.evals.settings.requirements import DecidingMethod, Requirement, Tier


def tasks_of(policy: Policy | None, task: str | None) -> list[str | None]:
    """Which tasks are planned where no pilot says so: the one that was named, else those that a policy names.

    Raises
    ------
    UsageError
        For one task beside a policy with a suite, which is planned over all of its tasks.
    """
    if policy is None or (policy.suite is None and task is not None):
        return [task]
    if policy.suite is not None and task is not None:
        raise UsageError(f"--task {task}: the policy has a suite, which is planned over all its tasks: leave it out")
    return list(dict.fromkeys([*(policy.suite.tasks if policy.suite else []), *policy.tasks])) or [None]


def without_logprobs(policy: Policy, known: Mapping[str, TaskInfo]) -> tuple[Policy, list[str]]:
    """The policy without its tasks of log-probabilities, which are not planned (`assumptions.not_planned`); and those.

    Raises
    ------
    UsageError
        When it names no others.
    """
    left = [name for name in policy.tasks if name in known and TOP1 in known[name].metrics]
    kept = {name: rule for name, rule in policy.tasks.items() if name not in left}
    if left and not kept and policy.suite is None:
        raise not_planned(left[0])
    return policy.model_copy(update={"tasks": kept}), left


def aims(
    assumed: Sequence[Assumptions], aim: Aim, tasks: int | None = None, policy: Policy | None = None
) -> Iterator[tuple[Assumptions, Aim]]:
    """What is to be planned, each with what is wanted of it: the tasks, and the mean over a policy's suite.

    `tasks` must all pass with the power that is wanted, by default all that are required. A policy's margins and alphas
    win over those of `aim`.

    Raises
    ------
    UsageError
        When the policy names a task that is not planned, or wants what cannot be.
    """
    if policy is None:
        shared = replace(aim, tasks=len(assumed) if tasks is None else tasks)
        yield from ((one, shared) for one in assumed)
        return
    policy.check_tasks([one.task for one in assumed])
    rules = {one.task: policy.for_task(one.task) for one in assumed}
    required = sum(rule.tier is Tier.REQUIRED for rule in rules.values())
    together = max(required, 1) if tasks is None else tasks
    for one in assumed:
        yield _by(rules[one.task], one, replace(aim, tasks=together))
    if policy.suite is not None:
        mean = assume_suite({one.task: one for one in assumed}, policy.suite.shares)
        yield _by(policy.for_suite(policy.suite), mean, replace(aim, tasks=1))


def _by(rule: TaskPolicy, assumed: Assumptions, aim: Aim) -> tuple[Assumptions, Aim]:
    """What the rule asks of a task; of points and a recovery the tighter at the baseline's accuracy."""
    if rule.require is Requirement.EQUIVALENT:
        both = (
            "the power is that of the lower bound; the policy requires equivalence, so that the upper one must hold "
            "too: an equal build that passes each with 90% passes both with 80% at least (--power 0.9)"
        )
        assumed = replace(assumed, notes=(*assumed.notes, both))
    if rule.method is not DecidingMethod.AUTO:
        by = f"planned for the bound that holds; the policy decides by a bootstrap (method: {rule.method.value})"
        assumed = replace(assumed, notes=(*assumed.notes, by))
    margin, aim = rule.margin, replace(aim, alpha=rule.alpha, target=rule.target)
    if margin.recovery is not None and margin.binds_by_recovery(assumed.accuracy or 0.0):
        return assumed, check_aim(replace(aim, margins=(), recoveries=(margin.recovery,)))
    points = () if margin.points is None else (margin.points,)
    return assumed, check_aim(replace(aim, margins=points, recoveries=()))
