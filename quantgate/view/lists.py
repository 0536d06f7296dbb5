"""The list of items of one run, or of a pair, that a filter chooses: any part of it, places and neighbours."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, TypeAlias

from quantgate.evals.contract.records import SampleKey, Status
from quantgate.evals.samples.columns import STATUS_CODES
from quantgate.view.choices import Choices
from quantgate.view.naming import in_order, stored, told
from quantgate.view.places import Listed, Place, Row
from quantgate.view.types import Filter

_SIDES = ("l", "r")
_KEY = "task, place, item, repeat"
_SAME = " AND ".join(f"o.{name} = a.{name}" for name in _KEY.split(", "))
_TOLD = "status", "score", "unparsed", "length", "subject", "start", "size"
_COLUMNS = ", ".join(f"{side}_{name}" for side in _SIDES for name in _TOLD)


def _columns(left: str | None, right: str | None) -> str:
    sides = zip(_SIDES, (left, right), strict=True)
    return ", ".join(f"{of}.{name} AS {side}_{name}" if of else f"NULL AS {side}_{name}"
                     for side, of in sides for name in _TOLD)  # fmt: skip


_OF_KEY = ", ".join(f"a.{name} AS {name}" for name in _KEY.split(", "))
_ONE = f"CREATE TEMP VIEW list AS SELECT {_OF_KEY}, {_columns('a', None)} FROM first.answer a"
_PAIR = f"""
CREATE TEMP VIEW list AS
SELECT {_OF_KEY}, {_columns("a", "o")} FROM first.answer a LEFT JOIN second.answer o ON {_SAME}
UNION ALL
SELECT {_OF_KEY}, {_columns(None, "a")} FROM second.answer a
WHERE NOT EXISTS (SELECT 1 FROM first.answer o WHERE {_SAME})
"""
"""The items and repeats that either run of a pair has, each once."""

Chosen: TypeAlias = Sequence[Sequence[int]]
"""Numbers of choices (`view.choices`): to one of each an item and repeat must belong."""


class Listing:
    """A list as it is now, open for reading."""

    def __init__(self, database: sqlite3.Connection, runs: int, chosen: Filter, choices: Chosen) -> None:
        self._database = database
        self._runs = runs
        self._where, self._given = _condition(chosen, runs, choices)

    def part(self, offset: int, size: int) -> list[Listed]:
        """Some of the rows."""
        return self._rows(f"ORDER BY {_KEY} LIMIT ? OFFSET ?", size, offset)

    def total(self) -> int:
        """How many rows there are."""
        return self._count("")

    def number(self, key: SampleKey) -> int:
        """How many rows stand before an item and repeat, be it in the list or not."""
        return self._count(f"AND ({_KEY}) < (?, ?, ?, ?)", *_stored_key(key))

    def before(self, key: SampleKey) -> Listed | None:
        """The row that stands before an item and repeat."""
        backwards = _KEY.replace(",", " DESC,")
        found = self._rows(f"AND ({_KEY}) < (?, ?, ?, ?) ORDER BY {backwards} DESC LIMIT 1", *_stored_key(key))
        return found[0] if found else None

    def after(self, key: SampleKey) -> Listed | None:
        """The row that stands behind an item and repeat."""
        found = self._rows(f"AND ({_KEY}) > (?, ?, ?, ?) ORDER BY {_KEY} LIMIT 1", *_stored_key(key))
        return found[0] if found else None

    def row(self, key: SampleKey) -> Listed | None:
        """An item and repeat, whatever is chosen."""
        named = " AND ".join(f"{name} = ?" for name in _KEY.split(", "))
        found = self._database.execute(f"SELECT {_KEY}, {_COLUMNS} FROM list WHERE {named}", _stored_key(key))
        return next((_listed(row, self._runs) for row in found), None)

    def repeats(self, key: SampleKey) -> tuple[int, ...]:
        """The repeats that there are of an item, whatever is chosen."""
        task, place, item, _ = _stored_key(key)
        asked = "SELECT DISTINCT repeat FROM list WHERE task = ? AND place = ? AND item = ? ORDER BY repeat"
        return tuple(repeat for (repeat,) in self._database.execute(asked, (task, place, item)))

    def scores(self) -> Iterator[tuple[Row, float | None, float | None]]:
        """Every row's key as the index has it, and both scores."""
        asked = f"SELECT {_KEY}, l_score, r_score FROM list WHERE {self._where} ORDER BY {_KEY}"
        for task, place, item, repeat, left, right in self._database.execute(asked, self._given):
            yield (task, place, item, repeat), left, right

    def _rows(self, rest: str, *given: object) -> list[Listed]:
        asked = f"SELECT {_KEY}, {_COLUMNS} FROM list WHERE {self._where} {rest}"
        return [_listed(row, self._runs) for row in self._database.execute(asked, (*self._given, *given))]

    def _count(self, rest: str, *given: object) -> int:
        asked = f"SELECT count(*) FROM list WHERE {self._where} {rest}"
        return int(self._database.execute(asked, (*self._given, *given)).fetchone()[0])


@contextmanager
def listing(indexes: Sequence[str], chosen: Filter, choices: Choices, numbers: Chosen = ()) -> Iterator[Listing]:
    """The list of one run or of two, by the addresses of their indexes. Raises Broken, for the body too."""
    with choices.reading() as database:
        for name, index in zip(("first", "second"), indexes, strict=False):
            database.execute(f"ATTACH DATABASE ? AS {name}", (index,))
        database.execute(_ONE if len(indexes) == 1 else _PAIR)
        # What others add meanwhile is not seen, so that the parts of one page are of one list.
        database.execute("BEGIN")
        yield Listing(database, len(indexes), chosen, numbers)


def _condition(chosen: Filter, runs: int, choices: Chosen) -> tuple[str, list[object]]:
    """The condition of a filter, and what is given for its marks: of a pair, that one of the answers fits it."""
    conditions: list[str] = ["1"]
    given: list[object] = []
    if chosen.task is not None:
        conditions.append("task = ?")
        given.append(stored(chosen.task))
    if chosen.subject is not None:
        conditions.append("coalesce(l_subject, r_subject) = ?")
        given.append(stored(chosen.subject))
    of_answer, of_it = _of_answer(chosen)
    if of_answer:
        sides = [" AND ".join(each.replace("@", side) for each in of_answer) for side in _SIDES[:runs]]
        conditions.append(f"({' OR '.join(f'({side})' for side in sides)})")
        given += of_it * runs
    for numbers in choices:
        marks = ", ".join("?" * len(numbers))
        conditions.append(f"EXISTS (SELECT 1 FROM main.chosen c WHERE c.choice IN ({marks}) AND {_OF_CHOICE})")
        given += numbers
    return " AND ".join(conditions), given


_OF_CHOICE = " AND ".join(f"c.{name} = list.{name}" for name in _KEY.split(", "))


def _of_answer(chosen: Filter) -> tuple[list[str], list[object]]:
    conditions: list[str] = []
    given: list[object] = []
    if chosen.status is not None:
        conditions.append("@_status = ?")
        given.append({str(status): code for status, code in STATUS_CODES.items()}.get(chosen.status, -1))
    if chosen.wrong:
        conditions.append("@_score < 1")
    if chosen.unparsed:
        conditions.append("@_unparsed")
    for bound, sign in ((chosen.shortest, ">="), (chosen.longest, "<=")):
        if bound is not None:
            conditions.append(f"@_length {sign} ?")
            given.append(bound)
    return conditions, given


def _stored_key(key: SampleKey) -> tuple[bytes, bytes, bytes, int]:
    task, item, repeat = key
    return stored(task), in_order(item), stored(item), repeat


def _listed(row: Sequence[Any], runs: int) -> Listed:
    task, _, item, repeat = row[:4]
    size = len(_TOLD)
    places = tuple(_place(row[4 + size * side : 4 + size * (side + 1)]) for side in range(runs))
    return Listed((told(task), told(item), repeat), places)


_STATUSES = tuple(Status)


def _place(row: Sequence[Any]) -> Place | None:
    status, score, unparsed, _, subject, start, size = row
    if status is None:
        return None
    return Place(start, size, _STATUSES[status], score, bool(unparsed), None if subject is None else told(subject))
