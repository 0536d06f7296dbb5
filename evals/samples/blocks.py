"""A file of lines, block by block: whole lines only, and none that is longer than memory should bear."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

_BLOCK = 4 << 20
MOST_LINE = 256 << 20
"""A longer line was never one answer; it is passed over without being held."""
_NEWLINE = 10


@dataclass(frozen=True, slots=True)
class Block:
    """Whole lines that follow one another: their bytes, and the place in the file where they begin and end.

    `starts` and `ends` have the same of each line within the bytes. `data` is `None` for a line that is too long.
    """

    data: bytes | None
    start: int
    end: int
    starts: NDArray[np.int64]
    ends: NDArray[np.int64]


def blocks(stream: BinaryIO, size: int = _BLOCK, most: int = MOST_LINE) -> Iterator[Block]:
    """The lines from where a stream stands. A last one without its end, as a power cut leaves it, is passed over."""
    start = stream.tell()
    held: list[bytes] = []
    waiting = 0
    while read := stream.read(size):
        first, last = read.find(b"\n") + 1, read.rfind(b"\n") + 1
        if not last:
            waiting += len(read)
            held = [*held, read] if waiting <= most else []
            continue
        if waiting + first > most:
            yield Block(None, start, start + waiting + first, np.zeros(1, np.int64), np.zeros(1, np.int64))
            start, held, waiting, begin = start + waiting + first, [], 0, first
        else:
            begin = 0
        if begin < last:
            data = b"".join([*held, read[begin:last]])
            ends = np.flatnonzero(np.frombuffer(data, np.uint8) == _NEWLINE).astype(np.int64) + 1
            starts = np.concatenate([np.zeros(1, np.int64), ends[:-1]])
            yield Block(data, start, start + len(data), starts, ends)
            start += len(data)
        held, waiting = [read[last:]], len(read) - last
