"""Reads `samples.jsonl` by columns: what pyarrow takes at once, all else line by line; damage is told and not fatal."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import BinaryIO

import numpy as np

from quantgate.evals.samples.arrow import read_lines, suspicious
from quantgate.evals.samples.batch import Gathered, Line, columns_of
from quantgate.evals.samples.blocks import Block, blocks
from quantgate.evals.samples.columns import Bools, Columns, Lines, Look
from quantgate.evals.samples.damage import NO_DAMAGE, Damage
from quantgate.evals.samples.lines import parse_line

_FEW = 32
"""So few lines are read singly rather than halved again."""


def read(stream: BinaryIO, known: Lines | None = None, look: Look | None = None) -> Lines:
    """Read all whole lines of a file, those behind what is `known` where its beginning is.

    `look` is given the texts as they pass by, since they are not kept; of what is known it sees nothing.
    """
    gathered, damage, end, count = Gathered(looked=look is not None), NO_DAMAGE, 0, 0
    if known is not None:
        gathered.add(known.columns)
        damage, end, count = known.damage, known.end, known.count
    for part in parts(stream, end, count, look):
        for batch in part.batches:
            gathered.add(batch)
        damage = damage.and_then(part.damage)
        end, count = part.end, part.count
    return Lines(gathered.columns(), count, end, damage)


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """What some lines of a file hold that follow one another: samples by columns, in the order of the lines.

    `count` and `end` are the lines, damaged ones too, and the bytes from the file's beginning until there.
    """

    batches: tuple[Columns, ...]
    count: int
    end: int
    damage: Damage


def parts(stream: BinaryIO, end: int = 0, count: int = 0, look: Look | None = None) -> Iterator[Part]:
    """The whole lines of a file, some megabytes at a time, from where `count` lines of `end` bytes have been read."""
    stream.seek(end)
    for block in blocks(stream):
        found = _Found(block, count + 1, look)
        count += len(block.ends)
        batches = tuple(found.batches())
        yield Part(batches, count, block.end, found.damage())


class _Found:
    """What is in one block."""

    def __init__(self, block: Block, number: int, look: Look | None) -> None:
        self._block = block
        self._look = look
        self._number = number
        self._damaged: list[tuple[int, str]] = []

    def damage(self) -> Damage:
        if not self._damaged:
            return NO_DAMAGE
        first, reason = min(self._damaged)
        return Damage(len(self._damaged), first, reason)

    def batches(self) -> Iterator[Columns]:
        """The block's samples, in the order of their lines."""
        block = self._block
        if block.data is None:
            self._damaged.append((self._number, "it is too long"))
            return
        odd = suspicious(block.data, block.starts, block.ends)
        for begin, end, is_odd in _stretches(odd):
            yield from self._singly(begin, end) if is_odd else self._together(begin, end)

    def _together(self, begin: int, end: int) -> Iterator[Columns]:
        """The lines from one place to another, read at once, or in halves where that cannot be."""
        if end - begin <= _FEW or self._block.data is None:
            yield from self._singly(begin, end)
            return
        block = self._block
        starts, ends = block.starts[begin:end], block.ends[begin:end]
        data = self._block.data[int(starts[0]) : int(ends[-1])]
        found = read_lines(data, starts + block.start, ends - starts, self._look)
        if found is None:
            middle = (begin + end) // 2
            yield from self._together(begin, middle)
            yield from self._together(middle, end)
            return
        columns, sound = found
        for first, after, is_sound in _stretches(sound):
            if is_sound:
                yield columns if after - first == len(columns) else columns.take(np.arange(first, after))
            else:
                yield from self._singly(begin + first, begin + after)

    def _singly(self, begin: int, end: int) -> Iterator[Columns]:
        block, lines = self._block, []
        for place in range(begin, end):
            line = (block.data or b"")[int(block.starts[place]) : int(block.ends[place])]
            try:
                regrade, sample = parse_line(line)
            except ValueError as error:
                self._damaged.append((self._number + place, str(error)))
                continue
            lines.append(Line(sample, regrade, block.start + int(block.starts[place]), len(line)))
        if lines:
            yield columns_of(lines, self._look)


def _stretches(mask: Bools) -> Iterator[tuple[int, int, bool]]:
    """Where a mask is the same for a while: from, to, and what it is."""
    changes = np.flatnonzero(mask[1:] != mask[:-1]) + 1
    places = [0, *changes.tolist(), len(mask)]
    for begin, end in pairwise(places):
        yield begin, end, bool(mask[begin])
