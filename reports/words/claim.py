"""A judgement of published accuracies in words: the sentence that decided, what it rests on, and its cells."""

from __future__ import annotations

from quantgate.evals.claims.types import ClaimDecision, Settling, Unjudged
from quantgate.evals.decision.points import points
from quantgate.evals.decision.types import TaskVerdict
from quantgate.evals.text import one_line
from quantgate.reports.words.claim_recovery import recovery_words
from quantgate.reports.words.numbers import NONE, margin_cell, signed

# No benchmark has more items; a number would only pretend to an accuracy that the estimate has not.
_MOST_SETTLING = 100_000
_SMALLEST_P = 0.0005
# Differences of printed decimals are not exact.
_ROUNDING = 1e-9


CLAIM_COLUMNS = (
    *("task", "items", "baseline", "candidate", "diff", "lost/won", "p", "lower bound", "upper bound", "margin"),
)


def claim_cells(task: ClaimDecision) -> list[str]:
    """The cells of a claim's row, in the order of `CLAIM_COLUMNS`; the task's name is not yet shortened or escaped."""
    return [
        task.task,
        f"{task.items:,}" + (f"×{task.repeats}" if task.repeats > 1 else ""),
        one_line(task.baseline, 16),
        one_line(task.candidate, 16),
        signed(task.difference),
        lost_and_won(task.closest, task.farthest),
        pvalues(task.pvalue_best, task.pvalue_worst),
        bounds_between(task.lower_best, task.lower_worst),
        bounds_between(task.upper_best, task.upper_worst),
        margin_cell(task.margin),
    ]


def sentence(decision: ClaimDecision) -> str:
    """The decision for a reader who is no statistician."""
    lower, upper = decision.lower_worst, decision.upper_worst
    if lower is None or upper is None:
        return f"{decision.task}: invalid: {decision.problem}."
    margin, confidence = points(decision.zone), f"{100 * (1 - decision.alpha):g}%"
    if decision.impossible:
        return (
            f"{decision.task}: not shown. Accuracies that no count of right answers gives show nothing; the notes name "
            "the nearest that are."
        )
    if decision.margin.recovery is not None:
        return f"{decision.task}: {_with_recovery(decision)}"
    open_left = "whichever items flipped" if not decision.strata else "wherever the flips are that were looked at"
    if decision.verdict is TaskVerdict.REGRESSED:
        return (
            f"{decision.task}: regressed. {open_left.capitalize()}, with {confidence} confidence the candidate loses "
            f"at least {points(upper)}, more than the margin of {margin}."
        )
    if decision.passes:
        loss = f"loses at most {points(lower)}" if lower < 0 else f"gains at least {points(lower)}"
        return (
            f"{decision.task}: shown. {open_left.capitalize()}, with {confidence} confidence the candidate {loss}, "
            f"within the margin of {margin}."
        )
    best = lower if decision.lower_best is None else decision.lower_best
    if best > -decision.zone:
        loss = f"loses at most {points(best)}" if best < 0 else "has lost nothing"
        why = (
            f"At best the candidate {loss}, within the margin of {margin}; but it may "
            f"have lost as much as {points(lower)}: that depends on which items flipped, and it was not published."
        )
    else:
        why = (
            f"Even in the best case the candidate may have lost as much as {points(best)}, more than the margin of "
            f"{margin}, and in the worst {points(lower)}."
        )
    return f"{decision.task}: not shown. {why}"


def _with_recovery(decision: ClaimDecision) -> str:
    """The verdict, what is shown of the recovery, and of points where the margin says them too."""
    word = {"regressed": "regressed", "inconclusive": "not shown"}.get(decision.verdict.value, "shown")
    said = f"{word}. {recovery_words(decision)}"
    if decision.margin.points is None or decision.lower_worst is None:
        return said
    within = "within" if decision.lower_worst > -decision.margin.points else "and not shown to be within"
    return (
        f"{said} In points the candidate may have lost as much as {points(min(decision.lower_worst, 0.0))}, {within} "
        f"the margin of {points(decision.margin.points)}."
    )


def unjudged_sentence(row: Unjudged) -> str:
    """A row of a card that no verdict is about, and what that means for the whole."""
    return f"{row.task}: {'not judged, so the whole does not pass' if row.counts else 'not judged'}: {row.why}."


def details(task: ClaimDecision) -> list[str]:
    """Granularity, warnings, and what would settle an inconclusive claim; each to be indented under its sentence."""
    lines = []
    if task.baseline_counts is not None and task.candidate_counts is not None:
        answers = f"{task.items:,}" + (f" × {task.repeats} = {task.items * task.repeats:,}" if task.repeats > 1 else "")
        counts = f"{_range(task.baseline_counts)} and {_range(task.candidate_counts)} right of {answers}"
        lines.append(f"granularity (decimals: {task.digits}): {counts}")
    lines += [f"note: {note}" for note in task.notes]
    if task.verdict is TaskVerdict.INCONCLUSIVE and not task.impossible:
        lines.append(_settling(task))
    return lines


def _settling(task: ClaimDecision) -> str:
    if (
        task.difference is not None
        and task.difference + task.zone <= _ROUNDING
        and not any(one.items for one in task.settling)
    ):
        return (
            f"to settle it: the published loss is itself at the margin of {points(task.zone)} or beyond, so more "
            "items of the kind would rather fail than pass it"
        )
    guesses = "; ".join(_guess(task, one) for one in task.settling)
    return (
        f"to settle it: {guesses} (80% power, at the published difference). Or publish the answers item by item and "
        "run `quantgate gate`"
    )


def _guess(task: ClaimDecision, one: Settling) -> str:
    flips = f"if {one.discordance:.1%} of the items flip"
    if one.items is None or one.items > _MOST_SETTLING:
        return f"out of reach {flips}"
    if one.items > task.items:
        return f"about {one.items:,} items {flips}"
    if task.lower_best is not None and task.lower_best > -task.zone:
        return f"the {task.items:,} that were asked may do, item by item, {flips}"
    return f"a few more than {task.items:,} items {flips}"


def _range(counts: tuple[int, int]) -> str:
    return f"{counts[0]:,}" if counts[0] == counts[1] else f"{counts[0]:,} to {counts[1]:,}"


def lost_and_won(closest: tuple[int, int] | None, farthest: tuple[int, int] | None) -> str:
    """The fewest and the most flips that the numbers leave open, each as lost/won."""
    if closest is None or farthest is None:
        return NONE
    return f"{closest[0]}/{closest[1]} to {farthest[0]}/{farthest[1]}"


def pvalues(best: float | None, worst: float | None) -> str:
    """The p-values at best and at worst."""
    return NONE if best is None or worst is None else f"{_pvalue(best)} to {_pvalue(worst)}"


def _pvalue(value: float) -> str:
    if value < _SMALLEST_P:
        return "<0.001"
    return ">0.999" if value >= 1 - _SMALLEST_P else f"{value:.3f}"


def bounds_between(best: float | None, worst: float | None) -> str:
    """A bound at best and at worst, in points."""
    return NONE if best is None or worst is None else f"{signed(best)} to {signed(worst)}"
