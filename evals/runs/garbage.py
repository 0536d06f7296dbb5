"""Cyclic garbage is collected seldom while thousands of requests are in flight."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

_OBJECTS_PER_COLLECTION = 100_000


@contextmanager
def rare_collections() -> Iterator[None]:
    """Collect cyclic garbage seldom, and only what has come since.

    A full collection walks through all that the libraries have loaded: 150 ms in which no answer would be read. And by
    the usual threshold, 700 objects, requests in flight are walked through again and again: a third of a run's CPU.
    """
    usual = gc.get_threshold()
    gc.freeze()
    gc.set_threshold(_OBJECTS_PER_COLLECTION, *usual[1:])
    try:
        yield
    finally:
        gc.set_threshold(*usual)
        gc.unfreeze()
