"""What `quantgate doctor` found, line by line on the terminal."""

from __future__ import annotations

from rich.console import Console
from rich.text import Text

from quantgate.evals.runs.doctor import Finding, Health
from quantgate.evals.text import one_line

_MARK = {Health.GOOD: ("✓", "green"), Health.NOTE: ("·", "yellow"), Health.BAD: ("✗", "red")}


def print_finding(console: Console, finding: Finding) -> None:
    """One line: mark, subject, what was found."""
    mark, style = _MARK[finding.health]
    console.print(Text.assemble((mark, style), f" {finding.subject}: ", one_line(finding.text, 200)), soft_wrap=True)
