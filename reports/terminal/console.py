"""The consoles that reports are printed to: what was meant as one line is one, and nothing is a command.

A CI service reads commands from the log: a line that begins with `::error::` marks the build.
"""

from __future__ import annotations

import os
import re
import sys
from io import TextIOWrapper
from typing import IO, Any, cast

from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from quantgate.evals.text import unbroken, without_commands

_WIDE = 160
_COMMAND = re.compile("`[^`]*`")
_HELD = "\ue000"
"""Stands for a space at which no line ends, while lines are made."""


class _Lines:
    """A stream to which no command of a CI service is written."""

    def __init__(self, stream: IO[str]) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        return self._stream.write(without_commands(text))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


class _SafeConsole(Console):
    """A console for text from anywhere; a `Text` that is printed is one line.

    One that may be as long as it likes ends between two words where a terminal is narrower.
    """

    def print(self, *objects: Any, **options: Any) -> None:
        for one in objects:
            if isinstance(one, Text) and not one.plain.isprintable():
                one.plain = unbroken(one.plain)
        if options.get("soft_wrap") and self.is_terminal:
            objects = tuple(self._wrapped(one) if isinstance(one, Text) else one for one in objects)
        super().print(*objects, **options)

    def _wrapped(self, text: Text) -> Text:
        """Its lines; a command or a path that is to be copied is left to the terminal where it has no room on one."""
        held = text.copy()
        held.plain = _COMMAND.sub(lambda found: found[0].replace(" ", _HELD), text.plain)
        if max(map(cell_len, held.plain.split(" "))) > self.width:
            return text
        lines = Text("\n").join(line for line in held.wrap(self, self.width))
        lines.plain = lines.plain.replace(_HELD, " ")
        return lines


class _OutputConsole(_SafeConsole):
    """A console that goes on in silence when its reader has gone (`| head`): the exit code stays the verdict."""

    def on_broken_pipe(self) -> None:
        self.quiet = True
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def output_console() -> Console:
    """Standard output; a file, a pipe or a CI log has no width, so tables are not squeezed into 80 columns there."""
    return _OutputConsole(
        file=_safe(sys.stdout), width=None if sys.stdout.isatty() or "COLUMNS" in os.environ else _WIDE
    )


def progress_console() -> Console:
    """Standard error, where progress and notices go."""
    return _SafeConsole(file=_safe(sys.stderr), width=None if sys.stderr.isatty() or "COLUMNS" in os.environ else _WIDE)


def plain_console(stream: IO[str], width: int) -> Console:
    """What is printed as plain text for so many columns, wherever it is shown then."""
    lines = cast("IO[str]", _Lines(stream))
    return _SafeConsole(file=lines, width=width, color_system=None, force_terminal=False, force_jupyter=False)


def _safe(stream: IO[str]) -> IO[str]:
    if isinstance(stream, TextIOWrapper):
        stream.reconfigure(errors="replace")  # where the locale has no signs beyond ASCII, a line is no error
    return cast("IO[str]", _Lines(stream))
