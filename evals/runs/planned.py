"""Which items a run was to ask, kept in its record: an answer to any other item is none of its answers."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, groupby


@dataclass(frozen=True, slots=True)
class PlannedItems:
    """The ids of a task's items: ranges of numbers, as (first, last), and other names."""

    ranges: tuple[tuple[int, int], ...]
    names: frozenset[str]

    def __contains__(self, item: object) -> bool:
        if not isinstance(item, str) or not _is_number(item):
            return item in self.names
        number = int(item)
        place = bisect_right(self.ranges, number, key=lambda each: each[0]) - 1
        return place >= 0 and number <= self.ranges[place][1]

    def __iter__(self) -> Iterator[str]:
        for first, last in self.ranges:
            yield from map(str, range(first, last + 1))
        yield from self.names

    @property
    def count(self) -> int:
        """How many items there are."""
        return len(self.names) + sum(max(last - first + 1, 0) for first, last in self.ranges)


def written(items: Iterable[str]) -> tuple[str, ...]:
    """Ids of items as a record keeps them: numbers that follow one another as one range.

    >>> written(["10", "2", "3", "4", "x-1"])
    ('2-4', '10', 'x-1')
    """
    ids = list(items)
    numbers = sorted(int(item) for item in ids if _is_number(item))
    found = []
    for _, run in groupby(enumerate(numbers), key=lambda each: each[1] - each[0]):
        members = [number for _, number in run]
        found.append(str(members[0]) if len(members) == 1 else f"{members[0]}-{members[-1]}")
    return (*found, *(_quoted(item) for item in ids if not _is_number(item)))


def in_order(items: Iterable[str]) -> tuple[str, ...]:
    """Ids of items in the order that they have: numbers that follow one another as one range, where they stand so.

    >>> in_order(["10", "2", "3", "4", "x-1"])
    ('10', '2-4', 'x-1')
    """
    numbered = ((place, item, int(item) - place if _is_number(item) else None) for place, item in enumerate(items))
    found: list[str] = []
    for base, group in groupby(numbered, key=lambda each: each[2]):
        ids = [item for _, item, _ in group]
        if base is None:
            found += map(_quoted, ids)
        else:
            found.append(ids[0] if len(ids) == 1 else f"{ids[0]}-{ids[-1]}")
    return tuple(found)


def read_in_order(kept: Iterable[str]) -> Iterator[str]:
    """The ids that `in_order` has written, in their order."""
    return chain.from_iterable(parsed([each]) for each in kept)


def parsed(kept: Sequence[str]) -> PlannedItems:
    """The items of a record, the reverse of `written`."""
    ranges, names = [], []
    for each in kept:
        first, separator, last = each.partition("-")
        if _is_number(first) and (not separator or _is_number(last)):
            ranges.append((int(first), int(last or first)))
        else:
            names.append(each.removeprefix(_QUOTE))
    return PlannedItems(tuple(sorted(ranges)), frozenset(names))


_QUOTE = "'"
"""Stands before a name that would be taken for numbers, or begins with this sign itself."""
_MOST_DIGITS = 15


def _is_number(text: str) -> bool:
    """Whether an id is a number as it is usually written: so that it comes back as the same text."""
    short = text.isascii() and text.isdecimal() and len(text) <= _MOST_DIGITS
    return short and (text == "0" or not text.startswith("0"))


def _quoted(item: str) -> str:
    first, separator, last = item.partition("-")
    odd = item.startswith(_QUOTE) or (separator and _is_number(first) and _is_number(last))
    return f"{_QUOTE}{item}" if odd else item
