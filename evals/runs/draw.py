"""Which items of a task a limited run asks: a random subset that is the same on every machine, or the first ones."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Sequence

from quantgate.evals.contract.records import Item
from quantgate.evals.runs.record import Draw

ORDER_OF_ITEMS, ORDER = "quantgate draw 1", "quantgate draw 2"
"""The keys of orders in which items are drawn: each by itself, as earlier designs have it, and whole clusters.

They are one where there are no clusters.
"""
ORDERS = (ORDER_OF_ITEMS, ORDER)
_SEED = ORDER_OF_ITEMS.encode()
"""One for all runs: two builds, or two machines, that are given the same limit ask the same items."""


def chosen(items: Sequence[Item], count: int, draw: Draw) -> tuple[Item, ...]:
    """So many items, in the task's order; all where there are no more.

    A smaller choice is part of a larger one. Drawn items hold strata in proportion: they are ranked within their
    stratum by a hash of their id, and taken by their relative rank. Those of a cluster share its hash, and so follow
    one another: its text is read once by servers that cache prefixes. First items come from each stratum in turn.
    """
    return tuple(items[place] for place in sorted(_ranked(items, draw, ORDER)[:count]))


def in_drawn_order(items: Sequence[Item], order: str = ORDER) -> tuple[Item, ...]:
    """The items in the order in which they are drawn: so many of the first ones are what a limit of so many chooses.

    It is the same on every machine and for both builds. `order` is one of `ORDERS`.
    """
    return tuple(items[place] for place in _ranked(items, Draw.RANDOM, order))


def _ranked(items: Sequence[Item], draw: Draw, order: str) -> list[int]:
    of_strata: defaultdict[str | None, list[tuple[bytes, int]]] = defaultdict(list)
    for place, item in enumerate(items):
        of_strata[item.stratum].append((_key(item, order) if draw is Draw.RANDOM else b"", place))
    ranked = sorted(
        ((rank + 0.5) / len(members) if draw is Draw.RANDOM else float(rank), key, place)
        for members in of_strata.values()
        for rank, (key, place) in enumerate(sorted(members))
    )
    return [place for *_, place in ranked]


def _key(item: Item, order: str) -> bytes:
    """By which it is drawn; whatever order the items are given in, no two of them are alike."""
    own = _hash(item.item_id)
    return own if item.cluster is None or order == ORDER_OF_ITEMS else _hash(item.cluster) + own


def _hash(name: str) -> bytes:
    return hashlib.blake2b(name.encode("utf-8", "surrogatepass"), key=_SEED, digest_size=16).digest()
