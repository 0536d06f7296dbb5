"""Warnings on standard error, so that what is printed for programs stays what it is."""

from __future__ import annotations


def notice(text: str) -> None:
    """Print a warning on standard error."""
    from rich.text import Text

    from quantgate.evals.text import printable
    from quantgate.reports.terminal.console import progress_console

    progress_console().print(Text(f"warning: {printable(text)}"), soft_wrap=True)
