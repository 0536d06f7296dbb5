"""Says a decision in sentences that a release manager can read; none names its task."""

from __future__ import annotations

from dataclasses import dataclass

from quantgate.evals.checks.finding import Finding
from quantgate.evals.decision.described import Prospect
from quantgate.evals.decision.documents_needed import documents_sentence
from quantgate.evals.decision.fidelity_sentences import fidelity_sentence
from quantgate.evals.decision.look import PairLook
from quantgate.evals.decision.points import hundredths, points, signed_hundredths
from quantgate.evals.decision.recovery_bounds import RecoveryBounds
from quantgate.evals.decision.recovery_sentences import recovery_sentence
from quantgate.evals.decision.sequential.looks import Looks
from quantgate.evals.decision.standing import standings
from quantgate.evals.decision.types import ReleaseVerdict, TaskDecision, TaskVerdict
from quantgate.evals.decision.way_out import FRESH, way_out
from quantgate.evals.fidelity.figures import Fidelity, KlBounds
from quantgate.evals.settings.margin import Margin
from quantgate.evals.settings.requirements import Requirement, Target

_SPENT = "cannot be told. Nothing is left of alpha to show anything of this pair with."
_AGAIN = "Asked again, these questions get the same answers: they cannot settle it."


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the sentence about a task rests on.

    `prospects` say what would settle an inconclusive, `hopeless` that an equal build could not pass with so few items,
    `missing` how much of the interval is there because answers are missing. `target` is what the verdict holds for, and
    `whole` counts the benchmark's items, where that is known; `one_answer` says that repeats are one answer over
    and over. `nominal` says that the confidence is what was asked of a bootstrap. `recovery_bounds` are those of the
    ratio of the two accuracies, where the margin says a recovery; `look` says which look at the pair it is, `looks`
    which were taken on the way. `fidelity` is there where the answers are log-probabilities, with `kl_bounds`.
    """

    verdict: TaskVerdict
    lower: float
    upper: float
    margin: Margin
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
    baseline: float = 1.0
    candidate: float = 1.0
    recovery_bounds: RecoveryBounds | None = None
    look: PairLook | None = None
    looks: Looks | None = None
    kl_bounds: KlBounds | None = None
    fidelity: Fidelity | None = None


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
    if outcome.look is not None and outcome.look.spent:
        return _SPENT
    if outcome.fidelity is not None:
        return _of_fidelity(outcome)
    if outcome.margin.recovery is None:
        return f"{_in_points(outcome, outcome.margin.points or 0.0)}{_way(outcome)}"
    said = [_of_recovery(outcome, outcome.margin.recovery)]
    if outcome.margin.points is None:
        return f"{_word(outcome)} {said[0]}{_way(outcome)}"
    parts = standings(outcome, outcome.margin)
    if outcome.verdict is TaskVerdict.REGRESSED:
        kept = [one.worse for one in parts]
    elif outcome.verdict is TaskVerdict.INCONCLUSIVE:
        kept = [not one.not_worse for one in parts]
    else:
        kept = [True, True]
    if not kept[0]:
        shown = (
            ""
            if outcome.verdict is TaskVerdict.REGRESSED
            else f" In points it is within {points(outcome.margin.points)}."
        )
        return f"{_word(outcome)} {said[0]}{shown}{_way(outcome)}"
    first = _in_points(outcome, outcome.margin.points)
    return f"{first}{' ' + said[0] if kept[1] else ''}{_way(outcome)}"


def _of_fidelity(outcome: Outcome) -> str:
    said = fidelity_sentence(
        outcome.verdict.value,
        outcome.lower,
        outcome.upper,
        outcome.kl_bounds,
        outcome.margin,
        standings(outcome, outcome.margin),
        (_confidence(outcome.alpha), _above(outcome)),
    )
    settles = ""
    if outcome.verdict is TaskVerdict.INCONCLUSIVE:
        settles = f" {documents_sentence(outcome.prospects, outcome.items, hopeless=outcome.hopeless)}"
    return f"{_word(outcome)} {said}{settles}"


def _word(outcome: Outcome) -> str:
    """How the sentence begins."""
    if outcome.verdict is TaskVerdict.NON_INFERIOR:
        return "passes." if _enough(outcome) else "not worse by the margin."
    return {"equivalent": "equivalent.", "regressed": "regressed."}.get(outcome.verdict.value, "cannot be told.")


def _enough(outcome: Outcome) -> bool:
    return outcome.verdict.satisfies(outcome.require) and not _blocking(outcome)


def _way(outcome: Outcome) -> str:
    """Where it was settled that was looked at on the way, and what would settle it where it cannot be told."""
    return f"{_of_looks(outcome)}{_settles(outcome)}"


def _settles(outcome: Outcome) -> str:
    undefined = outcome.recovery_bounds is not None and outcome.recovery_bounds.undefined
    if outcome.verdict is not TaskVerdict.INCONCLUSIVE or undefined or (outcome.looks and outcome.looks.awaits):
        return ""
    held = " What it takes is told for the bound that holds." if outcome.nominal else ""
    if outcome.target is Target.BENCHMARK and outcome.one_answer:
        return f" {_AGAIN}{held}"
    if outcome.look is not None and outcome.look.number > 1:
        return f" {FRESH}"
    found, asked = outcome.prospects, outcome.asked
    fresh = outcome.looks is not None
    said = way_out(found, outcome.items, outcome.repeats, hopeless=outcome.hopeless, asked=asked, fresh=fresh)
    return f" {said}{held}"


def _of_recovery(outcome: Outcome, asked: float) -> str:
    estimate = outcome.candidate / outcome.baseline if outcome.baseline > 0 else None
    confidence = _above(outcome) if outcome.verdict is TaskVerdict.REGRESSED else _confidence(outcome.alpha)
    return recovery_sentence(outcome.verdict, outcome.recovery_bounds, estimate, asked, confidence)


def _confidence(alpha: float) -> str:
    return f"{100 * (1 - alpha):g}%"


def _above(outcome: Outcome) -> str:
    """The confidence of an upper bound, which a margin of points and recovery halves the error of."""
    return _confidence(outcome.alpha / 2 if outcome.margin.both else outcome.alpha)


def _in_points(outcome: Outcome, limit: float) -> str:
    lower, upper = outcome.lower, outcome.upper
    margin = points(limit)
    confidence = f"{'nominal ' if outcome.nominal else ''}{_confidence(outcome.alpha)}"
    if outcome.verdict is TaskVerdict.EQUIVALENT:
        return (
            f"equivalent. The candidate differs from the baseline by {signed_hundredths(lower)} to "
            f"{signed_hundredths(upper)} points ({confidence} confidence each way), within the margin of {margin} on "
            "either side."
        )
    if outcome.verdict is TaskVerdict.NON_INFERIOR:
        passes = _word(outcome).removesuffix(".")
        if lower >= 0:
            return f"{passes}. With {confidence} confidence the candidate gains at least {points(lower)}."
        loss = "less than" if _at_margin(lower, limit) else f"at most {points(lower)}, within"
        return f"{passes}. With {confidence} confidence the candidate loses {loss} the margin of {margin}."
    if outcome.verdict is TaskVerdict.REGRESSED:
        loss = "more" if _at_margin(upper, limit) else f"at least {points(upper)}, more"
        above = f"{'nominal ' if outcome.nominal else ''}{_above(outcome)}"
        return f"regressed. With {above} confidence the candidate loses {loss} than the margin of {margin}."
    loss = "the whole" if _at_margin(lower, limit) else f"as much as {points(lower)}, more than the"
    return (
        f"cannot be told. The candidate may have lost {loss} margin of {margin}, "
        f"or {'as little as ' + points(upper) if upper < 0 else 'nothing'}."
    )


def _of_looks(outcome: Outcome) -> str:
    """Where it was settled that was looked at on the way."""
    if outcome.looks is None:
        return ""
    message = outcome.looks.message
    return f" {message[:1].upper()}{message[1:]}{'' if message.endswith('.') else '.'}"


def _of_missing(outcome: Outcome) -> str:
    """Which part of the interval is no chance of sampling, but answers that are not there."""
    if not outcome.missing:
        return ""
    ratio, told = outcome.recovery_bounds, []
    if outcome.margin.points is not None:
        told.append(f"{_share(outcome.missing, outcome.upper - outcome.lower)} of the interval")
    if ratio is not None and ratio.upper is not None:
        told.append(f"{_share(ratio.missing, ratio.upper - ratio.lower)} of the recovery's interval")
    said = f": that is {' and '.join(told)}" if told else ""
    return f" Missing answers are taken for the worst on either side{said}."


def _share(part: float, whole: float) -> str:
    share = part / whole
    return "less than 1%" if share < 0.01 else f"{share:.0%}"


def _at_margin(bound: float, margin: float) -> bool:
    """Whether a bound is written as the margin is, which it lies beside: then no number is told twice.

    So it is where a step-down over several formats claims no more than that a bound lies beyond the margin.
    """
    return hundredths(bound) == hundredths(margin)


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
