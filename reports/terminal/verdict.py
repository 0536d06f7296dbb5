"""A gate's verdict on the terminal: the tables, and the sentences that decided."""

from __future__ import annotations

from rich.console import Console
from rich.text import Text

from quantgate.evals.decision.types import Verdict
from quantgate.evals.text import one_line
from quantgate.reports.terminal.calls import print_calls
from quantgate.reports.terminal.decision_table import decision_table, sentence, verdict_line
from quantgate.reports.terminal.flipped import print_flipped
from quantgate.reports.words.flips import flipped_tasks
from quantgate.reports.words.headline import headline, holds_line
from quantgate.reports.words.notes import described_notes, finding_notes, flag_notes, pooled_note, suite_notes
from quantgate.reports.words.suites import suite_lines
from quantgate.reports.words.targets import target_lines


def print_verdict(console: Console, verdict: Verdict, *, saved: bool = False) -> None:
    """Print the suite's sentence, where there is one, the table, the tasks' sentences and the verdict with its code."""
    baseline, candidate = one_line(verdict.baseline.label, 40), one_line(verdict.candidate.label, 40)
    if verdict.suite is not None:
        console.print(sentence(headline(verdict), 1200), soft_wrap=True)
    console.print(decision_table(f"{candidate} against {baseline}", [(None, row) for row in verdict.rows]))
    for line in suite_lines(verdict.asked_suite):
        console.print(sentence(line), soft_wrap=True)
    print_calls(console, verdict)
    for name, note in suite_notes(verdict.suite):
        console.print(sentence(f"{name}: {note.text}"), soft_wrap=True)
    if verdict.suite is not None:
        mean = verdict.suite.mean
        for line in target_lines(mean):
            console.print(sentence(f"{mean.task}: {line}"), soft_wrap=True)
    for task in verdict.tasks:
        console.print(sentence(task.named_reason), soft_wrap=True)
        for note in (*finding_notes(task), *flag_notes(task), *described_notes(task)):
            console.print(sentence(f"note: {note.text}"), soft_wrap=True)
    if (pooled := pooled_note(verdict)) is not None:
        console.print(sentence(f"note: {pooled}"), soft_wrap=True)
    if not any(row.required for row in verdict.rows):
        for reason in verdict.reasons:
            console.print(sentence(reason), soft_wrap=True)
    print_flipped(console, flipped_tasks(verdict.rows, verdict.verdict, verdict.named_folders))
    console.print(verdict_line(verdict.verdict, "gate" if saved else None))
    if verdict.holds is not None:
        console.print(Text(holds_line(verdict.verdict, verdict.holds)), soft_wrap=True)
