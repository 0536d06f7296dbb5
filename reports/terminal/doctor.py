"""What `quantgate doctor` found, line by line on the terminal."""

from __future__ import annotations

from collections.abc import Sequence

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from quantgate.evals.runs.conformance_types import Checked, Outcome
from quantgate.evals.runs.observation import Health, Observation
from quantgate.evals.text import one_line, printable

_LONGEST = 4000
_MARK = {Health.GOOD: ("✓", "green"), Health.NOTE: ("·", "yellow"), Health.BAD: ("✗", "red")}
_OUTCOME = {
    Outcome.PASS: ("✓", "green"),
    Outcome.FAIL: ("✗", "red"),
    Outcome.NOT_SUPPORTED: ("–", "yellow"),
    Outcome.UNKNOWN: ("?", "yellow"),
}


def print_conformance(console: Console, checked: Sequence[Checked]) -> None:
    """A row for each check: how it came out, what was seen, and what it means for a gate where it did not pass."""
    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    for name in ("check", "outcome", "seen", "means for a gate"):
        table.add_column(name, overflow="fold", no_wrap=name in ("check", "outcome"))
    for each in checked:
        mark, style = _OUTCOME[each.outcome]
        means = "" if each.outcome is Outcome.PASS else each.check.means
        outcome = Text(f"{mark} {each.outcome.value}", style=style)
        table.add_row(Text(each.check.name), outcome, Text(one_line(each.seen, _LONGEST)), Text(means))
    console.print(table)
    unfit = [each.check.name for each in checked if each.is_unfit]
    if unfit:
        console.print(Text(f"not fit to be asked: {', '.join(unfit)} must not fail, whatever the task"), soft_wrap=True)


def print_observation(console: Console, observation: Observation) -> None:
    """One line: mark, subject, what was found; below it what that was found out by, whole unless it is endless."""
    mark, style = _MARK[observation.health]
    line = Text.assemble((mark, style), f" {observation.subject}: ", one_line(observation.text, _LONGEST))
    console.print(line, soft_wrap=True)
    for name, text in observation.details:
        shown = printable(text[:_LONGEST]).strip().split("\n")
        if len(text) > _LONGEST:
            shown.append(f"({len(text):,} characters, of which these are the first {_LONGEST:,})")
        console.print(Text(f"    {name}: {shown[0]}", style="dim"), soft_wrap=True)
        for more in shown[1:]:
            console.print(Text(f"      {more}", style="dim"), soft_wrap=True)
