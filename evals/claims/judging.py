"""Claims -> what they prove, task by task and together; pure."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from functools import partial

import numpy as np

from quantgate.evals.claims.reading import Claim, printed_decimals
from quantgate.evals.claims.recovering import with_recovery
from quantgate.evals.claims.types import ClaimDecision, ClaimVerdict, Settling, Unjudged
from quantgate.evals.decision.types import ReleaseVerdict, TaskVerdict
from quantgate.evals.decision.verdict import task_verdict
from quantgate.evals.settings.margin import Margin
from quantgate.evals.settings.requirements import SMALLEST_ALPHA
from quantgate.evals.stats.bayesian.unseen_item import bayesian_lower_bound, bayesian_upper_bound
from quantgate.evals.stats.families import step_down
from quantgate.evals.stats.published.macro import arrangements
from quantgate.evals.stats.published.pairings import ClaimJudgement, flip_range
from quantgate.evals.stats.published.repeats import RepeatedJudgement, judge_published
from quantgate.evals.stats.published.settling import settling_items

_UNCONFIRMED = (
    "with so many claims one such regression may be chance (Holm over them does not confirm it): it does not decide by "
    "itself"
)
# Enough for an arrangement's bound, which errs outwards; some twenty of them are computed.
_DRAWS = 50_000


def judge_claims(claims: Sequence[Claim], unjudged: tuple[Unjudged, ...] = ()) -> ClaimVerdict:
    """Judge every claim. All must pass, each at its alpha; an impossible one makes the whole invalid.

    What could not be judged shows nothing: beside it the others may regress, but they do not pass.

    To name a task that regressed, out of several, is a search: one decides only where its regression stands with the
    family-wise error of its alpha, by Holm's step-down. The others keep their verdict and say it in a note.
    """
    tasks = tuple(judge(claim) for claim in claims)
    if not tasks or TaskVerdict.INVALID in {task.verdict for task in tasks}:
        return ClaimVerdict(tasks, ReleaseVerdict.INVALID, unjudged)
    confirmed = _confirmed_regressions(claims, tasks)
    tasks = tuple(
        replace(task, notes=(*task.notes, _UNCONFIRMED))
        if task.verdict is TaskVerdict.REGRESSED and place not in confirmed
        else task
        for place, task in enumerate(tasks)
    )
    if confirmed:
        return ClaimVerdict(tasks, ReleaseVerdict.REGRESSED, unjudged)
    shown = all(task.passes for task in tasks) and not any(one.counts for one in unjudged)
    return ClaimVerdict(tasks, ReleaseVerdict.PASS if shown else ReleaseVerdict.INCONCLUSIVE, unjudged)


def _confirmed_regressions(claims: Sequence[Claim], tasks: Sequence[ClaimDecision]) -> frozenset[int]:
    """The places of the claims whose regression stands among all of them, as the gate confirms those of tasks."""

    def regressed(claim: Claim, suspect: bool, among: int) -> bool:
        alpha = claim.alpha / among
        if not suspect or alpha < SMALLEST_ALPHA:
            return False
        return judge(claim.model_copy(update={"alpha": alpha})).verdict is TaskVerdict.REGRESSED

    suspects = [task.verdict is TaskVerdict.REGRESSED for task in tasks]
    steps = step_down([partial(regressed, claim, suspect) for claim, suspect in zip(claims, suspects, strict=True)])
    return frozenset(place for place, step in enumerate(steps) if step.rejected)


def judge(claim: Claim) -> ClaimDecision:
    """Judge one task's claim: invalid where its numbers cannot be, else what holds whatever they leave open."""
    decision = ClaimDecision(
        task=claim.task,
        items=claim.items,
        repeats=claim.repeats,
        strata=claim.strata,
        baseline=claim.baseline,
        candidate=claim.candidate,
        digits=claim.printed_to,
        margin=claim.margin,
        alpha=claim.alpha,
    )
    for build, value in (("baseline", claim.baseline), ("candidate", claim.candidate)):
        number = Decimal(value)
        if not 0 <= number <= 1:
            hint = f": for {number}% write {number.scaleb(-2):f}" if 1 < number <= 100 else ""
            return replace(decision, problem=f"the {build}'s accuracy {value} is no share from 0 to 1{hint}")
    decision = replace(decision, difference=float(Decimal(claim.candidate) - Decimal(claim.baseline)))
    if decision.zone == 0:
        return replace(decision, problem="a baseline with nothing right has no recovery")
    decision = _judge_macro(decision) if claim.strata else _with_counts(decision, claim)
    return replace(decision, notes=(*claim.remarks, *_digit_notes(claim), *decision.notes))


def _with_counts(decision: ClaimDecision, claim: Claim) -> ClaimDecision:
    judged = judge_published(
        claim.items,
        claim.baseline,
        claim.candidate,
        decision.zone if claim.margin.points is None else claim.margin.points,
        digits=decision.digits,
        repeats=claim.repeats,
        alpha=claim.alpha,
    )

    def ends(counts: tuple[int, ...]) -> tuple[int, int]:
        return counts[0], counts[-1]

    fallen = claim.margin.both and _at_half(claim).verdict is TaskVerdict.REGRESSED
    single = [one for one in judged.judgements if isinstance(one, ClaimJudgement)]
    decision = replace(
        decision,
        verdict=TaskVerdict(judged.verdict),
        notes=judged.warnings,
        impossible=bool(judged.warnings),
        baseline_counts=ends(judged.baseline_counts),
        candidate_counts=ends(judged.candidate_counts),
        lower_best=max(one.lower_best for one in judged.judgements),
        lower_worst=min(one.lower_worst for one in judged.judgements),
        upper_best=min(one.upper_best for one in judged.judgements),
        upper_worst=max(one.upper_worst for one in judged.judgements),
        # Where the counts leave two differences, the larger loss asks for absurdly many.
        settling=_settling(max(judged.judgements, key=lambda one: one.difference)),
    )
    if not judged.warnings:
        decision = with_recovery(decision, judged.baseline_counts, judged.candidate_counts, fallen)
    if not single:
        return decision
    closest, farthest = flip_range(claim.items, ends(judged.baseline_counts), ends(judged.candidate_counts))
    return replace(
        decision,
        closest=closest,
        farthest=farthest,
        pvalue_best=min(one.pvalue_best for one in single),
        pvalue_worst=max(one.pvalue_worst for one in single),
    )


def _at_half(claim: Claim) -> ClaimDecision:
    """The claim judged by its points alone, at half of alpha: a regression is looked for in recovery too."""
    half = {"margin": Margin(points=claim.margin.points), "alpha": claim.alpha / 2}
    return judge(claim.model_copy(update=half))


def _settling(judged: ClaimJudgement | RepeatedJudgement) -> tuple[Settling, ...]:
    """Items of the least favourable kind with repeats: on those that are always answered alike repeats do not help."""
    if isinstance(judged, ClaimJudgement):
        flips: tuple[tuple[float, float], tuple[float, float]] = judged.closest, judged.farthest
    else:
        net = (judged.candidate_correct - judged.baseline_correct) / judged.repeats
        opposed = min(judged.baseline_correct, judged.n * judged.repeats - judged.candidate_correct) / judged.repeats
        flips = (max(-net, 0.0), max(net, 0.0)), (opposed, opposed + net)
    needed = settling_items(*flips, judged.n, judged.margin, judged.alpha)
    return tuple(Settling(discordance, items) for discordance, items in needed.items())


def _judge_macro(decision: ClaimDecision) -> ClaimDecision:
    """Judge a macro average over strata of which only the average was published.

    Neither the strata's accuracies nor the pairing is known, so arrangements are tried that are extreme each in its way
    (`evals.stats.published.macro`), at both ends of what the printed digits allow, with the stratified bound that
    decides on such data (`evals.stats.bayesian.unseen_item`). A verdict must hold in all of them. That an inconclusive
    is right is proven by the two that contradict each other; that no arrangement left out would contradict a pass is
    no theorem. One item of a stratum may have a fractional score, so that no count is rounded.
    """
    half = 0.5 * 10.0**-decision.digits
    baseline, candidate = float(decision.baseline), float(decision.candidate)
    lowers: list[float] = []
    uppers: list[float] = []
    names = np.repeat([f"{number:02}" for number in range(len(decision.strata))], decision.strata).tolist()
    for shift in (-half, half):
        first, second = min(max(baseline - shift, 0.0), 1.0), min(max(candidate + shift, 0.0), 1.0)
        for differences in arrangements(decision.strata, decision.repeats, first, second):
            lowers.append(bayesian_lower_bound(differences, alpha=decision.alpha, strata=names, draws=_DRAWS))
            uppers.append(bayesian_upper_bound(differences, alpha=decision.alpha, strata=names, draws=_DRAWS))
    return replace(
        decision,
        verdict=task_verdict(min(lowers), max(uppers), decision.zone),
        notes=(
            "only a macro average was published: how the answers divide over its strata is unknown too, so the bounds "
            "are those of the most and the least favourable of several extreme divisions, and digits tell no counts",
        ),
        lower_best=max(lowers),
        lower_worst=min(lowers),
        upper_best=min(uppers),
        upper_worst=max(uppers),
        settling=_macro_settling(decision, baseline, candidate),
    )


def _macro_settling(decision: ClaimDecision, baseline: float, candidate: float) -> tuple[Settling, ...]:
    """Items in all, shared as the strata are now, whose macro average is as precise as that many items in one pool."""
    net, opposed = candidate - baseline, min(baseline, 1 - candidate)
    pool = len(decision.strata) ** 2 / sum(1 / size for size in decision.strata)
    flips = (max(-net, 0.0) * pool, max(net, 0.0) * pool), (opposed * pool, (opposed + net) * pool)
    needed = settling_items(*flips, round(pool), decision.zone, decision.alpha)
    return tuple(
        Settling(discordance, None if items is None else math.ceil(items * decision.items / pool))
        for discordance, items in needed.items()
    )


def _digit_notes(claim: Claim) -> tuple[str, ...]:
    """What was assumed about the printed digits."""
    unlike = printed_decimals(claim.baseline) != printed_decimals(claim.candidate)
    if claim.digits is not None or not (claim.unquoted or unlike):
        return ()
    return (
        f"{claim.baseline} and {claim.candidate} are read as printed with {claim.printed_to} decimals; zeros at the "
        "end may be lost (YAML drops them from unquoted numbers). If so, say digits.",
    )
