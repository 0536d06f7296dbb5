"""What a run directory holds: the samples that count, by columns, and each of them whole where it is asked for."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

import numpy as np

from quantgate.evals.contract.records import Sample, SampleKey
from quantgate.evals.errors import RunDirectoryError
from quantgate.evals.files import open_to_read
from quantgate.evals.samples.columns import Bools, Columns, Ints, Lines, Places
from quantgate.evals.samples.damage import Damage
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
        with open_to_read(self.file) as stream:
            for start, length in zip(starts.tolist(), lengths.tolist(), strict=True):
                stream.seek(start)
                try:
                    yield parse_line(stream.read(length))[1]
                except ValueError as error:
                    raise RunDirectoryError(
                        f"{self.file} has changed while it was read ({error}): give the command again"
                    ) from None


@dataclass(frozen=True, slots=True, eq=False)
class Held(Mapping[SampleKey, Sample]):
    """The samples that count: of each task, item and repeat the last one, in the order in which the keys first occur.

    Whoever needs counts and scores takes `columns`. As a mapping it gives samples whole, each read
    when it is asked for.
    `lines` has all that were read, `indexed` says that an index holds nearly all of them.
    """

    columns: Columns
    source: Source
    lines: Lines
    indexed: bool = False

    @property
    def damage(self) -> Damage:
        return self.lines.damage

    def samples(self, rows: Places | None = None) -> Iterator[Sample]:
        """The samples of some rows of `columns`, whole, or all of them; one at a time in memory."""
        chosen = slice(None) if rows is None else rows
        return self.source.samples(self.columns.start[chosen], self.columns.length[chosen])

    def sample(self, row: int) -> Sample:
        """The sample of one row of `columns`, whole."""
        return next(self.samples(np.array([row])))

    def of_task(self, task: str) -> Held:
        """The samples of one task."""
        return self.chosen(self.columns.task.codes == self.columns.task.code(task))

    def chosen(self, rows: Bools) -> Held:
        """Some of the samples, by a mask."""
        return self if rows.all() else replace(self, columns=self.columns.take(rows))

    def __len__(self) -> int:
        return len(self.columns)

    def __iter__(self) -> Iterator[SampleKey]:
        columns = self.columns
        for task, item, repeat in zip(
            columns.task.tolist(), columns.item.tolist(), columns.repeat.tolist(), strict=True
        ):
            yield task or "", item or "", repeat

    def __getitem__(self, key: SampleKey) -> Sample:
        columns, (task, item, repeat) = self.columns, key
        same = (columns.task.codes == columns.task.code(task)) & (columns.item.codes == columns.item.code(item))
        found = np.flatnonzero(same & (columns.repeat == repeat))
        if not len(found):
            raise KeyError(key)
        return self.sample(int(found[0]))


def held_of(lines: Lines, source: Source, regrades: Collection[str]) -> Held:
    """What counts of the lines of a file: none of a regrade but those of `regrades`, and the last one of each key."""
    columns = lines.columns
    unknown = [code for code, name in enumerate(columns.regrade.names) if name not in regrades]
    if unknown:
        columns = columns.take(~np.isin(columns.regrade.codes, unknown))
    return Held(columns.last_of_each_key(), source, lines)
