"""A judgement of published accuracies on the terminal: one row a task, and the sentences that decided."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table
from rich.text import Text

from quantgate.evals.claims.types import ClaimDecision, ClaimVerdict, Settling
from quantgate.evals.decision.points import points
from quantgate.evals.decision.types import TaskVerdict
from quantgate.evals.text import one_line
from quantgate.reports.terminal.claim_recovery import recovery_words
from quantgate.reports.terminal.decision_table import verdict_line, verdict_text
from quantgate.reports.words.numbers import margin_cell

# No benchmark has more items; a number would only pretend to an accuracy that the estimate has not.
_MOST_SETTLING = 100_000
_SMALLEST_P = 0.0005
# Differences of printed decimals are not exact.
_ROUNDING = 1e-9


def print_claim(console: Console, verdict: ClaimVerdict) -> None:
    """Print the table, each task's sentences, and the verdict with its exit code."""
    console.print(_table(verdict.tasks))
    for task in verdict.tasks:
        for line in (sentence(task), *_details(task)):
            console.print(Text(one_line(line, 700)), soft_wrap=True)
    console.print(verdict_line(verdict.verdict))


def _table(tasks: tuple[ClaimDecision, ...]) -> Table:
    table = Table(
        title=Text("published accuracies: from best to worst case over every pairing of the items"),
        title_justify="left",
        title_style="bold",
        box=None,
        pad_edge=False,
        padding=(0, 1, 0, 0),
    )
    columns = [
        "task",
        "items",
        "baseline",
        "candidate",
        "diff",
        "lost/won",
        "p",
        "lower bound",
        "upper bound",
        "margin",
    ]
    for column in (*columns, "verdict"):
        words = column in ("task", "verdict")
        table.add_column(column, justify="left" if words else "right", no_wrap=not words, overflow="fold")
    for task in tasks:
        cells = [
            one_line(task.task, 30),
            f"{task.items:,}" + (f"×{task.repeats}" if task.repeats > 1 else ""),
            one_line(task.baseline, 16),
            one_line(task.candidate, 16),
            _signed(task.difference),
            _pair(task.closest, task.farthest),
            _pvalues(task.pvalue_best, task.pvalue_worst),
            _bounds(task.lower_best, task.lower_worst),
            _bounds(task.upper_best, task.upper_worst),
            margin_cell(task.margin),
        ]
        table.add_row(*cells, verdict_text(task.verdict))
    return table


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


def _details(task: ClaimDecision) -> list[str]:
    """Granularity, warnings, and what would settle an inconclusive claim; each indented under its task's sentence."""
    lines = []
    if task.baseline_counts is not None and task.candidate_counts is not None:
        answers = f"{task.items:,}" + (f" × {task.repeats} = {task.items * task.repeats:,}" if task.repeats > 1 else "")
        counts = f"{_range(task.baseline_counts)} and {_range(task.candidate_counts)} right of {answers}"
        lines.append(f"granularity (decimals: {task.digits}): {counts}")
    lines += [f"note: {note}" for note in task.notes]
    if task.verdict is TaskVerdict.INCONCLUSIVE and not task.impossible:
        lines.append(_settling(task))
    return [f"· {line}" for line in lines]


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


def _pair(closest: tuple[int, int] | None, farthest: tuple[int, int] | None) -> str:
    if closest is None or farthest is None:
        return "—"
    return f"{closest[0]}/{closest[1]} to {farthest[0]}/{farthest[1]}"


def _pvalues(best: float | None, worst: float | None) -> str:
    return "—" if best is None or worst is None else f"{_pvalue(best)} to {_pvalue(worst)}"


def _pvalue(value: float) -> str:
    if value < _SMALLEST_P:
        return "<0.001"
    return ">0.999" if value >= 1 - _SMALLEST_P else f"{value:.3f}"


def _bounds(best: float | None, worst: float | None) -> str:
    return "—" if best is None or worst is None else f"{_signed(best)} to {_signed(worst)}"


def _signed(value: float | None) -> str:
    return "—" if value is None else f"{100 * value:+.2f}"
