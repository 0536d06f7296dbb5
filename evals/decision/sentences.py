"""Says a decision in sentences that a release manager can read; none names its task."""

from __future__ import annotations

from dataclasses import dataclass

from quantgate.evals.checks.finding import Finding
from quantgate.evals.decision.described import Prospect
from quantgate.evals.decision.points import hundredths, points, signed_hundredths
from quantgate.evals.decision.types import ReleaseVerdict, TaskDecision, TaskVerdict
from quantgate.evals.decision.way_out import way_out
from quantgate.evals.settings.requirements import Requirement, Target

_AGAIN = "Asked again, these questions get the same answers: they cannot settle it."


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the sentence about a task rests on.

    `prospects` say what would settle an inconclusive, `hopeless` that an equal build could not pass with so few items,
    `missing` how much of the interval is there because answers are missing. `target` is what the verdict holds for, and
    `whole` counts the benchmark's items, where that is known; `one_answer` says that repeats are one answer over
    and over. `nominal` says that the confidence is what was asked of a bootstrap.
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
    prospects: tuple[Prospect, ...] = ()
    hopeless: bool = False
    missing: float = 0.0
    asked: tuple[int, int] | None = None
    target: Target | None = None
    whole: int | None = None
    one_answer: bool = False
    nominal: bool = False


def reason(outcome: Outcome) -> str:
    """Why a task passes or does not, and what would settle it where that cannot be told."""
    said = f"{_sentence(outcome)}{_of_missing(outcome)}{_but(outcome)}"
    if outcome.target is not Target.BENCHMARK:
        return said
    verdict, rest = said.split(".", 1)
    return f"{verdict}, {outcome.target.about(outcome.items, outcome.whole)}.{rest}"


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
    confidence = f"{'nominal ' if outcome.nominal else ''}{100 * (1 - outcome.alpha):g}%"
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
    way = (
        _AGAIN
        if outcome.target is Target.BENCHMARK and outcome.one_answer
        else way_out(outcome.prospects, outcome.items, outcome.repeats, hopeless=outcome.hopeless, asked=outcome.asked)
    )
    if outcome.nominal:
        way += " What it takes is told for the bound that holds."
    loss = "the whole" if _at_margin(lower, outcome) else f"as much as {points(lower)}, more than the"
    return (
        f"cannot be told. The candidate may have lost {loss} margin of {margin}, "
        f"or {'as little as ' + points(upper) if upper < 0 else 'nothing'}. {way}"
    )


def _of_missing(outcome: Outcome) -> str:
    """Which part of the interval is no chance of sampling, but answers that are not there."""
    if not outcome.missing:
        return ""
    share = outcome.missing / (outcome.upper - outcome.lower)
    said = "less than 1%" if share < 0.01 else f"{share:.0%}"
    return f" Missing answers are taken for the worst on either side: that is {said} of the interval."


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
