"""Lines on a terminal go through the user's pager when they do not fit, and end quietly when nobody reads on."""

from __future__ import annotations

import fcntl
import os
import pty
import shlex
import struct
import subprocess
import sys
import termios

import pytest

_PRINT = """
import sys
from rich.text import Text
from quantgate.reports.terminal.console import output_console
from quantgate.reports.terminal.paging import show_lines
show_lines(output_console(), (Text(f"line {number}") for number in range(int(sys.argv[1]))))
"""


def on_a_terminal(lines: int, rows: int = 24, **environment: str) -> tuple[int, str]:
    """Prints so many lines on a pseudo-terminal; the exit code, and what was seen there."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", rows, 80, 0, 0))
    known = {name: value for name, value in os.environ.items() if name not in ("PAGER", "COLUMNS", "LINES", "NO_COLOR")}
    process = subprocess.Popen(
        [sys.executable, "-c", _PRINT, str(lines)],
        stdin=theirs, stdout=theirs, stderr=theirs, env={**known, "TERM": "xterm", **environment},
    )  # fmt: skip
    os.close(theirs)
    seen = bytearray()
    try:
        while piece := os.read(ours, 65536):
            seen += piece
    except OSError:
        pass  # how Linux says that the other side is closed
    os.close(ours)
    return process.wait(timeout=30), seen.decode()


def pager(tmp_path, body: str) -> str:
    """A pager that says that it was called."""
    file = tmp_path / "the pager"
    file.write_text(f"#!/bin/sh\necho PAGED\n{body}\n")
    file.chmod(0o755)
    return shlex.quote(str(file))


def test_what_does_not_fit_goes_through_the_pager_whole(tmp_path):
    code, seen = on_a_terminal(50, PAGER=pager(tmp_path, "cat"))
    assert code == 0
    assert "PAGED" in seen
    assert [line for line in seen.split() if line.isdigit()] == [str(number) for number in range(50)]


def test_what_fits_is_printed(tmp_path):
    code, seen = on_a_terminal(20, PAGER=pager(tmp_path, "cat"))
    assert code == 0
    assert "PAGED" not in seen
    assert "line 19" in seen


@pytest.mark.parametrize("command", ["cat", "", "no-such-pager", "'unclosed"])
def test_without_a_pager_everything_is_printed(command):
    code, seen = on_a_terminal(50, PAGER=command)
    assert code == 0
    assert "line 0\r\n" in seen
    assert "line 49\r\n" in seen


def test_a_pager_that_is_left_early_ends_it_quietly(tmp_path):
    code, seen = on_a_terminal(50_000, PAGER=pager(tmp_path, "head -1"))
    assert (code, seen.split("\r\n")) == (0, ["PAGED", "line 0", ""])


def test_a_reader_of_a_pipe_that_goes_away_ends_it_quietly():
    command = f"{shlex.quote(sys.executable)} -c {shlex.quote(_PRINT)} 50000; echo code $? >&2"
    process = subprocess.run(["sh", "-c", f"({command}) | head -1"], capture_output=True, text=True, timeout=60)
    assert (process.stdout, process.stderr) == ("line 0\n", "code 0\n")


def test_signs_that_the_locale_does_not_have_end_nothing():
    command = [sys.executable, "-c", _PRINT.replace("line {", "│ {"), "1"]
    known = {**os.environ, "PYTHONIOENCODING": "ascii"}
    assert subprocess.run(command, capture_output=True, text=True, timeout=60, env=known).stdout == "? 0\n"
