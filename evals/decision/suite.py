"""Several tasks as one: the mean over a suite, which decides beside its tasks by the parts that decide a task."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import reduce
from math import nextafter
from typing import Protocol, TypeVar

import numpy as np

from quantgate.evals.checks.finding import Finding
from quantgate.evals.decision.bounds import Bounds
from quantgate.evals.decision.described import Description, FlipTable, Share
from quantgate.evals.decision.measured import Measured, Spread
from quantgate.evals.decision.points import signed_hundredths
from quantgate.evals.decision.recovery_bounds import RecoveryBounds
from quantgate.evals.decision.sequential.looks import Looks
from quantgate.evals.decision.sequential.state import Stage
from quantgate.evals.decision.standing import not_worse
from quantgate.evals.decision.types import Decided, NotComparable, Suite, TaskDecision
from quantgate.evals.pairing.item_scores import ItemScores
from quantgate.evals.pairing.status_counts import StatusCounts
from quantgate.evals.settings.policy import Policy, TaskPolicy
from quantgate.evals.settings.requirements import Target
from quantgate.evals.stats.describe import agreement

SUITE = "(suite)"
"""The suite's place among the tasks of a family; no task is called so."""


class Compared(Protocol):
    """A task that could be compared: `evals.decision.evidence.Evidence`."""

    @property
    def scores(self) -> ItemScores: ...

    @property
    def whole(self) -> ItemScores | None: ...

    @property
    def measured(self) -> Measured: ...

    def decided(self, bounds: Bounds, *, unconfirmed: bool = False) -> Decided: ...


Decider = Callable[[ItemScores, TaskPolicy, float], Bounds]
AnyCompared = TypeVar("AnyCompared", bound=Compared)


def look_at_suite(
    found: Mapping[str, AnyCompared | NotComparable],
    policy: Policy,
    decide: Decider,
    evidence: Callable[[ItemScores, Measured, TaskPolicy, Decider, dict[float, Bounds]], AnyCompared],
) -> AnyCompared | NotComparable | None:
    """What the tasks of the policy's suite show together; `None` where the policy has none.

    `decide` gives the bounds, `evidence` makes of what is measured what was found of a task: the suite is decided as
    one.

    The mean over tasks is that over strata: each task is a stratum with the task's weight, or has its own strata, among
    which the task's weight is shared. Tasks are independent of one another, and what is missing in any counts in each
    bound as it does in the task's own. An advisory task of the suite counts in the mean all the same: without it the
    mean would be another. So one that cannot be compared leaves the suite without a verdict, and a finding that blocks
    one blocks the suite. Of tasks that are looked at on the way the mean is not looked at: it is decided once, when all
    of their full size is there, whether or not they were settled before; until then nothing is claimed of it.
    """
    if policy.suite is None:
        return None
    shares, own = policy.suite.shares, policy.for_suite(policy.suite)
    tasks = {name: found[name] for name in shares}
    compared = {name: one for name, one in tasks.items() if not isinstance(one, NotComparable)}
    if failing := [one for one in tasks.values() if isinstance(one, NotComparable)]:
        counts = [one.validity if isinstance(one, NotComparable) else one.measured.validity for one in tasks.values()]
        return _not_comparable(failing, counts, own)
    each = {name: one.measured for name, one in compared.items()}
    if short := [name for name, one in compared.items() if one.whole is None]:
        scores = joined_scores({name: one.scores for name, one in compared.items()}, shares)
        alone = _no_bounds(scores, own)
        measured = replace(_measured(each, shares, scores, own, alone, hopeless=False), looks=_awaited(short, own))
        return evidence(scores, measured, own, _no_bounds, {own.alpha: alone})
    scores = joined_scores({name: whole for name, one in compared.items() if (whole := one.whole) is not None}, shares)
    alone = decide(scores, own, own.alpha)
    over_items = own.target is Target.QUESTIONS
    hopeless = over_items and not not_worse(decide(scores.without_a_flip(), own, own.alpha), own.margin)
    measured = _measured(each, shares, scores, own, alone, hopeless=hopeless)
    return evidence(scores, measured, own, decide, {own.alpha: alone})


def with_suite(
    found: Mapping[str, AnyCompared | NotComparable], suite: AnyCompared | NotComparable | None
) -> dict[str, AnyCompared | NotComparable]:
    """The members of a family: the tasks, and the suite where there is one."""
    return {**found, **({} if suite is None else {SUITE: suite})}


def decided_suite(
    suite: Compared | NotComparable | None, bounds: Bounds | None, policy: Policy, *, unconfirmed: bool = False
) -> Suite | None:
    """The decision about the suite by these bounds, its own where there are none; `None` where there is no suite."""
    if suite is None or policy.suite is None:
        return None
    mean: TaskDecision
    if isinstance(suite, NotComparable):
        mean = suite
    else:
        decision = suite.decided(bounds or suite.measured.alone, unconfirmed=unconfirmed)
        mean = replace(decision, reason=f"{_averages(decision)}: {decision.reason}", precision=None)
    return Suite(mean, policy.suite.shares)


def joined_scores(tasks: Mapping[str, ItemScores], shares: Mapping[str, float]) -> ItemScores:
    """The items of all tasks, in strata that weigh so that each task's mean has its share.

    A name is told apart by the place of its task, for two tasks may have items, clusters and strata of one name.
    """
    strata: list[str] = []
    items: list[str] = []
    clusters: list[str] = []
    weights: dict[str, float] = {}
    for place, (task, scores) in enumerate(tasks.items()):
        own = scores.strata or ("",) * len(scores.item_ids)
        present = dict.fromkeys(own)
        inner = scores.weights or dict.fromkeys(present, 1.0)
        total = sum(inner[name] for name in present)
        weights.update({f"{place}/{name}": shares[task] * inner[name] / total for name in present})
        strata += [f"{place}/{name}" for name in own]
        items += [f"{task}/{item}" for item in scores.item_ids]
        clusters += [f"{place}/{name}" for name in scores.clusters or scores.item_ids]
    each = list(tasks.values())
    return ItemScores(
        baseline=np.concatenate([scores.baseline for scores in each]),
        candidate=np.concatenate([scores.candidate for scores in each]),
        strata=tuple(strata),
        single_answers=all(scores.single_answers for scores in each),
        item_ids=tuple(items),
        clusters=tuple(clusters) if any(scores.clusters for scores in each) else None,
        open=np.concatenate([scores.open for scores in each]),
        answers=tuple(block for scores in each for block in scores.answers),
        baseline_open=np.concatenate([scores.baseline_open for scores in each]),
        weights=weights,
    )


def _no_bounds(scores: ItemScores, policy: TaskPolicy, alpha: float | None = None) -> Bounds:
    """Bounds that claim nothing."""
    level = policy.alpha if alpha is None else alpha
    ratio = None if policy.margin.recovery is None else RecoveryBounds(0.0, None)
    return Bounds(
        scores.mean(scores.differences), -1.0, 1.0, level, "none", target=policy.target, recovery_bounds=ratio
    )


def _awaited(tasks: Sequence[str], policy: TaskPolicy) -> Looks:
    """That the mean is decided once all of some tasks is asked."""
    verb = "is" if len(tasks) == 1 else "are"
    message = f"the mean is decided once every task is asked to its full size; {', '.join(tasks)} {verb} not"
    return Looks((), Stage.OPEN, message, alpha=policy.alpha, regression_alpha=policy.alpha)


def _name(tasks: int) -> str:
    return f"suite of {tasks} tasks"


def _not_comparable(
    failing: Sequence[NotComparable], counts: Sequence[Mapping[str, StatusCounts]], policy: TaskPolicy
) -> NotComparable:
    which = "one of its tasks" if len(failing) == 1 else f"{len(failing)} of its tasks"
    return NotComparable(
        task=_name(len(counts)),
        margin=policy.margin,
        alpha=policy.alpha,
        validity=_summed(counts),
        reason=f"it has no mean, for {which} cannot be judged: {failing[0].named_reason}",
        tier=policy.tier,
        require=policy.require,
        awaited=all(one.awaited for one in failing),
    )


def _measured(
    tasks: Mapping[str, Measured],
    shares: Mapping[str, float],
    scores: ItemScores,
    policy: TaskPolicy,
    alone: Bounds,
    *,
    hopeless: bool,
) -> Measured:
    each = list(tasks.values())
    wholes = [one.whole for one in each if one.whole is not None]
    known = [one.description.agreement for one in each if one.description.agreement is not None]
    alike = agreement.share(sum(one.count for one in known), sum(one.n for one in known))
    tables = [one.flip_table for one in each]
    return Measured(
        task=_name(len(each)),
        margin=policy.margin,
        alpha=policy.alpha,
        tier=policy.tier,
        require=policy.require,
        validity=_summed([one.validity for one in each]),
        items=len(scores.item_ids),
        repeats=min(one.repeats for one in each),
        asked=(min(one.repeats for one in each),) * 2,
        baseline=scores.mean(scores.baseline),
        candidate=scores.mean(scores.candidate),
        alone=alone,
        exact=False,
        one_answer=all(one.one_answer for one in each),
        hopeless=hopeless,
        losses=None,
        gains=None,
        mcnemar_p=None,
        components=None,
        spreads=_spreads(tasks, shares),
        whole=sum(wholes) if len(wholes) == len(each) else None,
        strata=(),
        by_length=(),
        description=Description(
            {}, Share(alike.count, alike.n, alike.estimate, alike.low, alike.high) if known else None
        ),
        findings=_blocking(tasks),
        flip_table=FlipTable(
            sum(table.losses for table in tables), sum(table.gains for table in tables), sum(one.same for one in tables)
        ),
        lengths=None,
        flips=(),
    )


def _spreads(tasks: Mapping[str, Measured], shares: Mapping[str, float]) -> tuple[Spread, ...]:
    """The tasks' own, each with its share of the mean, and how many times as often as the others it was asked.

    The noise of a task whose builds were asked unequally often is that of as many equal repeats as the fewer: what
    would settle it is told as times as many of all.
    """
    fewest = min(measured.repeats for measured in tasks.values())
    found = []
    for name, measured in tasks.items():
        baseline, candidate = (measured.repeats / count for count in measured.asked)
        for spread in measured.spreads:
            ours, theirs = spread.of_baseline * baseline, (spread.within - spread.of_baseline) * candidate
            spread = replace(spread, within=ours + theirs, of_baseline=ours)
            most = None if measured.whole is None else spread.units * max(measured.whole / measured.items, 1.0)
            share, times = shares[name] / len(measured.spreads), measured.repeats / fewest
            once, unlike = measured.one_answer, len(set(measured.asked)) > 1
            found.append(replace(spread, weight=share, most=most, times=times, once=once, unlike=unlike))
    return tuple(found)


def _blocking(tasks: Mapping[str, Measured]) -> tuple[Finding, ...]:
    """What keeps a task from passing keeps the mean from it; what only warns is told of the task alone."""
    return tuple(
        replace(finding, message=f"{name}: {finding.message}")
        for name, measured in tasks.items()
        for finding in measured.findings
        if finding.blocks
    )


def _summed(counts: Sequence[Mapping[str, StatusCounts]]) -> dict[str, StatusCounts]:
    builds = dict.fromkeys(build for each in counts for build in each)
    return {
        build: reduce(StatusCounts.plus, (each[build] for each in counts if build in each), StatusCounts())
        for build in builds
    }


def _averages(mean: Decided) -> str:
    """What a model card prints, with its bounds."""
    recovery = "" if mean.recovery is None else f", recovery {mean.recovery:.1%}"
    return (
        f"{mean.candidate:.1%} against {mean.baseline:.1%}{recovery}, difference {signed_hundredths(mean.difference)} "
        f"points ({_bound(mean.lower, mean.margin.points)} to {_bound(mean.upper, mean.margin.points)})"
    )


def _bound(value: float, margin: float | None) -> str:
    """A bound; one that a step-down sets right beside the margin says no more than on which side of it."""
    edges = () if margin is None else (-margin, margin)
    beside = [edge for edge in edges if value in (nextafter(edge, -1.0), nextafter(edge, 1.0))]
    if not beside:
        return signed_hundredths(value)
    return f"{'above' if value > beside[0] else 'below'} {signed_hundredths(beside[0])}"
