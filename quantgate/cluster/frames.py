"""Messages as bytes: each frame a length and what was said since the last one, whatever pieces the bytes arrive in."""

from __future__ import annotations

import pickle
import struct
from collections.abc import Iterator, Sequence
from typing import Any

_LENGTH = struct.Struct("!Q")


def framed(messages: Sequence[Any]) -> bytes:
    """A frame of some messages."""
    body = pickle.dumps(list(messages), protocol=5)
    return _LENGTH.pack(len(body)) + body


class Frames:
    """Puts frames together from pieces.

    What is in them is taken for what it says it is: both ends are processes of one user, started by the run.
    """

    def __init__(self) -> None:
        self._pieces: list[bytes] = []
        self._held = 0
        self._wanted = _LENGTH.size
        self._has_length = False

    def feed(self, piece: bytes) -> Iterator[Any]:
        """The messages that are whole with one more piece."""
        self._pieces.append(piece)
        self._held += len(piece)
        while self._held >= self._wanted:
            whole = b"".join(self._pieces)
            part, rest = whole[: self._wanted], whole[self._wanted :]
            self._pieces, self._held = [rest], len(rest)
            if self._has_length:
                self._wanted, self._has_length = _LENGTH.size, False
                yield from pickle.loads(part)
            else:
                (self._wanted,), self._has_length = _LENGTH.unpack(part), True
