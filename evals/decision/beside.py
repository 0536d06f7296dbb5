"""Tells, beside a decision by a plain bootstrap, how often that errs and what the bounds that hold decide."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace

from quantgate.evals.checks.finding import Finding, FindingCode, Severity
from quantgate.evals.decision.described import ByBootstrap
from quantgate.evals.decision.points import points, signed_hundredths
from quantgate.evals.decision.suite import joined_scores
from quantgate.evals.decision.types import Decided, Suite, TaskDecision
from quantgate.evals.pairing.item_scores import ItemScores
from quantgate.evals.pairing.pairs import Pairs, TaskPairs
from quantgate.evals.settings.policy import Policy, TaskPolicy
from quantgate.evals.settings.requirements import DecidingMethod
from quantgate.evals.stats.bootstrap.setting import Bootstrap, Pool, Setting, WorstFalsePass
from quantgate.evals.stats.strata import split_strata

Measure = Callable[[Setting], WorstFalsePass]
"""Gives the worst false pass of a bootstrap in a setting."""


def told_beside(
    tasks: Iterable[TaskDecision],
    holding: Iterable[TaskDecision],
    pairs: Pairs,
    policy: Policy,
    measure: Measure,
    members: int = 1,
) -> tuple[TaskDecision, ...]:
    """The decisions of tasks, with what is to be known of those that a bootstrap made.

    Parameters
    ----------
    tasks
        As the policy decides.
    holding
        The same tasks, as the bounds that hold decide.
    pairs
        Their answers.
    policy
        What each must show.
    measure
        `evals.decision.false_pass.worst_false_pass`.
    members
        Formats that are searched: each is decided at alpha divided by so many, and its errors are those there.
    """
    others = {task.task: task for task in holding}
    answers = {task.task: task for task in pairs.tasks}
    return tuple(
        _told(task, others[task.task], [answers[task.task]], None, policy.for_task(task.task), measure, members)
        for task in tasks
    )


def suite_beside(
    suite: Suite | None, holding: Suite | None, pairs: Pairs, policy: Policy, measure: Measure, members: int = 1
) -> Suite | None:
    """The same of the mean over a suite, where there is one."""
    if suite is None or holding is None or policy.suite is None:
        return suite
    answers = {task.task: task for task in pairs.tasks}
    own = policy.for_suite(policy.suite)
    shares = policy.suite.shares
    parts = [answers[name] for name in shares]
    return replace(suite, mean=_told(suite.mean, holding.mean, parts, shares, own, measure, members))


def _told(
    task: TaskDecision,
    holds: TaskDecision,
    parts: Sequence[TaskPairs],
    shares: Mapping[str, float] | None,
    policy: TaskPolicy,
    measure: Measure,
    members: int,
) -> TaskDecision:
    if policy.method is DecidingMethod.AUTO or not isinstance(task, Decided) or not isinstance(holds, Decided):
        return task
    each = {part.task: part.item_scores() for part in parts}
    scores = joined_scores(each, shares) if shares is not None else each[task.task]
    repeats = min(part.repeats for part in parts)
    setting = _setting(scores, repeats, Bootstrap(policy.method), task.zone, task.alpha / members)
    worst = measure(setting)
    found = ByBootstrap(
        false_pass=worst.rate,
        error=worst.error,
        alpha=setting.alpha,
        measured=worst.how,
        method=holds.method,
        lower=holds.lower,
        upper=holds.upper,
        verdict=holds.verdict.value,
        agrees=holds.verdict is task.verdict and holds.passes == task.passes,
    )
    finding = Finding(FindingCode.DECIDED_BY_BOOTSTRAP, Severity.WARNS, _message(task, setting, found))
    reason = f"{_lead(setting, found)}: {task.reason}"
    return replace(task, bootstrap=found, reason=reason, findings=(finding, *task.findings))


def _setting(scores: ItemScores, repeats: int, method: Bootstrap, margin: float, alpha: float) -> Setting:
    """What the false-pass rate of a bootstrap on these answers depends on."""
    strata = split_strata(scores.differences, scores.strata, scores.weights, scores.clusters)
    pools = sorted((stratum.weight, tuple(sorted(int(size) for size in stratum.sizes))) for stratum in strata)
    return Setting(method, margin, alpha, repeats, tuple(Pool(*pool) for pool in pools))


def _lead(setting: Setting, found: ByBootstrap) -> str:
    """What stands before the sentence of the decision."""
    says = "the bound that holds agrees" if found.agrees else f"THE BOUND THAT HOLDS SAYS {_word(found)}"
    return f"by the {setting.method.words} (false pass up to {_rate(found)}; {says})"


def _message(task: Decided, setting: Setting, found: ByBootstrap) -> str:
    """All that is to be known of the decision, and how it was measured."""
    bounds = f"{signed_hundredths(found.lower)} to {signed_hundredths(found.upper)} points"
    says = "says the same" if found.agrees else f"says {_word(found)}"
    return (
        f"decided by the {setting.method.words}, which passes a build exactly {points(task.zone)} worse in up to "
        f"{_rate(found)} (measured: {found.measured}); the bound that holds {says}, {bounds}"
    )


def _rate(found: ByBootstrap) -> str:
    error = f" ± {100 * found.error:.1f}" if found.error else ""
    return f"{100 * found.false_pass:.1f}%{error} of releases where {100 * found.alpha:.3g}% is asked"


def _word(found: ByBootstrap) -> str:
    return found.verdict.replace("_", "-").upper()
