"""Warnings on standard error, so that what is printed for programs stays what it is."""

from __future__ import annotations

from collections.abc import Iterable


def notice(text: str) -> None:
    """Print a warning on standard error."""
    from rich.text import Text

    from quantgate.evals.text import printable
    from quantgate.reports.terminal.console import progress_console

    progress_console().print(Text(f"warning: {printable(text)}"), soft_wrap=True)


def note(texts: Iterable[str]) -> None:
    """Print what the user may not have meant, on standard error."""
    from rich.text import Text

    from quantgate.evals.text import printable
    from quantgate.reports.terminal.console import progress_console

    for text in texts:
        progress_console().print(Text(f"note: {printable(text)}"), soft_wrap=True)
