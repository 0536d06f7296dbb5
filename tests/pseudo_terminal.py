"""A terminal of a given size, in which a command runs that takes it for a real one; tells what is on its screen."""

from __future__ import annotations

import contextlib
import fcntl
import os
import pty
import select
import struct
import subprocess
import sys
import termios
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pyte

ROOT = Path(__file__).parents[1]
_ROWS = 200
_PATIENCE_S = 60


class PseudoTerminal:
    """What a command has written to its terminal, as a person would see it."""

    def __init__(self, columns: int, rows: int = _ROWS) -> None:
        self._ours, self._theirs = pty.openpty()
        self._screen = pyte.Screen(columns, rows)
        self._stream = pyte.ByteStream(self._screen)
        self.resize(columns, rows)

    def resize(self, columns: int, rows: int = _ROWS) -> None:
        """Give it another size, as a window that is dragged does."""
        fcntl.ioctl(self._theirs, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        self._screen.resize(rows, columns)

    def start(self, *arguments: str, **environment: str) -> subprocess.Popen[bytes]:
        """Start this Python in it."""
        surroundings = {name: value for name, value in os.environ.items() if name not in ("COLUMNS", "LINES")}
        return subprocess.Popen(
            [sys.executable, *arguments],
            cwd=ROOT,
            stdin=self._theirs,
            stdout=self._theirs,
            stderr=self._theirs,
            env={**surroundings, "TERM": "xterm-256color", "PYTHONPATH": str(ROOT), **environment},
            start_new_session=True,
        )

    @property
    def lines(self) -> list[str]:
        """The lines on the screen, without those below the last that says something."""
        # A character of double width is followed by an empty cell.
        return "\n".join(line.rstrip() for line in self._screen.display).rstrip().split("\n")

    @property
    def cursor_is_shown(self) -> bool:
        return not self._screen.cursor.hidden

    def read_until(self, seen: Callable[[], bool]) -> None:
        """Read what is written until something is seen, or nothing more will come."""
        while not seen():
            if not select.select([self._ours], [], [], _PATIENCE_S)[0]:
                raise TimeoutError("\n".join(["nothing more is written; on the screen is", *self.lines]))
            try:
                part = os.read(self._ours, 65536)
            except OSError:
                return
            self._stream.feed(part)

    def read_whole(self, process: subprocess.Popen[bytes]) -> list[str]:
        """The lines on the screen once a command has ended."""
        self.let_go()
        self.read_until(lambda: False)
        process.wait(60)
        return self.lines

    def let_go(self) -> None:
        """Leave its other end to those who run in it, so that it ends with them."""
        if self._theirs >= 0:
            os.close(self._theirs)
            self._theirs = -1

    def close(self) -> None:
        self.let_go()
        with contextlib.suppress(OSError):
            os.close(self._ours)


@contextmanager
def terminal(columns: int, rows: int = _ROWS) -> Iterator[PseudoTerminal]:
    opened = PseudoTerminal(columns, rows)
    try:
        yield opened
    finally:
        opened.close()
