"""Pairs + policy -> verdict; pure."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from quantgate.evals.checks.finding import Finding, Severity
from quantgate.evals.checks.lengths import LengthComparison
from quantgate.evals.checks.of_build import pair_findings
from quantgate.evals.checks.published_scores import published_expectation
from quantgate.evals.checks.token_lengths import compare_lengths
from quantgate.evals.contract.records import Status
from quantgate.evals.decision.described import SettlingPoint
from quantgate.evals.decision.figures import describe, summary_of_repeats
from quantgate.evals.decision.flips import flip_table, flips
from quantgate.evals.decision.sentences import explain_release, explain_task
from quantgate.evals.decision.settling import settling_curve
from quantgate.evals.decision.types import ReleaseVerdict, StratumFigures, TaskDecision, TaskVerdict, Verdict
from quantgate.evals.pairing.item_scores import ItemScores, item_scores
from quantgate.evals.pairing.pairing import Pairs, TaskPairs
from quantgate.evals.settings.expected import Expectation, parse_expectation
from quantgate.evals.settings.policy import SMALLEST_ALPHA, Policy, TaskPolicy
from quantgate.evals.stats import PairedBounds, items_needed, mcnemar_pvalue, paired_bounds

_CUT = frozenset({"truncated", "context_overflow", "truncated_unlike"})
_FEWEST_LEFT = 2


def decide(pairs: Pairs, policy: Policy, noise: Pairs | None = None, *, texts: bool = False) -> Verdict:
    """Decide whether the candidate is equivalent to the baseline within the policy's margins.

    `noise` pairs the baseline with a second run of itself: it is described beside the flips and never decides. `texts`
    adds to each flipped item what the builds answered.

    Every required task must pass, each at its own alpha: an intersection-union test, which needs no correction
    (Berger 1982, Technometrics 24:295). To say that some task has *regressed* is to search a family, so that is
    confirmed by Holm's step-down over the required tasks (Holm 1979). A required task that cannot be paired, or the
    lack of any, makes the whole invalid.
    """
    second = {task.task: task for task in noise.tasks} if noise is not None else {}
    tasks = tuple(
        _decide_task(task, pairs, policy.for_task(task.task), second.get(task.task), texts=texts)
        for task in pairs.tasks
    )
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


def _decide_task(
    pairs: TaskPairs, runs: Pairs, policy: TaskPolicy, again: TaskPairs | None, *, texts: bool
) -> TaskDecision:
    lengths = compare_lengths(*(pairs.builds[build].samples.values() for build in ("baseline", "candidate")))
    decision = TaskDecision(
        task=pairs.task,
        tier=policy.tier,
        require=policy.require,
        margin=policy.margin,
        alpha=policy.alpha,
        validity=pairs.validity,
        repeats=pairs.repeats,
        reason="",
        lengths=lengths,
        findings=_findings(pairs, runs, policy, lengths),
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
        flags=_flags(bounds, scores, pairs, policy, decision.findings),
        recovery=candidate / baseline if baseline > 0 else None,
        descriptive_interval=description.intervals.get("percentile"),
        strata=_strata(scores, policy),
        description=description,
        flip_table=flip_table(scores),
        flips=flips(pairs, scores, texts=texts),
    )
    if scores.single_answers:
        decision = _with_flips(decision, scores)
    decision = with_precision(decision, pairs, decision.alpha)
    if (finding := _without_cut_items(decision, pairs, scores)) is not None:
        decision = replace(decision, findings=(*decision.findings, finding))
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
        verb = "has" if len(silent) == 1 else "have"
        return f"the {' and the '.join(silent)} {verb} no complete answer at all" if silent else ""
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


def _strata(scores: ItemScores, policy: TaskPolicy) -> tuple[StratumFigures, ...]:
    """Each stratum judged by itself, at the task's margin and alpha; strata are shown and never decide."""
    if scores.strata is None:
        return ()
    names = np.array(scores.strata)
    return tuple(_stratum(name, scores, names == name, policy) for name in sorted(set(scores.strata)))


def _stratum(name: str, scores: ItemScores, chosen: NDArray[np.bool_], policy: TaskPolicy) -> StratumFigures:
    own = replace(scores.of(chosen), strata=None)
    bounds = _bounds(own, policy.alpha)
    return StratumFigures(
        stratum=name,
        items=bounds.n,
        baseline=float(own.baseline.mean()),
        candidate=float(own.candidate.mean()),
        difference=bounds.estimate,
        lower=bounds.lower,
        upper=bounds.upper,
        verdict=task_verdict(bounds, policy.margin),
    )


def _findings(
    pairs: TaskPairs, runs: Pairs, policy: TaskPolicy, lengths: LengthComparison | None
) -> tuple[Finding, ...]:
    if pairs.problems or pairs.frame.empty:
        return ()
    if policy.expected is not None:
        expected: Expectation | None = parse_expectation(policy.expected)
    else:
        expected = published_expectation(pairs.task, runs.baseline.model)
    return pair_findings(pairs, runs.baseline, runs.candidate, policy, lengths, expected)


def with_precision(decision: TaskDecision, pairs: TaskPairs, alpha: float) -> TaskDecision:
    """The decision with the curve of its precision, its bounds being at `alpha`.

    Where repeats were asked, that says how many would settle it.
    """
    assert decision.difference is not None
    assert decision.lower is not None
    components = None
    if pairs.repeats > 1:
        summary = summary_of_repeats(pairs, 1 - 2 * decision.alpha)
        if summary.between is not None and summary.within is not None:
            components = (summary.between, summary.within)
    here = SettlingPoint(decision.items, decision.repeats, decision.difference - decision.lower)
    known = _items_known(decision)
    floor = (1 - alpha ** (1 / decision.items)) * (1 + decision.difference)
    curve = settling_curve(here, decision.margin + decision.difference, components, known, floor)
    decision = replace(decision, precision=curve)
    if decision.verdict is not TaskVerdict.INCONCLUSIVE or decision.needed is not None:
        return decision
    settles = curve.settles
    needed = {"items": settles.items if settles else None, "repeats": settles.repeats if settles else None}
    return replace(decision, needed=needed)


def _items_known(decision: TaskDecision) -> int | None:
    """How many items settle a task of single answers, by the exact test; not more than were asked where it passes."""
    if decision.needed is not None:
        return decision.needed["items"]
    if decision.losses is None or decision.gains is None or decision.strata:
        return None
    enough = items_needed(decision.losses, decision.gains, decision.items, decision.margin, decision.alpha)
    passes = decision.verdict in (TaskVerdict.EQUIVALENT, TaskVerdict.NON_INFERIOR)
    return min(enough, decision.items) if passes and enough is not None else enough


def _without_cut_items(decision: TaskDecision, pairs: TaskPairs, scores: ItemScores) -> Finding | None:
    """A finding when what speaks against the candidate is gone without the items on which an answer was cut."""
    cut = {
        item
        for run in pairs.builds.values()
        for (item, _), sample in run.samples.items()
        if sample.status is Status.TRUNCATED
    }
    kept = np.array([item not in cut for item in scores.item_ids])
    assert decision.difference is not None
    assert decision.upper is not None
    if not cut or kept.sum() < _FEWEST_LEFT or decision.difference >= 0:
        return None
    rest = _bounds(scores.of(kept), decision.alpha)
    passes = (TaskVerdict.EQUIVALENT, TaskVerdict.NON_INFERIOR)
    gone = decision.upper < 0 <= rest.upper
    saved = decision.verdict not in passes and task_verdict(rest, decision.margin) in passes
    if not (gone or saved):
        return None
    return Finding(
        "difference_is_truncation",
        Severity.WARNS,
        f"Without the {len(cut):,} items on which an answer was cut the difference is {100 * rest.estimate:+.2f} "
        f"points ({100 * rest.lower:+.2f} to {100 * rest.upper:+.2f}) and not {100 * decision.difference:+.2f}: the "
        "token budget may be all that was lost; raise --max-tokens and ask again",
    )


def _flags(
    bounds: PairedBounds, scores: ItemScores, pairs: TaskPairs, policy: TaskPolicy, findings: tuple[Finding, ...]
) -> tuple[str, ...]:
    baseline, candidate = (pairs.validity[build] for build in ("baseline", "candidate"))
    without_a_flip = _bounds(replace(scores, candidate=scores.baseline), policy.alpha)
    present = {
        "measurably_worse": bounds.upper < 0 and bounds.lower > -policy.margin,
        "superior": bounds.lower > 0,
        "cannot_pass_at_this_n": without_a_flip.lower <= -policy.margin,
        "truncation": any(f.code in _CUT and f.severity is Severity.BLOCKS for f in findings),
        "truncated": bool(baseline.truncated or candidate.truncated),
        "empty": bool(baseline.empty or candidate.empty),
        "missing_counted_against": bool(baseline.unscored or candidate.unscored),
    }
    return tuple(flag for flag, holds in present.items() if holds)
