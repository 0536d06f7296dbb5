"""Samples that were never in a file, as what a file holds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from quantgate.evals.contract.records import Sample, SampleKey
from quantgate.evals.samples.batch import Line, columns_of
from quantgate.evals.samples.columns import Ints, Lines, Look
from quantgate.evals.samples.damage import NO_DAMAGE
from quantgate.evals.samples.held import Held


@dataclass(frozen=True, slots=True)
class FromMemory:
    """Samples that are there already; their place stands for their line's."""

    held: Sequence[Sample]

    def samples(self, starts: Ints, lengths: Ints) -> Iterator[Sample]:
        return (self.held[place] for place in starts.tolist())


def as_held(samples: Mapping[SampleKey, Sample], look: Look | None = None) -> Held:
    """Samples that were never in a file, as what is held; `look` sees the signs in their texts.

    What was read of a file is given back as it is.
    """
    if isinstance(samples, Held):
        return samples
    lines = [Line(sample, start=place) for place, sample in enumerate(samples.values())]
    columns = columns_of(lines, look)
    return Held(columns, FromMemory([line.sample for line in lines]), Lines(columns, len(lines), 0, NO_DAMAGE))
