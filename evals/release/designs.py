"""The designs of a release: of each task when it is looked at, fixed before the first request."""

from __future__ import annotations

from collections.abc import Mapping

from quantgate.evals.contract.design import Design
from quantgate.evals.contract.fidelity import ANSWERS, TOKEN_LOGPROBS
from quantgate.evals.contract.task import Task
from quantgate.evals.designs.planned import planned_design
from quantgate.evals.release.size import full_size
from quantgate.evals.runs.draw import ORDER
from quantgate.evals.settings.policy import Policy
from quantgate.evals.settings.requirements import DecidingMethod, Target
from quantgate.evals.settings.run import RunConfig


def designs_of(
    tasks: Mapping[str, Task],
    configs: Mapping[str, RunConfig],
    policy: Policy,
    *,
    candidates: int = 1,
    looks: int,
    futility: float,
) -> dict[str, Design]:
    """The design of each task, the same for all builds; none of one whose answers are log-probabilities.

    Those are asked whole, which takes minutes, and looked at once.

    Parameters
    ----------
    tasks, configs
        What is asked, and how; by task.
    policy
        What each must show.
    candidates
        Builds that are held against one baseline: to look at many is to search, so each is designed for its part of
        alpha (Bonferroni), and so are the bets against its regression.
    looks, futility
        At most so many looks; the conditional power below which a task is given up.
    """
    return {
        name: _design(name, task, configs[name], policy, candidates, looks, futility)
        for name, task in tasks.items()
        if task.identity.settings.get(ANSWERS) != TOKEN_LOGPROBS
    }


def _design(
    name: str, task: Task, config: RunConfig, policy: Policy, candidates: int, looks: int, futility: float
) -> Design:
    rule = policy.for_task(name)
    items, repeats = full_size(task, config)
    weighed = task.identity.settings.get("weights") != "items" and any(item.stratum for item in task.items())
    clustered = any(item.cluster is not None for item in task.items())
    plain = rule.margin.recovery is None and rule.target is Target.QUESTIONS and rule.method is DecidingMethod.AUTO
    return planned_design(
        items,
        repeats,
        margin=rule.margin.points if rule.margin.recovery is None else None,
        alpha=rule.alpha / candidates,
        regression_alpha=rule.alpha / candidates,
        futility=futility,
        looks=looks,
        exact=plain and not weighed and not clustered,
        order=ORDER,
    )
