"""Keeps the last lines that a process says, so that they can be shown when it dies."""

from __future__ import annotations

import threading
from collections import deque
from typing import IO

_KEPT = 50


class Drained:
    """Reads a stream to its end in a thread."""

    def __init__(self, stream: IO[str]) -> None:
        self._lines: deque[str] = deque(maxlen=_KEPT)
        self._thread = threading.Thread(target=self._read, args=(stream,), daemon=True)
        self._thread.start()

    def _read(self, stream: IO[str]) -> None:
        for line in stream:
            if line.strip():
                self._lines.append(line.strip())

    def last_line(self) -> str:
        """The last line, once the stream has ended or a second has gone by; empty when there was none."""
        self._thread.join(1.0)
        return self._lines[-1] if self._lines else ""
