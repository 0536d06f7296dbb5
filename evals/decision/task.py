"""What was measured of a task and the bounds that hold for it -> its decision, built once; pure."""

from __future__ import annotations

from dataclasses import replace

from quantgate.evals.checks.finding import FindingCode
from quantgate.evals.decision.bounds import Bounds
from quantgate.evals.decision.described import Prospect, SettlingCurve, SettlingPoint
from quantgate.evals.decision.measured import Measured
from quantgate.evals.decision.sentences import Outcome, reason
from quantgate.evals.decision.settling import settling_curve
from quantgate.evals.decision.standing import not_worse
from quantgate.evals.decision.types import Decided, Flag, TargetBounds, TaskVerdict
from quantgate.evals.settings.requirements import Target

_CUT = frozenset(
    {
        *(FindingCode.TRUNCATED, FindingCode.CONTEXT_OVERFLOW, FindingCode.BROKEN_OFF, FindingCode.TRUNCATED_UNLIKE),
    }
)

Needed = dict[str, int | None]


def decided(
    measured: Measured,
    verdict: TaskVerdict,
    bounds: Bounds,
    enough: int | None,
    found: tuple[Prospect, ...],
    needed: Needed | None,
    *,
    targets: tuple[TargetBounds, ...] = (),
    unconfirmed: bool = False,
) -> Decided:
    """The decision about a task that could be compared.

    Parameters
    ----------
    measured
        Its figures.
    verdict
        What the bounds give at its margin.
    bounds
        The bounds that hold for it: its own, or those of a family.
    enough
        Items that settle it by the exact test, where that decides and it is settled; `None` where there are none.
    found
        What would settle it, where it cannot be told.
    needed
        Items and repeats of that which counts.
    targets
        What the bounds for either target say.
    unconfirmed
        Whether its regression does not stand against the search over all tasks.
    """
    curve = (
        None
        if measured.looks is not None or measured.fidelity is not None
        else _curve(measured, verdict, bounds, enough, needed)
    )
    outcome = Outcome(
        verdict=verdict,
        lower=bounds.lower,
        upper=bounds.upper,
        margin=measured.margin,
        alpha=measured.alpha,
        require=measured.require,
        findings=measured.findings,
        items=measured.items,
        repeats=measured.repeats,
        asked=measured.asked,
        target=bounds.target,
        whole=measured.whole,
        one_answer=measured.one_answer,
        prospects=found,
        hopeless=measured.hopeless,
        missing=bounds.missing,
        nominal=bool(bounds.holds),
        baseline=measured.baseline,
        candidate=measured.candidate,
        recovery_bounds=bounds.recovery_bounds,
        kl_bounds=bounds.kl_bounds,
        fidelity=measured.fidelity,
        look=measured.look,
        looks=measured.looks,
    )
    return Decided(
        task=measured.task,
        margin=measured.margin,
        alpha=measured.alpha,
        validity=measured.validity,
        reason=reason(outcome),
        tier=measured.tier,
        require=measured.require,
        verdict=verdict,
        items=measured.items,
        repeats=measured.repeats,
        baseline=measured.baseline,
        candidate=measured.candidate,
        difference=bounds.estimate,
        lower=bounds.lower,
        upper=bounds.upper,
        method=bounds.method,
        descriptive_interval=measured.description.intervals.get("percentile"),
        flags=_flags(measured, verdict, bounds, needed, unconfirmed=unconfirmed),
        losses=measured.losses,
        gains=measured.gains,
        mcnemar_p=measured.mcnemar_p,
        recovery=_recovery(measured, bounds),
        missing=bounds.missing,
        clusters=bounds.clusters,
        method_reason=bounds.reason,
        target=bounds.target,
        targets=targets,
        whole=measured.whole,
        asked=dict(zip(("baseline", "candidate"), measured.asked, strict=True)),
        recovery_bounds=bounds.recovery_bounds,
        needed=needed,
        prospects=found,
        strata=measured.strata,
        by_length=measured.by_length,
        description=measured.description,
        findings=measured.findings,
        flip_table=measured.flip_table,
        lengths=measured.lengths,
        precision=curve,
        flips=measured.flips,
        look=measured.look,
        looks=measured.looks,
        left_out=measured.left_out,
        paired_by=measured.paired_by,
        kl_bounds=bounds.kl_bounds,
        fidelity=measured.fidelity,
    )


def _recovery(measured: Measured, bounds: Bounds) -> float | None:
    """Candidate / baseline, where there is such a ratio."""
    undefined = bounds.recovery_bounds is not None and bounds.recovery_bounds.undefined
    return None if undefined or measured.baseline == 0 else measured.candidate / measured.baseline


def _curve(
    measured: Measured, verdict: TaskVerdict, bounds: Bounds, enough: int | None, needed: Needed | None
) -> SettlingCurve:
    """How narrow the bounds get with more repeats or items; of an open task with what is needed marked.

    The curve of a task that is settled is that of its own bounds: those of a family may claim no more than the margin.
    """
    shown = bounds if verdict is TaskVerdict.INCONCLUSIVE else measured.alone
    width, room = _reach(measured, shown)
    here = SettlingPoint(measured.items, measured.repeats, width)
    floor = (1 - shown.alpha ** (1 / measured.items)) * (1 + shown.estimate)
    if needed is not None:
        enough = needed["items"]
    components = measured.components
    if shown.target is Target.BENCHMARK:
        components, floor = _of_re_runs(measured), 0.0
    curve = settling_curve(here, room, components, enough, floor, measured.noise)
    return curve if needed is None else _marked(curve, needed)


def _of_re_runs(measured: Measured) -> tuple[float, float]:
    """The variances that count for these very items: none between them, where their repeats tell anything."""
    if measured.one_answer:
        return 1.0, 0.0
    if measured.components is not None:
        return 0.0, measured.components[1]
    units = sum(one.units for one in measured.spreads)
    return 0.0, sum(one.units * one.between for one in measured.spreads) / units


def _reach(measured: Measured, shown: Bounds) -> tuple[float, float]:
    """How far the deciding lower bound lies below the estimate, and how far it may, both as a difference of accuracies.

    Where the recovery is the tighter, candidate - recovery x baseline is what is bounded.
    """
    ratio = shown.recovery_bounds
    if ratio is None or not measured.margin.binds_by_recovery(measured.baseline):
        return shown.estimate - shown.lower, measured.zone + shown.estimate
    return measured.candidate - ratio.lower * measured.baseline, measured.zone + shown.estimate


def _marked(curve: SettlingCurve, needed: Needed) -> SettlingCurve:
    """The curve with the point of what is needed, where that lies on it, and none that has less power."""
    items, repeats = needed["items"], needed["repeats"]
    points = {(point.items, point.repeats): point for point in curve.curve}
    if items is None or repeats is None:
        return replace(curve, settles=None)
    return replace(curve, settles=points.get((items, repeats)))


def _flags(
    measured: Measured, verdict: TaskVerdict, bounds: Bounds, needed: Needed | None, *, unconfirmed: bool
) -> tuple[Flag, ...]:
    counts = measured.validity.values()
    # A build that is better may pass where an equal one cannot, by itself or when its items are asked more often.
    may_pass = verdict.satisfies(measured.require) or (needed is not None and needed["items"] == measured.items)
    present = {
        Flag.MEASURABLY_WORSE: not measured.spent and bounds.upper < 0 and not_worse(bounds, measured.margin),
        Flag.SUPERIOR: not measured.spent and bounds.lower > 0,
        Flag.CANNOT_PASS_AT_THIS_N: measured.hopeless and not may_pass,
        Flag.TRUNCATION: any(found.code in _CUT and found.blocks for found in measured.findings),
        Flag.TRUNCATED: any(each.truncated for each in counts),
        Flag.EMPTY: any(each.empty for each in counts),
        Flag.MISSING_COUNTED_AGAINST: any(each.unscored for each in counts),
        Flag.UNCONFIRMED_AMONG_TASKS: unconfirmed,
    }
    return tuple(flag for flag, holds in present.items() if holds)
