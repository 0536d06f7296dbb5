"""One task's evidence and the bounds that hold for it -> its decision, built once."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from quantgate.evals.checks.finding import FindingCode
from quantgate.evals.decision.described import SettlingCurve, SettlingPoint
from quantgate.evals.decision.evidence import Evidence, bounds_of
from quantgate.evals.decision.figures import summary_of_repeats
from quantgate.evals.decision.flips import flip_table, flips
from quantgate.evals.decision.sentences import Outcome, reason
from quantgate.evals.decision.settling import settling_curve
from quantgate.evals.decision.types import Decided, Flag, StratumFigures, TaskVerdict
from quantgate.evals.decision.verdict import task_verdict
from quantgate.evals.pairing.item_scores import ItemScores
from quantgate.evals.settings.policy import TaskPolicy
from quantgate.evals.stats import PairedBounds, items_needed, mcnemar_pvalue

_CUT = frozenset({FindingCode.TRUNCATED, FindingCode.CONTEXT_OVERFLOW, FindingCode.TRUNCATED_UNLIKE})


def decided(evidence: Evidence, bounds: PairedBounds, *, unconfirmed: bool = False, texts: bool = False) -> Decided:
    """The decision about a task that could be compared.

    Parameters
    ----------
    evidence
        What its answers show.
    bounds
        The bounds that hold for it: its own, or those of a family. `bounds.alpha` is the level at which more items
        or repeats would have to show something.
    unconfirmed
        Whether its regression does not stand against the search over all tasks.
    texts
        Whether flipped items carry what the builds answered.
    """
    scores, policy, pairs = evidence.scores, evidence.policy, evidence.pairs
    verdict = task_verdict(bounds.lower, bounds.upper, policy.margin)
    needed, curve = _settling(evidence, verdict, bounds)
    baseline, candidate = scores.mean(scores.baseline), scores.mean(scores.candidate)
    losses, gains = (scores.losses, scores.gains) if scores.single_answers else (None, None)
    outcome = Outcome(
        verdict=verdict,
        lower=bounds.lower,
        upper=bounds.upper,
        margin=policy.margin,
        alpha=policy.alpha,
        require=policy.require,
        findings=evidence.findings,
        items=len(scores.item_ids),
        repeats=pairs.repeats,
        flipped=losses != 0 or gains != 0,
        needed=needed,
        room=curve.room,
    )
    return Decided(
        task=pairs.task,
        margin=policy.margin,
        alpha=policy.alpha,
        validity=pairs.validity,
        reason=reason(outcome),
        tier=policy.tier,
        require=policy.require,
        verdict=verdict,
        items=len(scores.item_ids),
        repeats=pairs.repeats,
        baseline=baseline,
        candidate=candidate,
        difference=bounds.estimate,
        lower=bounds.lower,
        upper=bounds.upper,
        method=bounds.method,
        descriptive_interval=evidence.description.intervals.get("percentile"),
        flags=_flags(evidence, bounds, needed, unconfirmed=unconfirmed),
        losses=losses,
        gains=gains,
        mcnemar_p=mcnemar_pvalue(scores.losses, scores.gains) if scores.single_answers else None,
        recovery=candidate / baseline if baseline > 0 else None,
        needed=needed,
        strata=_strata(scores, policy),
        description=evidence.description,
        findings=evidence.findings,
        flip_table=flip_table(scores),
        lengths=evidence.lengths,
        precision=curve,
        flips=flips(pairs, scores, texts=texts),
    )


def _settling(
    evidence: Evidence, verdict: TaskVerdict, bounds: PairedBounds
) -> tuple[dict[str, int | None] | None, SettlingCurve]:
    """What would settle an inconclusive, and how narrow the bounds get with more repeats or items.

    The curve of a task that is settled is that of its own bounds: those of a family may claim no more than the margin.
    """
    scores, policy, repeats = evidence.scores, evidence.policy, evidence.pairs.repeats
    open_still = verdict is TaskVerdict.INCONCLUSIVE
    shown = bounds if open_still else evidence.alone
    items = len(scores.item_ids)
    components = None
    if repeats > 1:
        summary = summary_of_repeats(evidence.pairs, 1 - 2 * policy.alpha)
        if summary.between is not None and summary.within is not None:
            components = (summary.between, summary.within)
    known = _items_to_settle(evidence, verdict, shown.alpha) if evidence.exact else None
    here = SettlingPoint(items, repeats, shown.estimate - shown.lower)
    floor = (1 - shown.alpha ** (1 / items)) * (1 + shown.estimate)
    curve = settling_curve(here, policy.margin + shown.estimate, components, known, floor)
    if not open_still:
        return None, curve
    if evidence.exact:
        return {"items": known, "repeats": 1}, curve
    settles = curve.settles
    return {"items": settles.items if settles else None, "repeats": settles.repeats if settles else None}, curve


def _items_to_settle(evidence: Evidence, verdict: TaskVerdict, alpha: float) -> int | None:
    """Items by the exact test: more than were asked where it is open, not more than were asked where it passes."""
    scores, margin, asked = evidence.scores, evidence.policy.margin, len(evidence.scores.item_ids)
    enough = items_needed(scores.losses, scores.gains, asked, margin, alpha)
    if enough is None or verdict is TaskVerdict.REGRESSED:
        return enough
    return max(enough, asked + 1) if verdict is TaskVerdict.INCONCLUSIVE else min(enough, asked)


def _strata(scores: ItemScores, policy: TaskPolicy) -> tuple[StratumFigures, ...]:
    """Each stratum judged by itself, at the task's margin and alpha; strata are shown and never decide."""
    if scores.strata is None:
        return ()
    names = np.array(scores.strata)
    return tuple(_stratum(name, scores, names == name, policy) for name in sorted(set(scores.strata)))


def _stratum(name: str, scores: ItemScores, chosen: NDArray[np.bool_], policy: TaskPolicy) -> StratumFigures:
    own = replace(scores.of(chosen), strata=None)
    bounds = bounds_of(own, policy.alpha)
    return StratumFigures(
        stratum=name,
        items=bounds.n,
        baseline=float(own.baseline.mean()),
        candidate=float(own.candidate.mean()),
        difference=bounds.estimate,
        lower=bounds.lower,
        upper=bounds.upper,
        verdict=task_verdict(bounds.lower, bounds.upper, policy.margin),
    )


def _flags(
    evidence: Evidence, bounds: PairedBounds, needed: dict[str, int | None] | None, *, unconfirmed: bool
) -> tuple[Flag, ...]:
    counts = evidence.pairs.validity.values()
    present = {
        Flag.MEASURABLY_WORSE: bounds.upper < 0 and bounds.lower > -evidence.policy.margin,
        Flag.SUPERIOR: bounds.lower > 0,
        Flag.CANNOT_PASS_AT_THIS_N: _cannot_pass(evidence, bounds, needed),
        Flag.TRUNCATION: any(found.code in _CUT and found.blocks for found in evidence.findings),
        Flag.TRUNCATED: any(each.truncated for each in counts),
        Flag.EMPTY: any(each.empty for each in counts),
        Flag.MISSING_COUNTED_AGAINST: any(each.unscored for each in counts),
        Flag.UNCONFIRMED_AMONG_TASKS: unconfirmed,
    }
    return tuple(flag for flag, holds in present.items() if holds)


def _cannot_pass(evidence: Evidence, bounds: PairedBounds, needed: dict[str, int | None] | None) -> bool:
    """Whether the task does not pass, and equal builds could not with these items, however often they are asked.

    A build that is better may pass where an equal one cannot: then nothing of the kind is said.
    """
    policy, scores = evidence.policy, evidence.scores
    verdict = task_verdict(bounds.lower, bounds.upper, policy.margin)
    if verdict.satisfies(policy.require) or (needed is not None and needed["items"] == len(scores.item_ids)):
        return False
    return bounds_of(replace(scores, candidate=scores.baseline), policy.alpha).lower <= -policy.margin
