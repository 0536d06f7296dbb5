"""A file of lines that is only appended to, each line whole or not at all."""

from __future__ import annotations

import os
from pathlib import Path

from quantgate.evals.files import open_to_write, sync_folder

_BLOCK = 65536


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
