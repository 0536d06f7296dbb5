"""A decision as one HTML file: no script, nothing loaded, for a phone, a desk and paper, light and dark."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

from quantgate.evals.checks.lengths import LengthComparison
from quantgate.evals.decision.described import SettlingCurve
from quantgate.evals.decision.types import Decided, TaskDecision, TaskVerdict, Verdict
from quantgate.reports.html.charts import Chart, plot_entries
from quantgate.reports.html.flipped import flip_lists
from quantgate.reports.html.identity import identity_rows
from quantgate.reports.html.page import PlotEntry, figure_markup, render
from quantgate.reports.plots import canvas
from quantgate.reports.plots.by_length import draw_by_length, shown_length
from quantgate.reports.plots.forest import draw_forest, forest_rows, shapes_of
from quantgate.reports.plots.lengths import draw_lengths
from quantgate.reports.plots.power import draw_power, grows
from quantgate.reports.words.calls import NOTE, call_tables
from quantgate.reports.words.facts import Box, build_facts, task_facts
from quantgate.reports.words.fidelity import fidelity_lines, fidelity_of, part_rows, worst_lines
from quantgate.reports.words.flipped import flipped
from quantgate.reports.words.headline import headline, other_reasons
from quantgate.reports.words.looks import looks_lines
from quantgate.reports.words.notes import (
    WITHOUT_CUT,
    NoteKind,
    blocks_a_pass,
    described_notes,
    flag_notes,
    pooled_note,
    suite_notes,
)
from quantgate.reports.words.palette import verdict_word
from quantgate.reports.words.row import Cells, relative_note, strata_cells, task_cells
from quantgate.reports.words.settling import settling
from quantgate.reports.words.suites import suite_lines
from quantgate.reports.words.targets import shared_target, target_lines
from quantgate.reports.words.titles import gate_title

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def gate_html(verdict: Verdict) -> str:
    """The page of a gate's decision.

    Raises
    ------
    UsageError
        When matplotlib, which draws the plots, is not installed.
    """
    canvas.need_matplotlib("--html")
    rows = forest_rows(verdict.rows)
    said = headline(verdict)
    title = f"Differences with their bounds: {said}"
    wide, narrow = (draw_forest(rows, wide=wide) for wide in (True, False))
    return render(
        "gate.html.j2",
        verdict=verdict,
        suite=suite_lines(verdict.asked_suite),
        title=gate_title(verdict),
        box=_box(verdict, said),
        other_reasons=other_reasons(verdict),
        rows=_rows(verdict.rows),
        forest_wide=figure_markup(canvas.inline_svg(wide, "wide", title)),
        forest_narrow=figure_markup(canvas.inline_svg(narrow, "narrow", title)),
        shapes=shapes_of(verdict.rows),
        targets=[(row.task, line) for row in verdict.rows for line in (*looks_lines(row), *target_lines(row))],
        confidences=" and ".join(sorted({f"{100 * (1 - task.alpha):g}%" for task in verdict.rows})),
        strata=any(task.strata for task in verdict.decided),
        relative=relative_note(verdict.rows),
        findings=[
            (task.task, finding, blocks_a_pass(task, finding)) for task in verdict.tasks for finding in task.findings
        ],
        notes=[
            *[("all tasks", note) for note in [pooled_note(verdict)] if note],
            *[(name, note.text) for name, note in suite_notes(verdict.suite)],
            *[(task.task, note.text) for task in verdict.tasks for note in flag_notes(task)],
        ],
        described={task.task: _described(task) for task in verdict.tasks},
        flip_tables=[task for task in verdict.decided if task.flip_table is not None and fidelity_of(task) is None],
        fidelity=[
            (task.task, part_rows(told), fidelity_lines(task), worst_lines(told))
            for task in verdict.decided
            if (told := fidelity_of(task)) is not None
        ],
        any_noise=any(task.description and task.description.noise for task in verdict.decided),
        calls=call_tables(verdict),
        calls_note=NOTE,
        power=_power_plots(verdict.decided),
        by_length=_by_length_plots(verdict.decided),
        lengths=_length_plots(verdict.tasks),
        identity=identity_rows((verdict.baseline, verdict.candidate), verdict.policy, verdict.software),
        settling=settling(verdict.rows),
        flips=flip_lists(flipped(verdict)),
        software=verdict.software or verdict.candidate.software,
        created=verdict.created,
    )


def _box(verdict: Verdict, said: str) -> Box:
    return Box(
        verdict.verdict,
        verdict_word(verdict.verdict),
        said,
        task_facts(verdict.rows),
        verdict.baseline.label,
        verdict.candidate.label,
        [*_without_cut(verdict), *filter(None, [shared_target(verdict.rows)])],
        build_facts((verdict.baseline, verdict.candidate)),
    )


def _without_cut(verdict: Verdict) -> list[str]:
    """What remains of a regression without cut answers, which is the first thing that is asked of one."""
    regressed = [task for task in verdict.tasks if task.verdict is TaskVerdict.REGRESSED]
    several = len(verdict.tasks) > 1
    return [
        f"{task.task}: {finding.message}." if several else f"{finding.message}."
        for task in regressed
        for finding in task.findings
        if finding.code in WITHOUT_CUT
    ]


def _described(task: TaskDecision) -> list[str]:
    """What the terminal tells beside the decision, but for what has places of its own."""
    elsewhere = (NoteKind.NOISE, NoteKind.TARGET, NoteKind.LOOK, NoteKind.LOOKS, NoteKind.FIDELITY)
    return [note.text for note in described_notes(task) if note.kind not in elsewhere]


def _rows(tasks: Sequence[TaskDecision]) -> list[tuple[Cells, list[Cells]]]:
    """Each task's cells, with those of its strata."""
    return [(task_cells(task), strata_cells(task)) for task in tasks]


def _power_plots(tasks: Sequence[Decided]) -> list[PlotEntry]:
    return plot_entries(
        "power",
        [
            Chart(task.task, _power_caption(task.precision), partial(_draw_power, task))
            for task in tasks
            if task.precision is not None
        ],
    )


def _draw_power(task: Decided, width: int) -> Figure | None:
    return draw_power(task, width=width)


def _power_caption(precision: SettlingCurve) -> str:
    here, unit = grows(precision, precision.here), precision.over
    told = (
        f"With {here:,} {unit} the lower bound lies {100 * precision.here.half_width:.2f} points below the difference."
    )
    if precision.room <= 0:
        return f"{told} The difference itself is at the margin or beyond: narrower bounds would not make it pass."
    told += f" To pass at this difference it may lie {100 * precision.room:.2f} points below."
    if precision.settles is None:
        return f"{told} No number shown here gets there." if precision.here.half_width >= precision.room else told
    return f"{told} About {grows(precision, precision.settles):,} {unit} get there."


def _by_length_plots(tasks: Sequence[Decided]) -> list[PlotEntry]:
    return plot_entries(
        "context",
        [
            Chart(task.task, _by_length_caption(task), partial(_draw_by_length, task))
            for task in tasks
            if len(task.by_length) > 1
        ],
    )


def _draw_by_length(task: Decided, width: int) -> Figure | None:
    return draw_by_length(task, width=width)


def _by_length_caption(task: Decided) -> str:
    told = ", ".join(
        f"{shown_length(row.length)} {100 * row.baseline.score:.1f} and {100 * row.candidate.score:.1f}"
        for row in task.by_length
    )
    bounds = f"{100 * (1 - task.by_length[0].alpha):g}%"
    return (
        f"Percent of the baseline and of the candidate: {told}. Bars reach from the lower to the upper bound of a "
        f"build's own score, each with {bounds} confidence. "
        "Both answer the same questions, so they may differ though their bars overlap."
    )


def _length_plots(tasks: Sequence[TaskDecision]) -> list[PlotEntry]:
    return plot_entries(
        "lengths",
        [
            Chart(task.task, _length_caption(task.lengths), partial(_draw_lengths, task))
            for task in tasks
            if task.lengths is not None and task.lengths.vary
        ],
    )


def _draw_lengths(task: TaskDecision, width: int) -> Figure | None:
    return draw_lengths(task, width=width)


def _length_caption(told: LengthComparison) -> str:
    ours, theirs, middle = told.baseline, told.candidate, told.median_ratio
    medians = (
        f"Median {ours.median:,.0f} tokens in both builds"
        if ours.median == theirs.median and not middle.spread
        else f"Median {ours.median:,.0f} tokens in the baseline, {theirs.median:,.0f} in the candidate: "
        f"{middle.estimate:.2f} times as long (95% interval {middle.low:.2f} to {middle.high:.2f})"
    )
    return (
        f"{medians}. Mean {ours.mean:,.0f} and {theirs.mean:,.0f}; one answer in twenty is longer than "
        f"{ours.p95:,.0f} and {theirs.p95:,.0f}."
    )
