"""Whether a build is so broken that no costly task need be asked: by the task of log-probabilities asked first."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from quantgate.evals.decision.recovery_sentences import percent
from quantgate.evals.fidelity.bounds import agreement_bounds
from quantgate.evals.pairing.pairs import Pairs, TaskPairs
from quantgate.evals.settings.policy import Policy, TaskPolicy
from quantgate.evals.settings.requirements import SMALLEST_ALPHA, Tier

BROKEN_BELOW = 0.3
"""A build that agrees on fewer positions is broken: bare MXFP4 of the demo's small model still has 0.56."""


@dataclass(frozen=True, slots=True)
class FirstLook:
    """What the first task shows of each candidate: why it is stopped, by label, and what was seen of all of them."""

    broken: Mapping[str, str]
    seen: Mapping[str, str]

    @property
    def stops(self) -> bool:
        """Whether nothing more is asked: no candidate is left that could pass."""
        return len(self.broken) == len(self.seen)


def first_look(pairs: Mapping[str, Pairs], task: str) -> FirstLook:
    """Look at the task that was asked first, of each candidate by its label.

    A candidate is broken where the upper bound of its agreement, with an error probability of `SMALLEST_ALPHA`, lies
    below `BROKEN_BELOW`; and where its tokens are not the baseline's, so that nothing can be compared. That errs on a
    sound build once in a thousand at most, and is no part of the verdict's own alpha: it can only stop a build.
    """
    broken: dict[str, str] = {}
    seen: dict[str, str] = {}
    for label, each in pairs.items():
        told = next((one for one in each.tasks if one.task == task), None)
        why, said = _of(told)
        seen[label] = said
        if why:
            broken[label] = why
    return FirstLook(broken, seen)


def policy_of_first(policy: Policy, task: str) -> Policy:
    """What decides where nothing but the first task was asked: its own rule, which then is required."""
    own = policy.tasks.get(task) or TaskPolicy.model_validate({})
    rules = {task: own.model_copy(update={"tier": Tier.REQUIRED})}
    return policy.model_copy(update={"tasks": rules, "suite": None})


def _of(task: TaskPairs | None) -> tuple[str, str]:
    """Why it is broken, empty where it is not; and what was seen."""
    if task is None or task.fidelity is None:
        why = "nothing can be compared" if task is None else "; ".join(task.problems) or "nothing can be compared"
        return why, why
    scores = task.item_scores()
    found = agreement_bounds(scores.differences, scores.highest, SMALLEST_ALPHA, scores.clusters)
    said = f"the likeliest token is the baseline's at {percent(1 + found.estimate)} of positions"
    if 1 + found.upper >= BROKEN_BELOW:
        return "", said
    confidence = percent(1 - SMALLEST_ALPHA)
    return f"{said}, at fewer than {percent(1 + found.upper)} with {confidence} confidence", said
