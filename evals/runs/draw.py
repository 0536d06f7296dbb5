"""Which items of a task a limited run asks: a random subset that is the same on every machine, or the first ones."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Sequence

from quantgate.evals.contract.records import Item
from quantgate.evals.runs.record import Draw

ORDER = "quantgate draw 1"
_SEED = ORDER.encode()
"""One for all runs: two builds, or two machines, that are given the same limit ask the same items."""


def chosen(items: Sequence[Item], count: int, draw: Draw) -> tuple[Item, ...]:
    """So many items, in the task's order; all where there are no more.

    A smaller choice is part of a larger one. Drawn items hold strata in proportion: they are ranked within their
    stratum by a hash of their id, and taken by their relative rank. First items come from each stratum in turn.
    """
    return tuple(items[place] for place in sorted(_ranked(items, draw)[:count]))


def in_drawn_order(items: Sequence[Item]) -> tuple[Item, ...]:
    """The items in the order in which they are drawn: so many of the first ones are what a limit of so many chooses.

    It is the same on every machine and for both builds.
    """
    return tuple(items[place] for place in _ranked(items, Draw.RANDOM))


def _ranked(items: Sequence[Item], draw: Draw) -> list[int]:
    of_strata: defaultdict[str | None, list[tuple[bytes, int]]] = defaultdict(list)
    for place, item in enumerate(items):
        of_strata[item.stratum].append((_hash(item.item_id) if draw is Draw.RANDOM else b"", place))
    ranked = sorted(
        ((rank + 0.5) / len(members) if draw is Draw.RANDOM else float(rank), key, place)
        for members in of_strata.values()
        for rank, (key, place) in enumerate(sorted(members))
    )
    return [place for *_, place in ranked]


def _hash(item_id: str) -> bytes:
    return hashlib.blake2b(item_id.encode("utf-8", "surrogatepass"), key=_SEED, digest_size=16).digest()
