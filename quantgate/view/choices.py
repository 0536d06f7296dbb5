"""What was chosen by more than the index knows, as by a text that is searched for: a scratch file of this process."""

from __future__ import annotations

import sqlite3
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from quantgate.view.places import Row, told_as_broken

_MOST = 60
"""So many choices are kept: more than a reader goes to and fro between."""
_PATIENCE_S = 10
_TABLE = """
CREATE TABLE chosen (
    choice INTEGER NOT NULL, task BLOB NOT NULL, place BLOB NOT NULL, item BLOB NOT NULL, repeat INTEGER NOT NULL,
    PRIMARY KEY (choice, task, place, item, repeat)
) WITHOUT ROWID
"""


class Choices:
    """Sets of items and repeats, each by a number; gone with the process."""

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="quantgate-view-")
        self._file = Path(self._folder.name) / "choices.sqlite"
        self._last = 0
        with self._writable() as database:
            database.execute("PRAGMA journal_mode = WAL")
            database.execute(_TABLE)

    @property
    def folder(self) -> Path:
        """A folder that is gone with the process, for an index that can be kept nowhere else."""
        return Path(self._folder.name)

    def new(self) -> int:
        """The number of a new choice, in which nothing is yet; that of long ago is forgotten."""
        self._last += 1
        with self._writable() as database:
            database.execute("DELETE FROM chosen WHERE choice <= ?", (self._last - _MOST,))
        return self._last

    def forgotten(self, number: int) -> bool:
        """Whether a choice is there no more."""
        return number <= self._last - _MOST

    def fill(self, number: int, rows: Iterable[Row]) -> None:
        """Make a choice of these rows alone."""
        with self._writable() as database:
            database.execute("BEGIN IMMEDIATE")
            database.execute("DELETE FROM chosen WHERE choice = ?", (number,))
            database.executemany(
                "INSERT OR IGNORE INTO chosen VALUES (?, ?, ?, ?, ?)", ((number, *row) for row in rows)
            )
            database.execute("COMMIT")

    def put(self, number: int, rows: Iterable[Row], others: Iterable[Row] = ()) -> None:
        """Add rows to a choice, and take out others."""
        with self._writable() as database:
            database.execute("BEGIN IMMEDIATE")
            named = " AND ".join(f"{name} = ?" for name in ("choice", "task", "place", "item", "repeat"))
            database.executemany(f"DELETE FROM chosen WHERE {named}", ((number, *row) for row in others))
            database.executemany(
                "INSERT OR IGNORE INTO chosen VALUES (?, ?, ?, ?, ?)", ((number, *row) for row in rows)
            )
            database.execute("COMMIT")

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """A connection that has the choices as `main.chosen`. Raises Broken, also for what goes wrong inside."""
        where = f"{self._file.as_uri()}?mode=ro"
        with told_as_broken(), closing(sqlite3.connect(where, uri=True, isolation_level=None)) as database:
            database.execute(f"PRAGMA busy_timeout = {_PATIENCE_S * 1000}")
            database.execute("PRAGMA temp_store = MEMORY")
            yield database

    @contextmanager
    def _writable(self) -> Iterator[sqlite3.Connection]:
        with told_as_broken(), closing(sqlite3.connect(self._file, _PATIENCE_S, isolation_level=None)) as database:
            database.execute("PRAGMA synchronous = OFF")
            yield database

    def close(self) -> None:
        self._folder.cleanup()
