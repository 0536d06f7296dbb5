"""Where the answers of a list stand, and what its index says when it cannot be used."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TypeAlias

from quantgate.evals.contract.records import SampleKey, Status

Row: TypeAlias = tuple[bytes, bytes, bytes, int]
"""An item and repeat as the index has it: task, place in the natural order, item, repeat."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where one answer stands: the bytes of its line, and what the index holds of it."""

    start: int
    size: int
    status: Status
    score: float | None
    unparsed: bool
    subject: str | None


@dataclass(frozen=True, slots=True)
class Listed:
    """One item and repeat of a list, and where the answers of one run, or of both, stand."""

    key: SampleKey
    places: tuple[Place | None, ...]

    @property
    def subject(self) -> str | None:
        return next((place.subject for place in self.places if place is not None and place.subject is not None), None)


class Broken(Exception):
    """An index cannot be used: it is damaged, or it cannot be written."""


@contextmanager
def told_as_broken() -> Iterator[None]:
    """Turn what sqlite says of a damaged or unwritable file into Broken."""
    try:
        yield
    except sqlite3.Error as error:
        raise Broken(str(error)) from None
