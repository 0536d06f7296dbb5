"""The cells of a decision's row, as every table shows them: terminal, Markdown, HTML, model card, and what else."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from quantgate.evals.decision.types import Decided, StratumFigures, TaskDecision, TaskVerdict
from quantgate.evals.settings.margin import Margin
from quantgate.evals.settings.requirements import Target
from quantgate.reports.words import numbers
from quantgate.reports.words.palette import MARK, verdict_word


@dataclass(frozen=True, slots=True)
class Cells:
    """One row's texts, not yet escaped for where they stand; `—` for what there is none of.

    `asked` is items by repeats: `198 × 4`, or `198 × 16/4` where the baseline was asked more often; of a task that is
    looked at on the way those that count of the full size, `471/1,319`. `flips` is how many
    items were lost and won. `blocked` says that nothing but a finding keeps the task from passing. `has_figures` is
    false of a task that could not be compared. `target` says what the verdict holds for, where that is not questions
    like these. `beside` is what stands beside the verdict of a bootstrap.
    """

    name: str
    items: str
    repeats: str
    asked: str
    baseline: str
    candidate: str
    difference: str
    bounds: str
    margin: str
    recovery: str
    flips: str
    verdict: TaskVerdict
    advisory: bool
    blocked: bool
    has_figures: bool
    target: str = ""
    beside: str = ""

    @property
    def status(self) -> str:
        """The verdict as mark and word, with what it holds for where that is not questions like these, and what else.

        That is what is told beside the verdict of a bootstrap.
        """
        said = f"{MARK[self.verdict.value]} {verdict_word(self.verdict.value)}"
        return " ".join(part for part in (said, self.target, self.beside) if part)


def task_cells(task: TaskDecision, *, narrow: bool = False, sign: str = "%") -> Cells:
    """The cells of a task; `narrow` leaves out spaces, `sign` stands after shares (nothing where a heading says it)."""
    gap = "" if narrow else " "
    told = task if isinstance(task, Decided) else None
    items = f"{told.items:,}" if told else "0"
    asked = items if (repeats := _repeats(task)) == "1" or not told else f"{items}{gap}×{gap}{repeats}"
    return Cells(
        name=task.task,
        items=items,
        repeats=repeats,
        asked=_asked_of_all(told, gap) if told and told.looks else asked,
        baseline=numbers.percent(told.baseline, sign) if told else numbers.NONE,
        candidate=numbers.percent(told.candidate, sign) if told else numbers.NONE,
        difference=numbers.signed(told.difference) if told else numbers.NONE,
        bounds=_bounds(told, told.margin) if told else numbers.NONE,
        margin=numbers.margin_cell(task.margin),
        recovery=numbers.recovery(told.recovery, sign) if told else numbers.NONE,
        flips=_flips(told, gap) if told else numbers.NONE,
        verdict=task.verdict,
        advisory=task.advisory,
        blocked=task.blocked,
        has_figures=told is not None,
        target=_target(task),
        beside=beside(told) if told else "",
    )


def beside(task: Decided) -> str:
    """How often the bootstrap that gave the verdict errs, and what the bound that holds gives; nothing for others."""
    if (by := task.bootstrap) is None:
        return ""
    holds = f"{MARK[by.verdict]} {verdict_word(by.verdict)}"
    said = f"the bound that holds: {holds}" if by.agrees else f"BUT THE BOUND THAT HOLDS: {holds}"
    name = "BCa" if task.method == "bca" else task.method
    return f"({name} bootstrap, false pass up to {by.false_pass:.1%}; {said})"


def strata_cells(task: TaskDecision) -> list[Cells]:
    """The cells of each part of a task; parts are shown and never decide."""
    return [_stratum_cells(part, task) for part in task.strata] if isinstance(task, Decided) else []


def _stratum_cells(part: StratumFigures, task: Decided) -> Cells:
    return Cells(
        name=part.stratum,
        items=f"{part.items:,}",
        repeats=_repeats(task),
        asked=f"{part.items:,}",
        baseline=numbers.percent(part.baseline),
        candidate=numbers.percent(part.candidate),
        difference=numbers.signed(part.difference),
        bounds=_bounds(part, task.margin),
        margin=numbers.margin_cell(task.margin),
        recovery=numbers.recovery(part.recovery) if task.margin.recovery is not None else numbers.NONE,
        flips=numbers.NONE,
        verdict=part.verdict,
        advisory=True,
        blocked=False,
        has_figures=True,
    )


def _asked_of_all(task: Decided, gap: str) -> str:
    """Items by repeats that count, with the full size that they are of: `471/1,319`, `198 × 4/16`."""
    if task.looks is None or not task.looks.planned:
        return f"{task.items:,}"
    full, repeats = task.looks.planned[-1], task.looks.repeats
    items = f"{task.items:,}" if task.items == full.items else f"{task.items:,}/{full.items:,}"
    if full.repeats == 1:
        return items
    return f"{items}{gap}×{gap}{repeats}" + (f"/{full.repeats}" if repeats < full.repeats else "")


def _target(task: TaskDecision) -> str:
    """What a table says after a verdict that does not hold for questions like these."""
    if not isinstance(task, Decided) or task.target is Target.QUESTIONS:
        return ""
    return task.target.about(task.items, task.whole)


def _repeats(task: TaskDecision) -> str:
    """The repeats of both builds, or of the baseline and the candidate where they differ: `16/4`."""
    each = list(task.asked.values()) if isinstance(task, Decided) else []
    return "/".join(map(str, each)) if len(set(each)) > 1 else str(task.repeats)


def _bounds(figures: Decided | StratumFigures, margin: Margin) -> str:
    return numbers.deciding(figures.lower, figures.upper, figures.recovery_bounds, margin, figures.kl_bounds)


def relative_note(tasks: Iterable[TaskDecision]) -> str:
    """What bounds and margins in other units than points are, for under a table; empty where there are none."""
    told = list(tasks)
    agreement = (
        "Where answers are log-probabilities, the candidate's score is the share of positions at which its likeliest "
        "token is the baseline's, and bounds in nats are of the divergence KL(baseline || candidate)."
    )
    some = any(isinstance(task, Decided) and task.fidelity is not None for task in told)
    return " ".join([*([agreement] if some else []), *_recovery_notes(told)])


def _recovery_notes(tasks: Iterable[TaskDecision]) -> list[str]:
    if all(task.margin.recovery is None for task in tasks):
        return []
    return [
        "Bounds and margins in percent are of the recovery, candidate over baseline, whose lower bound must lie above "
        "the margin; a plot shows the difference in points there, and as its margin what the recovery comes to at the "
        "baseline's accuracy."
    ]


def _flips(task: Decided, gap: str) -> str:
    """Items that only the baseline has right, and only the candidate: `6 / 2`; of repeats, items whose mean moved."""
    if task.fidelity is not None or (counts := flip_counts(task)) is None:
        return numbers.NONE
    return f"{counts[0]:,}{gap}/{gap}{counts[1]:,}"


def flip_counts(task: Decided) -> tuple[int, int] | None:
    """Losses and gains; `None` where an older decision does not tell them."""
    if task.flip_table is not None:
        return task.flip_table.losses, task.flip_table.gains
    if task.losses is not None and task.gains is not None:
        return task.losses, task.gains
    return None
