"""An index of one run on disk, in the user's cache: where each answer stands, and what lists are chosen and counted by.

It holds no text of a question or an answer. It is in the order in which items are listed, so that any part of a list is
found at once. It counts for the file of which it has the device, the inode and a hash of some bytes: where that has
grown, what is new is added, and where it is another, or `run.json` counts other lines, it is made anew.
"""

from __future__ import annotations

import json
import os
import secrets
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from threading import Event
from typing import Any, BinaryIO

import numpy as np
import xxhash

from quantgate.evals.errors import RunDirectoryError
from quantgate.evals.files import open_to_read
from quantgate.evals.runs.asked_for import asked_for
from quantgate.evals.runs.record import RunRecord
from quantgate.evals.samples.columns import NONE, Columns, Labels
from quantgate.evals.samples.lines import SAMPLES_FILE
from quantgate.evals.samples.reading import parts
from quantgate.view.naming import in_order, stored
from quantgate.view.places import told_as_broken

VERSION = 1
_MARK_BYTES = 1 << 16
_PATIENCE_S = 10
_TABLES = """
CREATE TABLE state (
    device INTEGER, inode INTEGER, plan TEXT, mark BLOB,
    generation INTEGER, read INTEGER, lines INTEGER, damaged INTEGER, unplanned INTEGER
);
CREATE TABLE answer (
    task BLOB NOT NULL, place BLOB NOT NULL, item BLOB NOT NULL, repeat INTEGER NOT NULL, status INTEGER NOT NULL,
    score REAL, unparsed INTEGER NOT NULL, length INTEGER NOT NULL, subject BLOB, start INTEGER NOT NULL,
    size INTEGER NOT NULL, PRIMARY KEY (task, place, item, repeat)
) WITHOUT ROWID;
"""
_FIELDS = 11


@dataclass(frozen=True, slots=True)
class State:
    """How far an index is: the bytes and lines that it has read, of them damaged ones, and answers not to be asked.

    `generation` is another number each time that the index is made anew.
    """

    generation: int
    read: int = 0
    lines: int = 0
    damaged: int = 0
    unplanned: int = 0


@dataclass(frozen=True, slots=True)
class _Identity:
    """What an index is of: a file, and what of it counts."""

    device: int
    inode: int
    plan: str


class Index:
    """The index of one run directory, in a file of its own; several processes may use it at once."""

    def __init__(self, folder: Path, file: Path) -> None:
        self.folder = folder
        self.file = file

    def extend(self, record: RunRecord, stop: Event) -> None:
        """Add what the index does not have yet, a few megabytes at a time, until `stop` is set.

        Raises
        ------
        Broken
            When it is damaged or cannot be written.
        RunDirectoryError
            When the samples cannot be read.
        """
        samples = self.folder / SAMPLES_FILE
        with self._writable() as database:
            if not os.path.lexists(samples):
                _settle(database, None, _Identity(0, 0, ""))
                return
            try:
                with open_to_read(samples) as stream:
                    held = os.fstat(stream.fileno())
                    state: State | None = _settle(database, stream, _Identity(held.st_dev, held.st_ino, _plan(record)))
                    while state is not None and not stop.is_set():
                        state = _step(database, stream, state, record)
            except OSError as error:
                raise RunDirectoryError(f"{samples} cannot be read: {error.strerror or error}") from None

    def state(self) -> State:
        """How far it is. Raises Broken."""
        with self.reading() as database:
            return _state(database) or State(0)

    @property
    def address(self) -> str:
        """The file as sqlite takes it for reading alone."""
        return f"{self.file.as_uri()}?mode=ro"

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """The index for reading. Raises Broken, also for what goes wrong inside."""
        with told_as_broken(), closing(sqlite3.connect(self.address, uri=True)) as database:
            database.execute(f"PRAGMA busy_timeout = {_PATIENCE_S * 1000}")
            yield database

    @contextmanager
    def _writable(self) -> Iterator[sqlite3.Connection]:
        with told_as_broken(), closing(sqlite3.connect(self.file, _PATIENCE_S, isolation_level=None)) as database:
            # Two that open it for the first time may be in each other's way here: then it stays as it is.
            with suppress(sqlite3.OperationalError):
                database.execute("PRAGMA journal_mode = WAL")
            database.execute("PRAGMA synchronous = NORMAL")
            database.execute("PRAGMA cache_size = -65536")
            yield database

    def remove(self) -> None:
        """Take the index away, as far as that can be."""
        for end in ("", "-wal", "-shm", "-journal"):
            with suppress(OSError):
                self.file.with_name(self.file.name + end).unlink()


@contextmanager
def _transaction(database: sqlite3.Connection) -> Iterator[None]:
    """What others do to the index they do before or after."""
    database.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        database.execute("ROLLBACK")
        raise
    database.execute("COMMIT")


def _plan(record: RunRecord) -> str:
    """A hash of what decides which lines count: the items that were to be asked, and the regrades."""
    tasks = [[task.name, task.items, task.repeats, task.item_ids] for task in record.tasks]
    # As ASCII, since half of a surrogate pair in a name is nothing that can be hashed.
    return xxhash.xxh3_128_hexdigest(json.dumps([tasks, [regrade.id for regrade in record.regraded]]).encode())


def _state(database: sqlite3.Connection) -> State | None:
    names = ", ".join(field.name for field in fields(State))
    if not database.execute("SELECT 1 FROM sqlite_master WHERE name = 'state'").fetchone():
        return None
    row = database.execute(f"SELECT {names} FROM state").fetchone()
    return None if row is None else State(*row)


def _settle(database: sqlite3.Connection, stream: BinaryIO | None, identity: _Identity) -> State:
    """Make the index anew where it is none of this file; how far it is then."""
    with _transaction(database):
        state = _state(database)
        if state is not None and stream is not None:
            of = database.execute("SELECT device, inode, plan, mark FROM state").fetchone()
            if of == (*asdict(identity).values(), _mark(stream, state.read)):
                return state
        database.execute("DROP TABLE IF EXISTS state")
        database.execute("DROP TABLE IF EXISTS answer")
        for statement in filter(str.strip, _TABLES.split(";")):
            database.execute(statement)
        state = State(secrets.randbits(62))
        row = (*asdict(identity).values(), _mark(stream, 0) if stream else b"", *asdict(state).values())
        database.execute(f"INSERT INTO state VALUES ({', '.join('?' * len(row))})", row)
        return state


def _mark(stream: BinaryIO, read: int) -> bytes:
    """A hash of the first and the last bytes of so much of a file."""
    running = xxhash.xxh3_128(str(read).encode())
    for begin in (0, max(read - _MARK_BYTES, 0)):
        stream.seek(begin)
        running.update(stream.read(min(_MARK_BYTES, read - begin)))
    return running.digest()


def _step(database: sqlite3.Connection, stream: BinaryIO, state: State, record: RunRecord) -> State | None:
    """Add the next lines; how far the index is then, `None` where there were none.

    Where another process has been faster, its lines count, and these are let go.
    """
    part = next(parts(stream, state.read, state.lines), None)
    if part is None:
        return None
    mark = _mark(stream, part.end)
    rows = [row for batch in part.batches for row in _rows(batch, record)]
    seen = sum(map(len, part.batches))
    with _transaction(database):
        now = _state(database)
        if now != state:
            return now
        filled = ", ".join("?" * _FIELDS)
        database.executemany(f"INSERT OR REPLACE INTO answer VALUES ({filled})", rows)
        state = State(
            state.generation,
            part.end,
            part.count,
            state.damaged + part.damage.lines,
            state.unplanned + seen - len(rows),
        )
        database.execute(
            "UPDATE state SET mark = ?, read = ?, lines = ?, damaged = ?, unplanned = ?",
            (mark, state.read, state.lines, state.damaged, state.unplanned),
        )
    return state


def _rows(columns: Columns, record: RunRecord) -> Sequence[tuple[Any, ...]]:
    """The rows of the answers that count."""
    columns = columns.take(np.flatnonzero(_counting(columns, record)))
    items = columns.item.names
    names, places = [stored(name) for name in items], [in_order(name) for name in items]
    codes = columns.item.codes.tolist()
    length = np.where(columns.completion_tokens == NONE, columns.response_length, columns.completion_tokens)
    scores = [None if score != score else score for score in columns.score.tolist()]
    return list(
        zip(
            _stored(columns.task),
            (places[code] for code in codes),
            (names[code] for code in codes),
            columns.repeat.tolist(),
            columns.status.tolist(),
            scores,
            _unparsed(columns, record).tolist(),
            np.maximum(length, 0).tolist(),
            _stored(columns.stratum),
            columns.start.tolist(),
            columns.length.tolist(),
            strict=True,
        )
    )


def _stored(labels: Labels) -> list[bytes | None]:
    names = [*(stored(name) for name in labels.names), None]
    return [names[code] for code in labels.codes.tolist()]


def _unparsed(columns: Columns, record: RunRecord) -> Any:
    """Of which nothing could be read, by a mask, but for tasks of which no results are told."""
    untold = [columns.task.code(task.name) for task in record.tasks if not task.tells_results]
    return columns.unparsed & ~np.isin(columns.task.codes, untold)


def _counting(columns: Columns, record: RunRecord) -> Any:
    """Which lines count, by a mask: none of a regrade that `run.json` does not name, none that was not to be asked."""
    regrades = {regrade.id for regrade in record.regraded}
    known = np.array([*(name in regrades for name in columns.regrade.names), True])
    planned = np.zeros(len(columns), dtype=np.bool_)
    for task in record.tasks:
        planned |= (columns.task.codes == columns.task.code(task.name)) & asked_for(task, columns)
    return known[columns.regrade.codes] & planned
