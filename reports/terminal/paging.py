"""Lines on the terminal: through the user's pager where they do not fit on it, and quiet when the reader goes away."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterable, Iterator
from contextlib import suppress
from itertools import chain

from rich.cells import cell_len
from rich.color import ColorSystem
from rich.console import Console
from rich.text import Text

from quantgate.evals.text import unbroken

_SYSTEMS = {"standard": ColorSystem.STANDARD, "256": ColorSystem.EIGHT_BIT, "truecolor": ColorSystem.TRUECOLOR}


def show_lines(console: Console, lines: Iterable[Text], *, paged: bool = True) -> None:
    """Print lines as they come, none of them a command to the terminal or a CI service.

    Where they are more than a terminal has, `$PAGER` gets them, `less -R` unless it is set.
    """
    rendered = _rendered(console, lines)
    command = _pager() if paged and console.is_terminal and sys.stdin.isatty() else None
    if command is None:
        _write(console, rendered)
        return
    first, rows = [], 0
    for line, height in rendered:
        first.append((line, height))
        rows += height
        if rows >= console.height:
            _page(command, chain(first, rendered))
            return
    _write(console, first)


def _rendered(console: Console, lines: Iterable[Text]) -> Iterator[tuple[str, int]]:
    """Each line with its colours, and how many rows of the terminal it takes."""
    system = _SYSTEMS.get(console.color_system or "")
    for line in lines:
        if not line.plain.isprintable():
            line.plain = unbroken(line.plain)
        parts = [
            segment.text if segment.style is None else segment.style.render(segment.text, color_system=system)
            for segment in Text().append_text(line).render(console)
        ]
        yield "".join(parts), max(1, -(-cell_len(line.plain) // console.width))


def _write(console: Console, lines: Iterable[tuple[str, int]]) -> None:
    try:
        for line, _ in lines:
            console.file.write(f"{line}\n")
        console.file.flush()
    except BrokenPipeError:
        # What is still in Python's own buffer must find somebody who takes it when the process ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _pager() -> list[str] | None:
    """The command of the pager; `None` where there is none, or it would only copy."""
    try:
        command = shlex.split(os.environ.get("PAGER", "less"))
    except ValueError:
        return None
    if not command or command[0] == "cat" or os.environ.get("TERM") == "dumb" or shutil.which(command[0]) is None:
        return None
    return [*command, "-R"] if os.path.basename(command[0]) == "less" else command


def _page(command: list[str], lines: Iterable[tuple[str, int]]) -> None:
    pager = subprocess.Popen(command, stdin=subprocess.PIPE, text=True, encoding="utf-8", errors="backslashreplace")
    assert pager.stdin is not None
    try:
        with suppress(BrokenPipeError), pager.stdin as stream:
            for line, _ in lines:
                stream.write(f"{line}\n")
    except KeyboardInterrupt:
        pass  # the pager has seen it too, and is for the user to leave
    while True:
        try:
            pager.wait()
            return
        except KeyboardInterrupt:
            continue
