"""The bounds that decide where the answers are log-probabilities: of agreement with the baseline, and of divergence."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from quantgate.evals.decision.bounds import Bounds
from quantgate.evals.errors import UsageError
from quantgate.evals.fidelity.bounds import agreement_bounds, kl_bounds
from quantgate.evals.pairing.item_scores import Divergences, ItemScores
from quantgate.evals.pairing.pairs import Pairs
from quantgate.evals.settings.margin import Margin
from quantgate.evals.settings.policy import Policy
from quantgate.evals.settings.requirements import SMALLEST_ALPHA, DecidingMethod, Target

_BESIDE = "Both must be shown, and each bound that shows a regression is at half of alpha."


def with_fidelity_rules(policy: Policy, pairs: Sequence[Pairs]) -> Policy:
    """The policy with what those tasks of some pairs must show whose answers are log-probabilities.

    Raises
    ------
    UsageError
        When a divergence is asked of any other task, or a suite is to have such a task in its mean.
    """
    told = {task.task: task.of_logprobs for one in pairs for task in one.tasks}
    for name, of_logprobs in told.items():
        if not of_logprobs and policy.for_task(name).margin.kl is not None:
            raise UsageError(f"the margin of {name} says kl, and its answers are no log-probabilities: give it points")
    found = [name for name, of_logprobs in told.items() if of_logprobs]
    for name in found:
        if policy.suite is not None and name in policy.suite.tasks:
            raise UsageError(f"suite.tasks: {name} is agreement with the baseline, which no mean of accuracies holds")
        if policy.for_task(name).margin.recovery is not None and name in policy.tasks:
            raise UsageError(f"the margin of {name}: agreement has no recovery; write {{top1: 0.01, kl: 0.05}}")
        own = policy.tasks.get(name)
        if own is not None and own.target is not Target.QUESTIONS and "target" in own.model_fields_set:
            raise UsageError(f"the target of {name}: its documents are a sample of texts, so there is none to choose")
        if own is not None and own.method is not DecidingMethod.AUTO and "method" in own.model_fields_set:
            raise UsageError(f"the method of {name}: its bounds are its own, so there is none to choose")
    return policy.with_fidelity(found, others=len(found) < len(told))


def fidelity_bounds(scores: ItemScores, divergences: Divergences, margin: Margin, alpha: float) -> Bounds:
    """The bounds of agreement less 1, and of the divergence, documents being the unit.

    A pass must be shown in all that the margin says, so the lower bound of agreement and the upper one of divergence
    each have the whole alpha (an intersection-union test). A regression in one of two is a search, so with both in the
    margin the bounds that show it have half of it each; where that is less than bounds hold for, none is claimed.
    """
    found = agreement_bounds(scores.differences, scores.highest, alpha, scores.clusters)
    half = alpha / 2 if margin.both else alpha
    upper, below = found.upper, half
    if half < SMALLEST_ALPHA:
        upper, below = 0.0, alpha
    elif half != alpha:
        upper = agreement_bounds(scores.differences, scores.highest, half, scores.clusters).upper
    divergence = kl_bounds(divergences.lowest, divergences.highest, alpha, alpha_below=below, clusters=scores.clusters)
    if half < SMALLEST_ALPHA:
        divergence = replace(divergence, lower=0.0)
    reason = f"{found.reason} Divergence: bets, looked at once, each document counting for 1 nat at most."
    return Bounds(
        found.estimate,
        found.lower,
        upper,
        alpha,
        found.method,
        found.missing,
        found.clusters,
        f"{reason} {_BESIDE}" if margin.both else reason,
        kl_bounds=divergence,
    )
