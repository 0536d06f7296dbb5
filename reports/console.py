"""The consoles that reports are printed to."""

from __future__ import annotations

import os
import sys

from rich.console import Console

_WIDE = 160


def output_console() -> Console:
    """Standard output; a file, a pipe or a CI log has no width, so tables are not squeezed into 80 columns there."""
    return Console(width=None if sys.stdout.isatty() or "COLUMNS" in os.environ else _WIDE)


def progress_console() -> Console:
    """Standard error, where progress and notices go."""
    return Console(stderr=True, width=None if sys.stderr.isatty() or "COLUMNS" in os.environ else _WIDE)
