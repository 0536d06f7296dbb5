"""Pairs + policy -> verdict; pure."""

from __future__ import annotations

import numpy as np

from evals.pairing import Pairs, TaskPairs
from evals.policy import Policy
from evals.stats import (
    PairedBounds,
    items_needed,
    mcnemar_pvalue,
    paired_bounds,
    smallest_passing_n,
    tango_interval,
)
from evals.verdict import ReleaseVerdict, TaskDecision, TaskVerdict, Verdict
from evals.wording import explain_release, explain_task


def decide(pairs: Pairs, policy: Policy) -> Verdict:
    """Decide whether the candidate is equivalent to the baseline within the policy's margins.

    Every task must pass, each at the policy's alpha: an intersection-union test, which needs no correction
    (Berger 1982, Technometrics 24:295). A task that cannot be paired makes the whole invalid.
    """
    tasks = tuple(_decide_task(task, policy) for task in pairs.tasks)
    verdicts = {task.verdict for task in tasks}
    if not tasks or TaskVerdict.INVALID in verdicts:
        release = ReleaseVerdict.INVALID
    elif TaskVerdict.REGRESSED in verdicts:
        release = ReleaseVerdict.REGRESSED
    elif TaskVerdict.INCONCLUSIVE in verdicts:
        release = ReleaseVerdict.INCONCLUSIVE
    else:
        release = ReleaseVerdict.PASS
    return Verdict(pairs.baseline, pairs.candidate, policy.as_dict(), tasks, release, explain_release(release, tasks))


def task_verdict(bounds: PairedBounds, margin: float) -> TaskVerdict:
    """The verdict that a pair of bounds gives at a margin; the bounds decide, nothing else does."""
    if bounds.lower > -margin:
        return TaskVerdict.EQUIVALENT if bounds.upper < margin else TaskVerdict.NON_INFERIOR
    return TaskVerdict.REGRESSED if bounds.upper < -margin else TaskVerdict.INCONCLUSIVE


def _decide_task(pairs: TaskPairs, policy: Policy) -> TaskDecision:
    margin = policy.margin_of(pairs.task)

    def invalid(reason: str) -> TaskDecision:
        return TaskDecision(
            task=pairs.task,
            margin=margin,
            alpha=policy.alpha,
            validity=pairs.validity,
            repeats=pairs.repeats,
            reason=f"{pairs.task}: not comparable: {reason}",
        )

    if pairs.problems:
        return invalid("; ".join(pairs.problems))
    unscored = {build: counts.unscored for build, counts in pairs.validity.items() if counts.unscored}
    if unscored:
        counted = " and ".join(f"{count} of the {build}'s samples" for build, count in unscored.items())
        return invalid(f"{counted} have no answer; run the same `quantgate run` again to ask them")
    baseline, candidate = pairs.frame["baseline"].to_numpy(), pairs.frame["candidate"].to_numpy()
    differences = candidate - baseline
    if differences.size == 0:
        return invalid("no item was asked")
    if pairs.repeats != 1 or not np.isin(np.concatenate([baseline, candidate]), (0.0, 1.0)).all():
        return invalid("not yet: this version decides only 0/1 scores with one answer per item")
    bounds = paired_bounds(differences, alpha=policy.alpha)
    losses, gains, items = int((differences < 0).sum()), int((differences > 0).sum()), differences.size
    verdict = task_verdict(bounds, margin)
    decision = TaskDecision(
        task=pairs.task,
        margin=margin,
        alpha=policy.alpha,
        validity=pairs.validity,
        reason="",
        verdict=verdict,
        items=items,
        repeats=pairs.repeats,
        baseline=float(baseline.mean()),
        candidate=float(candidate.mean()),
        difference=bounds.estimate,
        lower=bounds.lower,
        upper=bounds.upper,
        method=bounds.method,
        descriptive_interval=tango_interval(losses, gains, items, 1 - 2 * policy.alpha),
        flags=_flags(bounds, margin, pairs),
        losses=losses,
        gains=gains,
        mcnemar_p=mcnemar_pvalue(losses, gains),
        recovery=float(candidate.mean() / baseline.mean()) if baseline.mean() > 0 else None,
        needed=_needed(losses, gains, items, policy, margin) if verdict is TaskVerdict.INCONCLUSIVE else None,
    )
    return explain_task(decision)


def _flags(bounds: PairedBounds, margin: float, pairs: TaskPairs) -> tuple[str, ...]:
    present = {
        "measurably_worse": bounds.upper < 0 and bounds.lower > -margin,
        "superior": bounds.lower > 0,
        "cannot_pass_at_this_n": bounds.n < smallest_passing_n(margin, bounds.alpha),
        "truncated": any(counts.truncated for counts in pairs.validity.values()),
        "empty": any(counts.empty for counts in pairs.validity.values()),
    }
    return tuple(flag for flag, holds in present.items() if holds)


def _needed(losses: int, gains: int, items: int, policy: Policy, margin: float) -> dict[str, int | None]:
    """What would settle it with power 0.8, were the flips to go on alike; `None` when more would not help."""
    enough = items_needed(losses, gains, items, margin, policy.alpha)
    return {"items": None if enough is None else max(enough, items + 1), "repeats": 1}
