"""Seeded choices that are the same in every process, on every machine and by every version of Python."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")


class Drawing:
    """Choices from a seed in words.

    Of the standard library's generator `random()` alone is promised to stay the same from version to version, so all
    else is made of it here.
    """

    def __init__(self, *seed: object) -> None:
        self._random = random.Random("\n".join(map(str, seed))).random

    def below(self, count: int) -> int:
        """A whole number from 0 to below `count`."""
        return int(self._random() * count)

    def one(self, values: Sequence[T]) -> T:
        return values[self.below(len(values))]

    def shuffled(self, values: Sequence[T]) -> list[T]:
        """All of them in a drawn order."""
        mixed = list(values)
        for place in range(len(mixed) - 1, 0, -1):
            other = self.below(place + 1)
            mixed[place], mixed[other] = mixed[other], mixed[place]
        return mixed

    def some(self, values: Sequence[T], count: int) -> list[T]:
        """So many different ones, in a drawn order."""
        return self.shuffled(values)[:count]

    def text(self, letters: str, length: int) -> str:
        return "".join(self.one(letters) for _ in range(length))
