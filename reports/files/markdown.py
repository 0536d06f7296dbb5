"""A decision as a short Markdown text, for a pull request or a job's summary."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from quantgate.evals.decision.comparison import Comparison
from quantgate.evals.decision.types import ReleaseVerdict, TaskDecision, Verdict
from quantgate.reports.files.character_plot import character_plot
from quantgate.reports.files.markdown_flips import flips_markdown
from quantgate.reports.files.markdown_text import markdown_code, markdown_text
from quantgate.reports.words import numbers
from quantgate.reports.words.calls import NOTE, call_tables
from quantgate.reports.words.divergences import divergence_lines
from quantgate.reports.words.facts import told_builds
from quantgate.reports.words.fidelity import apart_lines, fidelity_lines
from quantgate.reports.words.flipped import flipped
from quantgate.reports.words.headline import (
    awaited_lines,
    comparison_headline,
    headline,
    recommendation,
    whole_verdict,
)
from quantgate.reports.words.looks import looks_lines
from quantgate.reports.words.notes import blocks_a_pass, paired_lines, pooled_note, suite_notes
from quantgate.reports.words.palette import MARK, verdict_word
from quantgate.reports.words.row import Cells, relative_note, task_cells
from quantgate.reports.words.settling import settling
from quantgate.reports.words.suites import suite_lines
from quantgate.reports.words.targets import shared_target, target_lines

_MOST_ROWS = 200
"""GitHub takes a comment of 65,536 characters and a summary of a megabyte."""


def gate_markdown(verdict: Verdict) -> str:
    """The verdict, what decided it, the table, the plot in characters, findings, and how to decide it again."""
    title = f"{markdown_text(verdict.candidate.label, 60)} against {markdown_text(verdict.baseline.label, 60)}"
    lines = [
        f"### {_status(verdict.verdict)}: {title}",
        "",
        f"{markdown_text(headline(verdict), 1000)} {markdown_text(_builds(verdict), 1000)}",
        "",
        *_table(
            ("task", "items", "baseline", "candidate", "diff", "bounds", "margin", "recovery", "lost / won", "verdict"),
            (_gate_cells(row) for row in verdict.rows),
        ),
        *_bullets(suite_lines(verdict.asked_suite)),
        *_plot([(row.task, row) for row in verdict.rows]),
        *_calls(verdict),
        *_findings((task.task, task) for task in verdict.tasks),
        *_bullets(f"{row.task}: {line}" for row in verdict.rows for line in paired_lines(row)),
        *_bullets(f"Note: {name}: {note.text}." for name, note in suite_notes(verdict.suite)),
        *_bullets(f"{row.task}: {line}" for row in verdict.rows for line in (*looks_lines(row), *target_lines(row))),
        *_bullets(f"{row.task}: {line}" for row in verdict.rows for line in (*fidelity_lines(row), *apart_lines(row))),
        *_bullets([f"Note: {note}."] if (note := pooled_note(verdict)) else []),
        *_bullets(f"To settle it: {line}" for line in settling(verdict.rows)),
        *flips_markdown(flipped(verdict)),
        *_footer(verdict.command, verdict.created),
    ]
    return "\n".join(lines).rstrip() + "\n"


_COMPARED = (
    *("task", "items", "baseline", "format's", "diff", "bounds", "margin"),
    *("task's verdict", "format's verdict"),
)


def comparison_markdown(comparison: Comparison) -> str:
    """The verdict over all formats, a row a format and task, the plot in characters, and findings."""
    priced = comparison.priced
    columns = ["format", *([markdown_text(comparison.cost_unit or "cost", 30)] if priced else [])]
    rows = []
    for build in comparison.formats:
        star = " ★" if build.name in comparison.cheapest else ""
        cost = [numbers.NONE if build.cost is None else f"{build.cost:g}"] if priced else []
        for task in build.rows:
            row = task_cells(task)
            figures = [row.asked, row.baseline, row.candidate, row.difference, row.bounds, row.margin]
            lead = [markdown_text(build.name, 60) + star, *cost, markdown_text(row.name, 60)]
            rows.append([*lead, *figures, _task_status(row), _status(build.verdict)])
    named = [(f"{build.name}: {row.task}", row) for build in comparison.formats for row in build.rows]
    count = len(comparison.formats)
    lines = [
        f"### {_status(comparison.verdict)}: {count} format{'' if count == 1 else 's'} against "
        f"{markdown_text(comparison.baseline.label, 60)}",
        "",
        markdown_text(
            f"{recommendation(comparison)} {comparison_headline(comparison)} {whole_verdict(comparison)}".rstrip(), 1500
        ),
        "",
        *_table((*columns, *_COMPARED), rows),
        *_bullets(suite_lines(comparison.asked_suite)),
        *_bullets(awaited_lines(comparison)),
        *_bullets([said] if (said := shared_target([task for _, task in named])) else []),
        *_plot(named),
        *_calls(comparison),
        *_bullets(divergence_lines(comparison)),
        *_bullets(
            f"{build.name}: {row.named_reason}" for build in comparison.formats for row in build.rows if not row.passes
        ),
        *_bullets(
            f"{build.name}: {row.task}: {line}"
            for build in comparison.formats
            for row in build.rows
            for line in (*paired_lines(row), *looks_lines(row))
        ),
        *_findings((f"{build.name}: {task.task}", task) for build in comparison.formats for task in build.tasks),
        *flips_markdown([one for one in flipped(comparison) if one.fell]),
        *_footer(comparison.command, comparison.created),
    ]
    return "\n".join(lines).rstrip() + "\n"


def _builds(verdict: Verdict) -> str:
    return told_builds((verdict.baseline, verdict.candidate), shared_target(verdict.rows))


def _gate_cells(task: TaskDecision) -> list[str]:
    row = task_cells(task)
    return [
        markdown_text(row.name, 60) + (" (advisory)" if row.advisory else ""),
        row.asked,
        row.baseline,
        row.candidate,
        row.difference,
        row.bounds,
        row.margin,
        row.recovery,
        row.flips,
        _task_status(row),
    ]


def _task_status(row: Cells) -> str:
    return row.status + (" (blocked)" if row.blocked else "")


def _table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """A table of cells that are Markdown already."""
    cells = list(rows)
    if not cells:
        return []
    words = {"task", "format", "verdict", "task's verdict", "format's verdict"}
    lines = [_joined(columns), _joined(["---" if column in words else "---:" for column in columns])]
    lines += [_joined(row) for row in cells[:_MOST_ROWS]]
    left = len(cells) - _MOST_ROWS
    return [*lines, "", *([f"{left:,} more rows are in the JSON.", ""] if left > 0 else [])]


def _calls(decision: Verdict | Comparison) -> list[str]:
    """The verifiers' figures of tool calls, a table a task."""
    lines: list[str] = []
    for table in call_tables(decision):
        names = [f"{markdown_text(table.task, 60)}: tool calls", *(markdown_text(name, 40) for name in table.columns)]
        rows = ([markdown_text(name, 80), *cells] for name, *cells in table.rows)
        lines += _table(names, rows)
    return [*lines, NOTE, ""] if lines else []


def _joined(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def _status(verdict: ReleaseVerdict) -> str:
    return f"{MARK[verdict.value]} {verdict_word(verdict.value)}"


def _plot(rows: Sequence[tuple[str, TaskDecision]]) -> list[str]:
    plot = character_plot(rows[:_MOST_ROWS])
    legend = "points; `░` within the margin, `━` the bounds that decide"
    told = [legend, *filter(None, [relative_note(task for _, task in rows)])]
    return ["```text", plot, "```", "", *(line for said in told for line in (said, ""))] if plot else []


def _findings(rows: Iterable[tuple[str, TaskDecision]]) -> list[str]:
    return _bullets(
        f"{'■ blocks a pass' if blocks_a_pass(task, finding) else '▲ warning'}: {name}: {finding.message}"
        for name, task in rows
        for finding in task.findings
    )


def _bullets(texts: Iterable[str]) -> list[str]:
    lines = [f"- {markdown_text(text, 500)}" for text in texts][:_MOST_ROWS]
    return [*lines, ""] if lines else []


def _footer(command: str, created: str) -> list[str]:
    lines = [f"Decide it again: {markdown_code(command)}"] if command else []
    return [*lines, *(["", f"Decided {markdown_text(created, 40)}."] if created else [])]
