"""A file of lines that is only appended to, each line whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from quantgate.evals.files import open_to_write, sync_folder

_BLOCK = 65536
_AT_ONCE = 1 << 20
"""Bytes of lines that are written together."""


class AppendedLines:
    """The file, open to be appended to, without what a kill may have left of a last line. Raises OSError."""

    def __init__(self, file: Path) -> None:
        self.descriptor = open_to_write(file, os.O_APPEND)
        try:
            self._cut_torn_line()
            sync_folder(file.parent)
        except BaseException:
            self.close()
            raise

    def append(self, line: bytes) -> None:
        """Write a line with its end. Raises OSError, leaving none of it, when the disk is full."""
        left = memoryview(line)
        end = os.fstat(self.descriptor).st_size
        try:
            while left:
                left = left[os.write(self.descriptor, left) :]
        except OSError:
            os.ftruncate(self.descriptor, end)
            raise

    def close(self) -> None:
        os.close(self.descriptor)

    def _cut_torn_line(self) -> None:
        end = os.fstat(self.descriptor).st_size
        whole = end
        while whole > 0:
            start = max(0, whole - _BLOCK)
            newline = os.pread(self.descriptor, whole - start, start).rfind(b"\n")
            if newline >= 0:
                whole = start + newline + 1
                break
            whole = start
        if whole != end:
            os.ftruncate(self.descriptor, whole)


class GatheredLines:
    """Lines that are written some hundreds at a time: nobody reads the folder before it is whole."""

    def __init__(self, lines: AppendedLines) -> None:
        self._lines = lines
        self._held: list[bytes] = []
        self._size = 0

    def append(self, line: bytes) -> None:
        """Take a line with its end. Raises OSError when the disk is full."""
        self._held.append(line)
        self._size += len(line)
        if self._size >= _AT_ONCE:
            self.flush()

    def flush(self) -> None:
        self._lines.append(b"".join(self._held))
        self._held.clear()
        self._size = 0


@contextmanager
def gathered_lines(file: Path) -> Iterator[GatheredLines]:
    """A file that is written some hundreds of lines at a time, and is on the disk at the end. Raises OSError."""
    lines = AppendedLines(file)
    gathered = GatheredLines(lines)
    try:
        yield gathered
        gathered.flush()
        os.fsync(lines.descriptor)
    finally:
        lines.close()
