"""A comparison as one HTML file: formats by tasks, accuracy against cost, and what decided."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

from quantgate.evals.decision.comparison import Comparison, Format
from quantgate.evals.decision.types import ReleaseVerdict
from quantgate.reports.html.charts import Chart, plot_entries
from quantgate.reports.html.flipped import flip_lists
from quantgate.reports.html.identity import identity_rows
from quantgate.reports.html.page import PlotEntry, figure_markup, render
from quantgate.reports.plots import canvas
from quantgate.reports.plots.divergence import draw_divergence
from quantgate.reports.plots.forest import comparison_rows, draw_forest, shapes_of
from quantgate.reports.plots.tradeoff import draw_tradeoff
from quantgate.reports.words.calls import NOTE, call_tables
from quantgate.reports.words.divergences import divergence_rows, scored_tasks
from quantgate.reports.words.facts import Box, build_facts, task_facts
from quantgate.reports.words.flipped import flipped
from quantgate.reports.words.headline import awaited_lines, comparison_headline, recommendation, shipped, whole_verdict
from quantgate.reports.words.listed import listed
from quantgate.reports.words.looks import have_parts_of_alpha, looks_lines
from quantgate.reports.words.notes import blocks_a_pass, paired_lines
from quantgate.reports.words.palette import verdict_word
from quantgate.reports.words.row import relative_note, task_cells
from quantgate.reports.words.settling import settling
from quantgate.reports.words.suites import suite_lines
from quantgate.reports.words.targets import shared_target
from quantgate.reports.words.titles import comparison_title

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_MOST_SHIPPED = 3


def comparison_html(comparison: Comparison) -> str:
    """The page of a comparison.

    Raises
    ------
    UsageError
        When matplotlib, which draws the plots, is not installed.
    """
    canvas.need_matplotlib("--html")
    rows = comparison_rows(comparison)
    said = f"{recommendation(comparison)} {comparison_headline(comparison)}"
    wide, narrow = (draw_forest(rows, wide=wide) for wide in (True, False))
    tasks = comparison.rows
    return render(
        "compare.html.j2",
        comparison=comparison,
        suite=suite_lines(comparison.asked_suite),
        awaited=awaited_lines(comparison),
        title=comparison_title(comparison),
        box=_box(comparison),
        by_design=have_parts_of_alpha(task for build in comparison.formats for task in build.tasks),
        looks=[
            (f"{build.name}: {row.task}", line)
            for build in comparison.formats
            for row in build.rows
            for line in (*paired_lines(row), *looks_lines(row))
        ],
        tasks=tasks,
        priced=comparison.priced,
        unit=comparison.cost_unit or "cost",
        matrix=[
            (build, [next((task_cells(row) for row in build.rows if row.task == task), None) for task in tasks])
            for build in comparison.formats
        ],
        forest_wide=figure_markup(canvas.inline_svg(wide, "wide", said)),
        forest_narrow=figure_markup(canvas.inline_svg(narrow, "narrow", said)),
        shapes=shapes_of(row for build in comparison.formats for row in build.rows),
        relative=relative_note(task for build in comparison.formats for task in build.rows),
        calls=call_tables(comparison),
        calls_note=NOTE,
        tradeoff=_tradeoff(comparison, tasks),
        divergences=divergence_rows(comparison),
        scored=scored_tasks(comparison),
        against=_against_divergence(comparison, tasks),
        reasons=[
            (build.name, task.named_reason) for build in comparison.formats for task in build.rows if not task.passes
        ],
        findings=[
            (f"{build.name}: {task.task}", finding, blocks_a_pass(task, finding))
            for build in comparison.formats
            for task in build.tasks
            for finding in task.findings
        ],
        identity=identity_rows(
            (comparison.baseline, *(build.record for build in comparison.formats)),
            comparison.policy,
            comparison.software,
        ),
        builds=["baseline", *(build.name for build in comparison.formats)],
        settling=[f"{build.name}: {line}" for build in comparison.formats for line in settling(build.rows)],
        software=comparison.software or comparison.baseline.software,
        created=comparison.created,
        flips=flip_lists(flipped(comparison)),
    )


def _box(comparison: Comparison) -> Box:
    """What to ship where something passes, whatever became of the others."""
    passing = shipped(comparison)
    shown = passing or comparison.formats
    facts = [fact for build in shown for fact in task_facts(build.rows, build.name if len(shown) > 1 else "")]
    return Box(
        _verdict(comparison, passing),
        _word(comparison, passing),
        recommendation(comparison),
        facts,
        comparison.baseline.label,
        shown[0].name if len(shown) == 1 else "format",
        _lines(
            comparison_headline(comparison),
            whole_verdict(comparison),
            shared_target([task for build in comparison.formats for task in build.tasks]),
        ),
        build_facts((comparison.baseline, *(build.record for build in shown[:_MOST_SHIPPED]))),
    )


def _verdict(comparison: Comparison, passing: Sequence[Format]) -> ReleaseVerdict:
    """That of the format to ship, which the bounds that hold must agree with; of the whole where there is none."""
    if not passing:
        return comparison.verdict
    return ReleaseVerdict.PASS if all(build.agrees for build in passing) else ReleaseVerdict.INCONCLUSIVE


def _word(comparison: Comparison, passing: Sequence[Format]) -> str:
    if not passing:
        return verdict_word(comparison.verdict)
    if len(passing) > _MOST_SHIPPED:
        return f"Ship any of {len(passing)}"
    return f"Ship {listed([build.name for build in passing], 'or')}"


def _lines(*lines: str) -> list[str]:
    return [line for line in lines if line]


def _tradeoff(comparison: Comparison, tasks: Sequence[str]) -> list[PlotEntry]:
    caption = "Each format's difference with the bounds that decide, against what it costs; shaded: the margin."
    return plot_entries("tradeoff", [Chart(task, caption, partial(_draw, comparison, task)) for task in tasks])


def _against_divergence(comparison: Comparison, tasks: Sequence[str]) -> list[PlotEntry]:
    caption = "Each format's difference against its divergence, both with the bounds that decide; shaded: the margin."
    return plot_entries(
        "divergence", [Chart(task, caption, partial(_draw_divergence, comparison, task)) for task in tasks]
    )


def _draw_divergence(comparison: Comparison, task: str, width: int) -> Figure | None:
    return draw_divergence(comparison, task, width=width)


def _draw(comparison: Comparison, task: str, width: int) -> Figure | None:
    return draw_tradeoff(comparison, task, width=width)
