"""The recovery table that quantizers publish in a model card, with what makes it checkable: n, bounds, verdict."""

from __future__ import annotations

from collections.abc import Sequence

from quantgate.evals.decision.types import Suite, TaskDecision, Verdict
from quantgate.reports.files.eval_results import eval_results_yaml
from quantgate.reports.files.markdown_text import markdown_code, markdown_text
from quantgate.reports.words import numbers
from quantgate.reports.words.headline import holds_line
from quantgate.reports.words.notes import mean_over
from quantgate.reports.words.palette import verdict_word
from quantgate.reports.words.row import relative_note, task_cells
from quantgate.reports.words.suites import suite_lines
from quantgate.reports.words.targets import shared_target

_COLUMNS = (
    "Benchmark",
    "n",
    "Repeats",
    "{baseline}",
    "{candidate} (this model)",
    "Recovery (%)",
    "Difference",
    "Bounds",
    "Margin",
    "Verdict",
)


def model_card(verdict: Verdict, *, with_yaml: bool = True, source_url: str | None = None) -> str:
    """The section of a model card; `with_yaml` adds the hub's `.eval_results` entries for the candidate."""
    labels = {
        "baseline": markdown_text(verdict.baseline.label, 40),
        "candidate": markdown_text(verdict.candidate.label, 40),
    }
    columns = [column.format_map(labels) for column in _COLUMNS]
    lines = ["## Accuracy", "", _joined(columns)]
    lines.append(_joined(["---", *["---:"] * (len(columns) - 2), "---"]))
    if verdict.suite is not None:
        lines.append(_joined(_suite_cells(verdict.suite, verdict.tasks)))
    lines += [_joined(_cells(task)) for task in verdict.tasks]
    lines += ["", *_explained(verdict), ""]
    if with_yaml:
        lines += [
            "For `.eval_results/quantgate.yaml` in this repository:",
            "",
            "```yaml",
            eval_results_yaml(verdict, source_url).replace("```", "'''").rstrip(),
            "```",
            "",
        ]
    return "\n".join(lines).rstrip() + "\n"


def _cells(task: TaskDecision) -> list[str]:
    row = task_cells(task, sign="")
    return [
        markdown_text(row.name, 60) + (" (advisory)" if row.advisory else ""),
        row.items,
        row.repeats,
        row.baseline,
        row.candidate,
        row.recovery,
        row.difference,
        row.bounds,
        row.margin,
        row.status + (", blocked" if row.blocked else ""),
    ]


def _suite_cells(suite: Suite, tasks: Sequence[TaskDecision]) -> list[str]:
    """The suite's row; it has no number of repeats where its tasks were asked unequally often."""
    cells = _cells(suite.mean)
    alike = len({task.repeats for task in tasks if task.task in suite.weights}) == 1
    return [*cells[:2], cells[2] if alike else numbers.NONE, *cells[3:]]


def _explained(verdict: Verdict) -> list[str]:
    levels = " and ".join(sorted({f"{100 * (1 - task.alpha):g}%" for task in verdict.rows})) or "95%"
    told = (
        "Scores in percent; difference, bounds and margin in points, this model minus the baseline, over the same "
        f"questions. Each bound holds with {levels} confidence; a task passes when the lower one lies above minus the "
        f"margin. Release verdict: **{verdict_word(verdict.verdict.value)}**."
    )
    lines = [" ".join(filter(None, (told, relative_note(verdict.rows), shared_target(verdict.rows))))]
    if verdict.holds is not None:
        lines.append(f"{holds_line(verdict.verdict, verdict.holds)} A bootstrap's confidence is nominal.")
    if verdict.suite is not None:
        lines.append(f"The {verdict.suite.mean.task} is {markdown_text(mean_over(verdict.suite), 700)}.")
    lines += [f"{markdown_text(line, 700)}." for line in suite_lines(verdict.asked_suite)]
    if verdict.command:
        lines.append(f"Measured with quantgate: {markdown_code(verdict.command)}")
    return lines


def _joined(cells: list[str]) -> str:
    return "| " + " | ".join(cells) + " |"
