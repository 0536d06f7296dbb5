"""What `quantgate doctor` found, line by line on the terminal."""

from __future__ import annotations

from rich.console import Console
from rich.text import Text

from quantgate.evals.runs.observation import Health, Observation
from quantgate.evals.text import one_line

_MARK = {Health.GOOD: ("✓", "green"), Health.NOTE: ("·", "yellow"), Health.BAD: ("✗", "red")}


def print_observation(console: Console, observation: Observation) -> None:
    """One line: mark, subject, what was found."""
    mark, style = _MARK[observation.health]
    line = Text.assemble((mark, style), f" {observation.subject}: ", one_line(observation.text, 1000))
    console.print(line, soft_wrap=True)
