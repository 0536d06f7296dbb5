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
_KEY_NAMES = ("task", "place", "item", "repeat")
_KEY = ", ".join(_KEY_NAMES)
_TOLD = "status", "score", "unparsed", "length", "subject", "start", "size"
_COLUMNS = ", ".join(f"{side}_{name}" for side in _SIDES for name in _TOLD)
_STATUSES = tuple(Status)


def _same(one: str, other: str) -> str:
    return " AND ".join(f"{one}.{name} = {other}.{name}" for name in _KEY_NAMES)


def _selected(key: str, left: str | None, right: str | None) -> str:
    """The columns of a list: the key, and what each side tells, nothing where it has no table."""
    sides = zip(_SIDES, (left, right), strict=True)
    told_of = [
        f"{of}.{name} AS {side}_{name}" if of else f"NULL AS {side}_{name}" for side, of in sides for name in _TOLD
    ]
    return ", ".join([*(f"{key}.{name} AS {name}" for name in _KEY_NAMES), *told_of])


Chosen: TypeAlias = Sequence[Sequence[int]]
"""Numbers of choices (`view.choices`): to one of each an item and repeat must belong."""


class Listing:
    """A list as it is now, open for reading.

    Parameters
    ----------
    database
        Has the views.
    whole
        The views that have all items and repeats together, each sorted by its key and none in two.
    views
        The same of those that belong to the choices.
    runs
        One, or the two of a pair.
    chosen
        What else is chosen.
    """

    def __init__(
        self, database: sqlite3.Connection, whole: Sequence[str], views: Sequence[str], runs: int, chosen: Filter
    ) -> None:
        self._database = database
        self._whole = whole
        self._views = views
        self._runs = runs
        self._where, self._given = _condition(chosen, runs)

    def part(self, offset: int, size: int) -> list[Listed]:
        """Some of the rows."""
        asked = f"{self._union(_COLUMNS)} ORDER BY {_KEY} LIMIT ? OFFSET ?"
        rows = self._database.execute(asked, (*self._given * len(self._views), size, offset))
        return [_listed(row, self._runs) for row in rows]

    def total(self) -> int:
        """How many rows there are."""
        return self._count("")

    def number(self, key: SampleKey) -> int:
        """How many rows stand before an item and repeat, be it in the list or not."""
        return self._count(f"AND ({_KEY}) < (?, ?, ?, ?)", *_stored_key(key))

    def before(self, key: SampleKey) -> Listed | None:
        """The row that stands before an item and repeat."""
        backwards = ", ".join(f"{name} DESC" for name in _KEY_NAMES)
        found = self._nearest(f"AND ({_KEY}) < (?, ?, ?, ?) ORDER BY {backwards} LIMIT 1", key)
        return _listed(max(found, key=_key_of), self._runs) if found else None

    def after(self, key: SampleKey) -> Listed | None:
        """The row that stands behind an item and repeat."""
        found = self._nearest(f"AND ({_KEY}) > (?, ?, ?, ?) ORDER BY {_KEY} LIMIT 1", key)
        return _listed(min(found, key=_key_of), self._runs) if found else None

    def row(self, key: SampleKey) -> Listed | None:
        """An item and repeat, whatever is chosen."""
        named = " AND ".join(f"{name} = ?" for name in _KEY_NAMES)
        for view in self._whole:
            asked = f"SELECT {_KEY}, {_COLUMNS} FROM {view} WHERE {named}"
            if (found := self._database.execute(asked, _stored_key(key)).fetchone()) is not None:
                return _listed(found, self._runs)
        return None

    def holds(self, key: SampleKey) -> bool:
        """Whether an item and repeat belongs to what is chosen."""
        named = " AND ".join(f"{name} = ?" for name in _KEY_NAMES)
        return self._count(f"AND {named}", *_stored_key(key)) > 0

    def repeats(self, key: SampleKey) -> tuple[int, ...]:
        """The repeats that there are of an item, whatever is chosen."""
        of_item = _stored_key(key)[:3]
        asked = "SELECT repeat FROM {} WHERE task = ? AND place = ? AND item = ?"
        found = {repeat for view in self._whole for (repeat,) in self._database.execute(asked.format(view), of_item)}
        return tuple(sorted(found))

    def scores(self) -> Iterator[tuple[Row, float | None, float | None]]:
        """Every row's key as the index has it, and both scores."""
        asked = f"{self._union('l_score, r_score')} ORDER BY {_KEY}"
        for *key, left, right in self._database.execute(asked, self._given * len(self._views)):
            yield _key_of(key), left, right

    def _union(self, columns: str) -> str:
        return " UNION ALL ".join(f"SELECT {_KEY}, {columns} FROM {view} WHERE {self._where}" for view in self._views)

    def _nearest(self, rest: str, key: SampleKey) -> list[Any]:
        asked = f"SELECT {_KEY}, {_COLUMNS} FROM {{}} WHERE {self._where} {rest}"
        given = (*self._given, *_stored_key(key))
        return [row for view in self._views for row in self._database.execute(asked.format(view), given)]

    def _count(self, rest: str, *given: object) -> int:
        asked = f"SELECT count(*) FROM {{}} WHERE {self._where} {rest}"
        counts = [self._database.execute(asked.format(view), (*self._given, *given)).fetchone() for view in self._views]
        return sum(count for (count,) in counts)


@contextmanager
def listing(
    indexes: Sequence[str], chosen: Filter, choices: Choices, numbers: Chosen = (), alone: int | None = None
) -> Iterator[Listing]:
    """The list of one run, or of a pair.

    Parameters
    ----------
    indexes
        The addresses of their indexes.
    chosen
        The filter, whose search and flips stand in `numbers`.
    choices
        Where the choices are.
    numbers
        The choices that narrow the list.
    alone
        Of a pair, the choice of what the second run alone has, as `second_alone` finds it.

    Raises
    ------
    Broken
        Also for the body.
    """
    with choices.reading() as database:
        for name, index in zip(("first", "second"), indexes, strict=False):
            database.execute(f"ATTACH DATABASE ? AS {name}", (index,))
        whole = _views(database, len(indexes), alone)
        views = [_view_of_choices(database, len(indexes), numbers)] if numbers else whole
        # What others add meanwhile is not seen, so that the parts of one page are of one list.
        database.execute("BEGIN")
        yield Listing(database, whole, views, len(indexes), chosen)


def second_alone(indexes: Sequence[str], choices: Choices) -> list[Row]:
    """The items and repeats that the second run of a pair has and the first has not. Raises Broken."""
    with choices.reading() as database:
        for name, index in zip(("first", "second"), indexes, strict=True):
            database.execute(f"ATTACH DATABASE ? AS {name}", (index,))
        missing = f"NOT EXISTS (SELECT 1 FROM first.answer a WHERE {_same('a', 'o')})"
        return database.execute(f"SELECT {_KEY} FROM second.answer o WHERE {missing}").fetchall()


def _views(database: sqlite3.Connection, runs: int, alone: int | None) -> list[str]:
    if runs == 1:
        database.execute(f"CREATE TEMP VIEW left_rows AS SELECT {_selected('a', 'a', None)} FROM first.answer a")
        return ["left_rows"]
    joined = f"first.answer a LEFT JOIN second.answer o ON {_same('o', 'a')}"
    database.execute(f"CREATE TEMP VIEW left_rows AS SELECT {_selected('a', 'a', 'o')} FROM {joined}")
    if alone is None:
        return ["left_rows"]
    # The first run may have come to have it, too, since it was found alone.
    still = f"NOT EXISTS (SELECT 1 FROM first.answer a WHERE {_same('a', 'c')})"
    picked = f"main.chosen c CROSS JOIN second.answer o ON {_same('o', 'c')} WHERE c.choice = {alone:d} AND {still}"
    database.execute(f"CREATE TEMP VIEW right_rows AS SELECT {_selected('c', None, 'o')} FROM {picked}")
    return ["left_rows", "right_rows"]


def _view_of_choices(database: sqlite3.Connection, runs: int, numbers: Chosen) -> str:
    """A view of what belongs to the choices, which are few as a rule: each is looked up, and the rest not looked at."""
    first, *others = (", ".join(f"{number:d}" for number in group) for group in numbers)
    keys = f"SELECT DISTINCT {_KEY} FROM main.chosen p WHERE choice IN ({first})"
    for group in others:
        keys += f" AND EXISTS (SELECT 1 FROM main.chosen x WHERE x.choice IN ({group}) AND {_same('x', 'p')})"
    joined = f"({keys}) c LEFT JOIN first.answer a ON {_same('a', 'c')}"
    there, right = "a.status IS NOT NULL", None
    if runs > 1:
        joined += f" LEFT JOIN second.answer o ON {_same('o', 'c')}"
        there, right = f"({there} OR o.status IS NOT NULL)", "o"
    selected = _selected("c", "a", right)
    database.execute(f"CREATE TEMP VIEW chosen_rows AS SELECT {selected} FROM {joined} WHERE {there}")
    return "chosen_rows"


def _condition(chosen: Filter, runs: int) -> tuple[str, list[object]]:
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
    return " AND ".join(conditions), given


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


def _stored_key(key: SampleKey) -> Row:
    task, item, repeat = key
    return stored(task), in_order(item), stored(item), repeat


def _key_of(row: Sequence[Any]) -> Row:
    return row[0], row[1], row[2], row[3]


def _listed(row: Sequence[Any], runs: int) -> Listed:
    task, _, item, repeat = row[:4]
    size = len(_TOLD)
    places = tuple(_place(row[4 + size * side : 4 + size * (side + 1)]) for side in range(runs))
    return Listed((told(task), told(item), repeat), places)


def _place(row: Sequence[Any]) -> Place | None:
    status, score, unparsed, _, subject, start, size = row
    if status is None:
        return None
    return Place(start, size, _STATUSES[status], score, bool(unparsed), None if subject is None else told(subject))
