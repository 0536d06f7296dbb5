"""A judgement of published accuracies as one HTML file, in the form of a gate's page."""

from __future__ import annotations

from collections.abc import Mapping

from quantgate.evals.claims.types import ClaimDecision, ClaimVerdict
from quantgate.evals.decision.types import ReleaseVerdict, StratumFigures
from quantgate.evals.text import one_line
from quantgate.reports.html.page import figure_markup, render
from quantgate.reports.plots import canvas
from quantgate.reports.plots.forest import ForestRow, draw_forest
from quantgate.reports.words.claim import CLAIM_COLUMNS, claim_cells, details, sentence, unjudged_sentence
from quantgate.reports.words.facts import Box, TaskFact
from quantgate.reports.words.numbers import NONE, signed
from quantgate.reports.words.palette import verdict_word
from quantgate.reports.words.titles import on_tasks

_WORDS = {ReleaseVerdict.PASS: "shown", ReleaseVerdict.INCONCLUSIVE: "not shown"}
"""What the sentences call a claim that passes, and one that cannot be told; the others have the verdict's own words."""


def claim_html(verdict: ClaimVerdict, *, command: str, created: str, software: Mapping[str, str]) -> str:
    """The page of a judgement.

    Raises
    ------
    UsageError
        When matplotlib, which draws the plot, is not installed.
    """
    canvas.need_matplotlib("--html")
    rows = [row for task in verdict.tasks if (row := _forest_row(task)) is not None]
    said = " ".join(sentence(task) for task in verdict.tasks)
    wide, narrow = (draw_forest(rows, wide=wide) for wide in (True, False))
    return render(
        "claim.html.j2",
        title=f"Published accuracies{on_tasks([task.task for task in verdict.tasks])}",
        box=_box(verdict),
        drawn=bool(rows),
        forest_wide=figure_markup(canvas.inline_svg(wide, "wide", said)),
        forest_narrow=figure_markup(canvas.inline_svg(narrow, "narrow", said)),
        columns=CLAIM_COLUMNS,
        rows=[(claim_cells(task), task.verdict) for task in verdict.tasks],
        reasons=[
            *((sentence(task), details(task)) for task in verdict.tasks),
            *((unjudged_sentence(row), []) for row in verdict.unjudged),
        ],
        command=command,
        created=created,
        software=software,
    )


def _box(verdict: ClaimVerdict) -> Box:
    """The sentence of the first claim that made the verdict what it is, and the numbers of all."""
    first = next((task for task in verdict.tasks if task.verdict.value == verdict.verdict.value), verdict.tasks[0])
    others = len(verdict.tasks) - 1
    code = verdict.verdict.exit_code
    missing = sum(row.counts for row in verdict.unjudged)
    return Box(
        verdict.verdict,
        _WORDS.get(verdict.verdict, verdict_word(verdict.verdict)),
        sentence(first),
        [_fact(task) for task in verdict.tasks],
        lines=[
            *([f"What decided of {others} more stands below."] if others else []),
            *([f"Rows of the card that could not be judged: {missing}; with them nothing passes."] if missing else []),
            f"Verdict: {verdict_word(verdict.verdict)} (exit code {code}), by the printed numbers alone: no "
            "answers were seen.",
        ],
    )


def _fact(task: ClaimDecision) -> TaskFact:
    repeats = f" × {task.repeats}" if task.repeats > 1 else ""
    difference = NONE if task.difference is None else f"{signed(task.difference)} points"
    return TaskFact(
        task.task,
        task.verdict,
        f"{task.items:,}{repeats}",
        one_line(task.baseline, 16),
        one_line(task.candidate, 16),
        difference,
    )


def _forest_row(task: ClaimDecision) -> ForestRow | None:
    """The bounds in the worst case, which decide, with those in the best; `None` of numbers that cannot be."""
    lower, upper, difference = task.lower_worst, task.upper_worst, task.difference
    if lower is None or upper is None or difference is None:
        return None
    figures = StratumFigures(
        stratum=task.task,
        items=task.items,
        baseline=float(task.baseline),
        candidate=float(task.candidate),
        difference=difference,
        lower=lower,
        upper=upper,
        verdict=task.verdict,
    )
    best = None if task.lower_best is None or task.upper_best is None else (task.lower_best, task.upper_best)
    return ForestRow(task.task, figures, task.zone, advisory=False, descriptive=best)
