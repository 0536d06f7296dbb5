"""What `quantgate doctor` found, line by line on the terminal."""

from __future__ import annotations

from rich.console import Console
from rich.text import Text

from quantgate.evals.runs.observation import Health, Observation
from quantgate.evals.text import one_line, printable

_LONGEST = 4000
_MARK = {Health.GOOD: ("✓", "green"), Health.NOTE: ("·", "yellow"), Health.BAD: ("✗", "red")}


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
