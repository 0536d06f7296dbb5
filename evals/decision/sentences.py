"""Says a decision in sentences that a release manager can read; none names its task."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from quantgate.evals.checks.finding import Finding
from quantgate.evals.decision.points import hundredths, points, signed_hundredths
from quantgate.evals.decision.types import ReleaseVerdict, TaskDecision, TaskVerdict
from quantgate.evals.settings.requirements import Requirement


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the sentence about a task rests on.

    `flipped` says whether any item changed, `needed` what would settle an inconclusive, `room` how far the lower bound
    may lie below the difference for a pass: at or below 0 the loss itself is at the margin.
    """

    verdict: TaskVerdict
    lower: float
    upper: float
    margin: float
    alpha: float
    require: Requirement
    findings: tuple[Finding, ...]
    items: int
    repeats: int
    flipped: bool
    needed: Mapping[str, int | None] | None
    room: float


def reason(outcome: Outcome) -> str:
    """Why a task passes or does not, and what would settle it where that cannot be told."""
    return f"{_sentence(outcome)}{_but(outcome)}"


def release_reasons(verdict: ReleaseVerdict, tasks: tuple[TaskDecision, ...]) -> tuple[str, ...]:
    """The sentences that decided: those of the failing tasks, or of all when the candidate passes; each names its task.

    Without a required task the one sentence is that there is none.
    """
    if not any(task.required for task in tasks):
        return ("there is no required task to decide on",)
    if verdict is ReleaseVerdict.PASS:
        return tuple(task.named_reason for task in tasks)
    return tuple(task.named_reason for task in tasks if task.required and not task.passes)


def _sentence(outcome: Outcome) -> str:
    lower, upper = outcome.lower, outcome.upper
    margin = points(outcome.margin)
    confidence = f"{100 * (1 - outcome.alpha):g}%"
    if outcome.verdict is TaskVerdict.EQUIVALENT:
        return (
            f"equivalent. The candidate differs from the baseline by {signed_hundredths(lower)} to "
            f"{signed_hundredths(upper)} points ({confidence} confidence each way), within the margin of {margin} on "
            "either side."
        )
    if outcome.verdict is TaskVerdict.NON_INFERIOR:
        enough = outcome.verdict.satisfies(outcome.require) and not _blocking(outcome)
        passes = "passes" if enough else "not worse by the margin"
        if lower >= 0:
            return f"{passes}. With {confidence} confidence the candidate gains at least {points(lower)}."
        loss = "less than" if _at_margin(lower, outcome) else f"at most {points(lower)}, within"
        return f"{passes}. With {confidence} confidence the candidate loses {loss} the margin of {margin}."
    if outcome.verdict is TaskVerdict.REGRESSED:
        loss = "more" if _at_margin(upper, outcome) else f"at least {points(upper)}, more"
        return f"regressed. With {confidence} confidence the candidate loses {loss} than the margin of {margin}."
    loss = "the whole" if _at_margin(lower, outcome) else f"as much as {points(lower)}, more than the"
    return (
        f"cannot be told. The candidate may have lost {loss} margin of {margin}, "
        f"or {'as little as ' + points(upper) if upper < 0 else 'nothing'}. {_way_out(outcome)}"
    )


def _at_margin(bound: float, outcome: Outcome) -> bool:
    """Whether a bound is written as the margin is, which it lies beside: then no number is told twice.

    So it is where a step-down over several formats claims no more than that a bound lies beyond the margin.
    """
    return hundredths(bound) == hundredths(outcome.margin)


def _blocking(outcome: Outcome) -> list[str]:
    return [finding.message for finding in outcome.findings if finding.blocks]


def _but(outcome: Outcome) -> str:
    """Why a task that its bounds would let pass does not."""
    if outcome.verdict not in (TaskVerdict.EQUIVALENT, TaskVerdict.NON_INFERIOR):
        return ""
    if blocking := _blocking(outcome):
        return f" It does not pass all the same. {blocking[0]}."
    if outcome.verdict.satisfies(outcome.require):
        return ""
    return " It does not pass all the same: the policy requires equivalence on both sides."


def _way_out(outcome: Outcome) -> str:
    needed = outcome.needed or {}
    items, repeats = needed.get("items"), needed.get("repeats")
    if items is None:
        if outcome.repeats > 1 and outcome.room > 0:
            return f"More repeats of these {outcome.items:,} items cannot settle it: it takes more items."
        return (
            "The loss that was seen is itself at the margin or beyond, so more of the same would rather fail than pass."
        )
    if outcome.repeats > 1 and items == outcome.items:
        return f"About {repeats:,} repeats of the {items:,} items would settle it; {outcome.repeats} were asked."
    each = f", asked {outcome.repeats} times each," if outcome.repeats > 1 else ""
    flips = " with as many flips" if outcome.flipped else f", even if one in {outcome.items:,} flips,"
    return f"About {items:,} items{flips}{each} would settle it; {outcome.items:,} were asked."
