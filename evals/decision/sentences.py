"""Says a decision in sentences that a release manager can read."""

from __future__ import annotations

import math
from dataclasses import replace

from quantgate.evals.checks.finding import Severity
from quantgate.evals.decision.types import ReleaseVerdict, TaskDecision, TaskVerdict


def points(fraction: float) -> str:
    """A difference in points of a hundred, without its sign: 0.0123 is `1.23 points`, 0.01 is `1 point`."""
    text = _hundredths(fraction)
    return f"{text} point" if text == "1" else f"{text} points"


def explain_task(decision: TaskDecision) -> TaskDecision:
    """The decision with its `reason` filled in."""
    return replace(decision, reason=f"{decision.task}: {_sentence(decision)}{_but(decision)}")


def explain_release(verdict: ReleaseVerdict, tasks: tuple[TaskDecision, ...]) -> tuple[str, ...]:
    """The sentences that decided: those of the failing tasks, or of all when the candidate passes."""
    if not any(task.tier == "required" for task in tasks):
        return ("there is no required task to decide on",)
    if verdict is ReleaseVerdict.PASS:
        return tuple(task.reason for task in tasks)
    return tuple(task.reason for task in tasks if task.tier == "required" and not task.passes)


def _sentence(decision: TaskDecision) -> str:
    lower, upper = decision.lower, decision.upper
    assert lower is not None
    assert upper is not None
    margin = points(decision.margin)
    confidence = f"{100 * (1 - decision.alpha):g}%"
    if decision.verdict is TaskVerdict.EQUIVALENT:
        return (
            f"equivalent. The candidate differs from the baseline by {_signed(lower)} to {_signed(upper)} points "
            f"({confidence} confidence each way), within the margin of {margin} on either side."
        )
    if decision.verdict is TaskVerdict.NON_INFERIOR:
        passes = "passes" if decision.passes else "not worse by the margin"
        if lower >= 0:
            return f"{passes}. With {confidence} confidence the candidate gains at least {points(lower)}."
        loss = f"at most {points(lower)}, within" if lower > _just_above(-decision.margin) else "less than"
        return f"{passes}. With {confidence} confidence the candidate loses {loss} the margin of {margin}."
    if decision.verdict is TaskVerdict.REGRESSED:
        loss = f"at least {points(upper)}, more" if upper < _just_below(-decision.margin) else "more"
        return f"regressed. With {confidence} confidence the candidate loses {loss} than the margin of {margin}."
    return (
        f"cannot be told. The candidate may have lost as much as {points(lower)}, more than the margin of {margin}, "
        f"or {'as little as ' + points(upper) if upper < 0 else 'nothing'}. {_way_out(decision)}"
    )


def _just_above(bound: float) -> float:
    """Where a step-down says no more than that a bound is beyond this one (`evals.decision.compare`)."""
    return math.nextafter(bound, 1.0)


def _just_below(bound: float) -> float:
    return math.nextafter(bound, -1.0)


def _but(decision: TaskDecision) -> str:
    """Why a task that its bounds would let pass does not."""
    if decision.verdict not in (TaskVerdict.EQUIVALENT, TaskVerdict.NON_INFERIOR) or decision.passes:
        return ""
    blocking = [finding.message for finding in decision.findings if finding.severity is Severity.BLOCKS]
    if blocking:
        return f" It does not pass all the same. {blocking[0]}."
    return " It does not pass all the same: the policy requires equivalence on both sides."


def _way_out(decision: TaskDecision) -> str:
    if decision.needed is None:
        return "More items or repeats would tell."
    needed = decision.needed["items"]
    if needed is None:
        if decision.repeats > 1 and decision.precision is not None and decision.precision.room > 0:
            return f"More repeats of these {decision.items:,} items cannot settle it: it takes more items."
        return (
            "The loss that was seen is itself at the margin or beyond, so more of the same would rather fail than pass."
        )
    if decision.repeats > 1 and needed == decision.items:
        again = decision.needed["repeats"]
        return (
            f"About {again:,} repeats of the {decision.items:,} items would settle it; {decision.repeats} were asked."
        )
    each = f", asked {decision.repeats} times each," if decision.repeats > 1 else ""
    seen = decision.losses != 0 or decision.gains != 0
    flips = " with as many flips" if seen else f", even if one in {decision.items:,} flips,"
    return f"About {needed:,} items{flips}{each} would settle it; {decision.items:,} were asked."


def _signed(fraction: float) -> str:
    return f"{'+' if fraction > 0 else '−' if fraction < 0 else ''}{_hundredths(fraction)}"


def _hundredths(fraction: float) -> str:
    text = f"{abs(fraction) * 100:.2f}"
    return text.rstrip("0").rstrip(".")
