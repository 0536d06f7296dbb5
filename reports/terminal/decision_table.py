"""A gate's decision on the terminal: one row a task, and the sentences that decided."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table
from rich.text import Text

from quantgate.evals.checks.finding import Severity
from quantgate.evals.decision.types import ReleaseVerdict, StratumFigures, TaskDecision, TaskVerdict, Verdict
from quantgate.evals.text import one_line
from quantgate.reports.words.numbers import losses_and_gains, percent, signed
from quantgate.reports.words.palette import MARK, VERDICT_ROLE, verdict_word

_STYLE = {
    "pass": "green",
    "regressed": "red",
    "inconclusive": "yellow",
    "invalid": "magenta",
}


def print_verdict(console: Console, verdict: Verdict) -> None:
    """Print the table, the sentences and the verdict with its exit code."""
    baseline, candidate = one_line(verdict.baseline.label, 40), one_line(verdict.candidate.label, 40)
    console.print(decision_table(f"{candidate} against {baseline}", [(None, task) for task in verdict.tasks]))
    for task in verdict.tasks:
        console.print(_sentence(task.reason), soft_wrap=True)
        for note in (*flag_notes(task), *description_notes(task)):
            console.print(_sentence(f"note: {note}"), soft_wrap=True)
    for reason in verdict.reasons:
        if reason not in {task.reason for task in verdict.tasks}:
            console.print(_sentence(reason), soft_wrap=True)
    console.print(verdict_line(verdict.verdict))


def decision_table(title: str, rows: list[tuple[str | None, TaskDecision]]) -> Table:
    """A table of decisions; rows with a build's name show it in a first column."""
    named = any(build is not None for build, _ in rows)
    table = Table(
        title=Text(title), title_justify="left", title_style="bold", box=None, pad_edge=False, padding=(0, 1, 0, 0)
    )
    columns = ["task", "items", "baseline", "candidate", "diff", "bounds", "margin", "lost/won", "verdict"]
    for column in (["build"] if named else []) + columns:
        words = column in ("build", "task", "verdict")
        table.add_column(column, justify="left" if words else "right", no_wrap=not words, overflow="fold")
    for build, task in rows:
        cells = [
            one_line(task.task, 30),
            f"{task.items:,}" + (f"×{task.repeats}" if task.repeats > 1 else ""),
            percent(task.baseline),
            percent(task.candidate),
            signed(task.difference),
            "—" if task.lower is None else f"{signed(task.lower)} to {signed(task.upper)}",
            f"{task.margin * 100:g}",
            losses_and_gains(task).replace(" ", ""),
        ]
        verdict = verdict_text(task.verdict)
        if task.tier == "advisory":
            verdict.append(" (advisory)")
        if task.blocked:
            verdict.append(" (blocked)")
        table.add_row(*([one_line(build or "", 24)] if named else []), *cells, verdict)
        for stratum in task.strata:
            table.add_row(*([""] if named else []), *_stratum_cells(stratum, task.margin))
    return table


def _stratum_cells(stratum: StratumFigures, margin: float) -> list[str | Text]:
    """A part of the task as a row of its own, which is shown and never decides."""
    return [
        f"· {one_line(stratum.stratum, 28)}",
        f"{stratum.items:,}",
        percent(stratum.baseline),
        percent(stratum.candidate),
        signed(stratum.difference),
        f"{signed(stratum.lower)} to {signed(stratum.upper)}",
        f"{margin * 100:g}",
        "—",
        verdict_text(stratum.verdict).append(" (advisory)"),
    ]


def verdict_text(verdict: TaskVerdict | ReleaseVerdict) -> Text:
    """A verdict as word, mark and colour: never by colour alone."""
    return Text(f"{MARK[verdict.value]} {verdict_word(verdict.value)}", style=_STYLE[VERDICT_ROLE[verdict.value]])


def verdict_line(verdict: ReleaseVerdict) -> Text:
    """The release's verdict and the exit code that goes with it."""
    return Text.assemble("verdict: ", verdict_text(verdict), f" (exit code {verdict.exit_code})")


def flag_notes(task: TaskDecision) -> list[str]:
    """A sentence for each finding and flag that a reader should act on."""
    notes = [
        ("this blocks a pass: " if finding.severity is Severity.BLOCKS else "") + finding.message
        for finding in task.findings
    ]
    return notes + flag_sentences(task)


def flag_sentences(task: TaskDecision) -> list[str]:
    """A sentence for each flag alone, for where findings stand by themselves."""
    notes = []
    if "missing_counted_against" in task.flags:
        notes.append("some answers are missing; they count against the candidate, as the policy allows")
    if "unconfirmed_among_tasks" in task.flags:
        notes.append("with so many tasks one such regression may be chance (Holm): it does not decide by itself")
    if "measurably_worse" in task.flags:
        notes.append("the candidate is measurably worse, though within the margin")
    if "superior" in task.flags:
        notes.append("the candidate is better than the baseline")
    if "cannot_pass_at_this_n" in task.flags:
        notes.append(f"{task.items} items cannot pass a margin of {task.margin * 100:g} points even without a flip")
    return notes


def description_notes(task: TaskDecision) -> list[str]:
    """What is told beside the decision: agreement, and where there is cause re-run noise and the errors of repeats."""
    if task.description is None:
        return []
    alike = task.description.agreement
    notes = [f"the same result in both builds on {alike.count:,} of {alike.n:,} samples ({alike.estimate:.1%})"]
    if (noise := task.description.noise) is not None:
        share = "" if noise.explained is None else f"; re-run noise explains {noise.explained:.0%} of the flips"
        notes.append(
            f"{noise.flips.count} items flip between the builds, {noise.noise.count} between two runs of the baseline: "
            f"an excess of {100 * noise.excess:+.2f} points ({100 * noise.low:+.2f} to {100 * noise.high:+.2f}){share}"
        )
    repeats = task.description.repeats
    if repeats is not None and repeats.new_questions is not None and repeats.same_questions is not None:
        new, same = repeats.new_questions, repeats.same_questions
        notes.append(
            f"for description: over new questions {100 * new.lower:+.2f} to {100 * new.upper:+.2f} points, on these "
            f"very questions asked again {100 * same.lower:+.2f} to {100 * same.upper:+.2f}"
        )
    return notes


def _sentence(text: str) -> Text:
    return Text(one_line(text, 600))
