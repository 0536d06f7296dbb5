"""Pairs + policy -> verdict; pure."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from evals.description import describe
from evals.item_scores import ItemScores, item_scores
from evals.pairing import Pairs, TaskPairs
from evals.policy import SMALLEST_ALPHA, Policy, TaskPolicy
from evals.stats import PairedBounds, exact_lower_bound, items_needed, mcnemar_pvalue, paired_bounds
from evals.verdict import ReleaseVerdict, StratumFigures, TaskDecision, TaskVerdict, Verdict
from evals.wording import explain_release, explain_task


def decide(pairs: Pairs, policy: Policy, noise: Pairs | None = None) -> Verdict:
    """Decide whether the candidate is equivalent to the baseline within the policy's margins.

    `noise` pairs the baseline with a second run of itself: it is described beside the flips and never decides.

    Every required task must pass, each at its own alpha: an intersection-union test, which needs no correction
    (Berger 1982, Technometrics 24:295). To say that some task has *regressed* is to search a family, so that is
    confirmed by Holm's step-down over the required tasks (Holm 1979). A required task that cannot be paired, or the
    lack of any, makes the whole invalid.
    """
    second = {task.task: task for task in noise.tasks} if noise is not None else {}
    tasks = tuple(_decide_task(task, policy.for_task(task.task), second.get(task.task)) for task in pairs.tasks)
    confirmed = _confirmed_regressions(pairs, tasks)
    tasks = tuple(
        replace(task, flags=(*task.flags, "unconfirmed_among_tasks"))
        if task.tier == "required" and task.verdict is TaskVerdict.REGRESSED and task.task not in confirmed
        else task
        for task in tasks
    )
    release = _release([task for task in tasks if task.tier == "required"], confirmed)
    document = policy.model_dump(mode="json")
    return Verdict(pairs.baseline, pairs.candidate, document, tasks, release, explain_release(release, tasks))


def task_verdict(bounds: PairedBounds, margin: float) -> TaskVerdict:
    """The verdict that a pair of bounds gives at a margin; the bounds decide, nothing else does."""
    if bounds.lower > -margin:
        return TaskVerdict.EQUIVALENT if bounds.upper < margin else TaskVerdict.NON_INFERIOR
    return TaskVerdict.REGRESSED if bounds.upper < -margin else TaskVerdict.INCONCLUSIVE


def _release(required: list[TaskDecision], confirmed: frozenset[str]) -> ReleaseVerdict:
    if not required or any(task.verdict is TaskVerdict.INVALID for task in required):
        return ReleaseVerdict.INVALID
    if confirmed:
        return ReleaseVerdict.REGRESSED
    return ReleaseVerdict.PASS if all(task.passes for task in required) else ReleaseVerdict.INCONCLUSIVE


def _confirmed_regressions(pairs: Pairs, tasks: tuple[TaskDecision, ...]) -> frozenset[str]:
    """The required tasks whose regression stands with the family-wise error of their alpha, by Holm's step-down."""
    required = [task for task in tasks if task.tier == "required" and task.verdict is not TaskVerdict.INVALID]
    suspects = {task.task: task for task in required if task.verdict is TaskVerdict.REGRESSED}
    scores = {task.task: item_scores(task) for task in pairs.tasks if task.task in suspects}
    confirmed: set[str] = set()
    while True:
        family = len(required) - len(confirmed)
        found = {
            name
            for name, task in suspects.items()
            if name not in confirmed
            and task.alpha / family >= SMALLEST_ALPHA
            and _bounds(scores[name], task.alpha / family).upper < -task.margin
        }
        if not found:
            return frozenset(confirmed)
        confirmed |= found


def _decide_task(pairs: TaskPairs, policy: TaskPolicy, again: TaskPairs | None) -> TaskDecision:
    decision = TaskDecision(
        task=pairs.task,
        tier=policy.tier,
        require=policy.require,
        margin=policy.margin,
        alpha=policy.alpha,
        validity=pairs.validity,
        repeats=pairs.repeats,
        reason="",
    )
    if problem := _not_comparable(pairs, policy):
        return replace(decision, reason=f"{pairs.task}: not comparable: {problem}")
    scores = item_scores(pairs)
    baseline, candidate = scores.mean(scores.baseline), scores.mean(scores.candidate)
    if policy.baseline_at_least is not None and baseline < policy.baseline_at_least:
        floor = f"the baseline scores {baseline:.1%}, under the {policy.baseline_at_least:.1%} that the policy expects"
        return replace(
            decision, reason=f"{pairs.task}: not to be trusted: {floor}: is the harness or the server broken?"
        )
    bounds = _bounds(scores, policy.alpha)
    verdict = task_verdict(bounds, policy.margin)
    description = describe(pairs, scores, policy.alpha, again)
    decision = replace(
        decision,
        verdict=verdict,
        items=len(scores.baseline),
        baseline=baseline,
        candidate=candidate,
        difference=bounds.estimate,
        lower=bounds.lower,
        upper=bounds.upper,
        method=bounds.method,
        flags=_flags(bounds, pairs, policy),
        recovery=candidate / baseline if baseline > 0 else None,
        descriptive_interval=description.intervals.get("percentile"),
        strata=_strata(scores),
        description=description,
    )
    if scores.single_answers:
        decision = _with_flips(decision, scores)
    return explain_task(decision)


def _not_comparable(pairs: TaskPairs, policy: TaskPolicy) -> str:
    if pairs.problems:
        return "; ".join(pairs.problems)
    if pairs.frame.empty:
        return "no item was asked"
    unscored = {
        build: counts.unscored
        for build, counts in pairs.validity.items()
        if counts.unscored > policy.max_missing * len(pairs.frame)
    }
    if not unscored:
        silent = [build for build, counts in pairs.validity.items() if not counts.ok]
        return f"the {' and the '.join(silent)} has no complete answer at all" if silent else ""
    counted = " and ".join(f"{count} of the {build}'s samples" for build, count in unscored.items())
    return f"{counted} have no answer; run the same `quantgate run` again to ask them"


def _bounds(scores: ItemScores, alpha: float) -> PairedBounds:
    method = "auto" if scores.single_answers else "bayesian"
    return paired_bounds(scores.differences, alpha=alpha, strata=scores.strata, method=method)


def _with_flips(decision: TaskDecision, scores: ItemScores) -> TaskDecision:
    differences = scores.differences
    losses, gains = int((differences < 0).sum()), int((differences > 0).sum())
    decision = replace(decision, losses=losses, gains=gains, mcnemar_p=mcnemar_pvalue(losses, gains))
    if scores.strata is not None:
        return decision
    enough = items_needed(losses, gains, decision.items, decision.margin, decision.alpha)
    needed = {"items": None if enough is None else max(enough, decision.items + 1), "repeats": 1}
    return replace(
        decision,
        needed=needed if decision.verdict is TaskVerdict.INCONCLUSIVE else None,
    )


def _strata(scores: ItemScores) -> tuple[StratumFigures, ...]:
    if scores.strata is None:
        return ()
    names = np.array(scores.strata)
    return tuple(
        StratumFigures(
            stratum=name,
            items=int((names == name).sum()),
            baseline=float(scores.baseline[names == name].mean()),
            candidate=float(scores.candidate[names == name].mean()),
            difference=float(scores.differences[names == name].mean()),
        )
        for name in sorted(set(scores.strata))
    )


def _flags(bounds: PairedBounds, pairs: TaskPairs, policy: TaskPolicy) -> tuple[str, ...]:
    baseline, candidate = (pairs.validity[build] for build in ("baseline", "candidate"))
    planned = len(pairs.frame)
    cut = [counts.truncated / planned for counts in (baseline, candidate)]
    hopeless = bounds.method == "exact" and exact_lower_bound(0, 0, bounds.n, bounds.alpha) <= -policy.margin
    present = {
        "measurably_worse": bounds.upper < 0 and bounds.lower > -policy.margin,
        "superior": bounds.lower > 0,
        "cannot_pass_at_this_n": hopeless,
        "truncation": max(cut) > policy.max_truncated or abs(cut[0] - cut[1]) > policy.max_truncated_difference,
        "truncated": any(cut),
        "empty": bool(baseline.empty or candidate.empty),
        "missing_counted_against": bool(baseline.unscored or candidate.unscored),
    }
    return tuple(flag for flag, holds in present.items() if holds)
