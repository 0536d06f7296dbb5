"""What a run directory holds: the samples that count, by columns, and each of them whole where it is asked for."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np

from quantgate.evals.contract.records import Sample, SampleKey
from quantgate.evals.errors import RunDirectoryError
from quantgate.evals.samples.batch import Line, columns_of
from quantgate.evals.samples.columns import Columns, Ints, Look
from quantgate.evals.samples.found import NO_DAMAGE, Damage, Lines
from quantgate.evals.samples.lines import parse_line


class Source(Protocol):
    """Gives samples whole, by where their lines are."""

    def samples(self, starts: Ints, lengths: Ints) -> Iterator[Sample]:
        """The samples of some lines, in that order."""
        ...


@dataclass(frozen=True, slots=True)
class FromFile:
    """Samples whose lines stand in a file."""

    file: Path

    def samples(self, starts: Ints, lengths: Ints) -> Iterator[Sample]:
        """Raises RunDirectoryError when the file has changed meanwhile."""
        if not len(starts):
            return  # there need not be a file
        with self.file.open("rb") as stream:
            for start, length in zip(starts.tolist(), lengths.tolist(), strict=True):
                stream.seek(start)
                try:
                    yield parse_line(stream.read(length))[1]
                except ValueError as error:
                    raise RunDirectoryError(
                        f"{self.file} has changed while it was read ({error}): give the command again"
                    ) from None


@dataclass(frozen=True, slots=True)
class FromMemory:
    """Samples that are there already; their place stands for their line's."""

    held: Sequence[Sample]

    def samples(self, starts: Ints, lengths: Ints) -> Iterator[Sample]:
        return (self.held[place] for place in starts.tolist())


@dataclass(frozen=True, slots=True, eq=False)
class Held:
    """The samples that count: of each task, item and repeat the last one, in the order in which the keys first occur.

    `lines` has all that were read, `indexed` says that an index holds nearly all of them.
    """

    columns: Columns
    source: Source
    lines: Lines
    indexed: bool = False

    @property
    def damage(self) -> Damage:
        return self.lines.damage

    def samples(self, rows: Sequence[int] | None = None) -> Iterator[Sample]:
        """The samples of some rows of `columns`, whole, or all of them; one at a time in memory."""
        chosen = slice(None) if rows is None else np.asarray(rows, dtype=np.intp)
        return self.source.samples(self.columns.start[chosen], self.columns.length[chosen])

    def sample(self, row: int) -> Sample:
        """The sample of one row of `columns`, whole."""
        return next(self.samples([row]))


def held_of(lines: Lines, source: Source, regrades: Collection[str]) -> Held:
    """What counts of the lines of a file: none of a regrade but those of `regrades`, and the last one of each key."""
    columns = lines.columns
    unknown = [code for code, name in enumerate(columns.regrade.names) if name not in regrades]
    if unknown:
        columns = columns.take(~np.isin(columns.regrade.codes, unknown))
    return Held(columns.last_of_each_key(), source, lines)


def held_in_memory(samples: Mapping[SampleKey, Sample], look: Look | None = None) -> Held:
    """Samples that were never in a file, as what is held; `look` sees the signs in their texts."""
    lines = [Line(sample, start=place) for place, sample in enumerate(samples.values())]
    columns = columns_of(lines, look)
    return Held(columns, FromMemory([line.sample for line in lines]), Lines(columns, len(lines), 0, NO_DAMAGE))
