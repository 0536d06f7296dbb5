"""Which of a task's pairs of item and repeat a shard asks: none is in two, none left out, on every machine alike."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Self

MOST_SHARDS = 100_000
"""So many, as many as a Kubernetes job has indexes: a record that speaks of more is no record of a shard."""

_FORM = re.compile(r"([0-9]{1,9})/([0-9]{1,9})")


@dataclass(frozen=True, slots=True, order=True)
class Shard:
    """Part `number`, counted from 1, `of` so many.

    The pairs of a task are numbered item by item, all repeats of an item side by side, in the order of its plan, and
    cut into ranges: repeats of an item stay together, and so do neighbours whose prompts begin alike.

    Examples
    --------
    >>> [list(Shard(number, 3).ordinals(8)) for number in (1, 2, 3)]
    [[0, 1], [2, 3, 4], [5, 6, 7]]
    """

    number: int
    of: int

    def __post_init__(self) -> None:
        """Raise ValueError for a shard that cannot be."""
        if not 1 <= self.of <= MOST_SHARDS:
            raise ValueError(f"a run has from 1 to {MOST_SHARDS:,} shards, not {self.of:,}")
        if self.number == 0:
            raise ValueError(
                f"shards are counted from 1, so the first is 1/{self.of}. An index that begins at 0, as Kubernetes' "
                f"JOB_COMPLETION_INDEX or that of Slurm's --array=0-{self.of - 1}, is made one by adding 1: "
                f"--shard $((INDEX + 1))/{self.of}"
            )
        if not 1 <= self.number <= self.of:
            raise ValueError(f"of {self.of:,} shards the last is {self.of}/{self.of}, so there is no {self}")

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `3/8`. Raises ValueError for anything else, and for a shard that cannot be."""
        found = _FORM.fullmatch(text.strip())
        if found is None:
            raise ValueError("give which shard of how many, as 3/8")
        number, of = map(int, found.groups())
        return cls(number, of)

    def __str__(self) -> str:
        return f"{self.number}/{self.of}"

    def ordinals(self, pairs: int) -> range:
        """The numbers of its pairs, of so many as the task has; empty where there are fewer than shards."""
        return range((self.number - 1) * pairs // self.of, self.number * pairs // self.of)

    def holds(self, ordinal: int, pairs: int) -> bool:
        """Whether the pair of that number is one of its own."""
        return ordinal in self.ordinals(pairs)

    def places(self, items: int, repeats: int) -> range:
        """The places of the items of which it asks at least one repeat."""
        own = self.ordinals(items * repeats)
        return range(own.start // repeats, -(-own.stop // repeats)) if own else range(0)
