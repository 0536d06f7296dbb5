"""The consoles that reports are printed to."""

from __future__ import annotations

import os
import sys

from rich.console import Console

_WIDE = 160


class _OutputConsole(Console):
    """A console that goes on in silence when its reader has gone (`| head`): the exit code stays the verdict."""

    def on_broken_pipe(self) -> None:
        self.quiet = True
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def output_console() -> Console:
    """Standard output; a file, a pipe or a CI log has no width, so tables are not squeezed into 80 columns there."""
    return _OutputConsole(width=None if sys.stdout.isatty() or "COLUMNS" in os.environ else _WIDE)


def progress_console() -> Console:
    """Standard error, where progress and notices go."""
    return Console(stderr=True, width=None if sys.stderr.isatty() or "COLUMNS" in os.environ else _WIDE)
