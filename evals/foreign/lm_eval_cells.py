"""The rows of lm-eval's files, whichever form they are in: JSON Lines, one JSON array, Parquet."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import compress
from pathlib import Path
from typing import Any, TypeVar

from quantgate.evals.documents import BrokenDocument, parse_json
from quantgate.evals.errors import DataError
from quantgate.evals.files import read_bytes
from quantgate.evals.foreign.sources import lines_of, object_of, opened

_MOST_ARRAY = 256 << 20
"""Bytes of a JSON array, which has to be read whole; JSON Lines may be of any size."""
_ROWS_AT_ONCE = 512
_Row = TypeVar("_Row")


def cells_of_file(path: Path, done: bytearray) -> Iterator[tuple[str, dict[str, Any] | str]]:
    """Each row with where it stands, or why it is none, but for those whose byte in `done` is set.

    Raises DataError when the file cannot be read.
    """
    if path.suffix == ".parquet":
        yield from _left(_parquet(path), done)
    elif _is_array(path):
        yield from cells_of_list(path, _array(path), done)
    else:
        for where, line in _left(lines_of(path), done):
            yield where, object_of(line)


def cells_of_list(path: Path, rows: Sequence[Any], done: bytearray) -> Iterator[tuple[str, dict[str, Any] | str]]:
    """The same of rows that stand in a document."""
    for number, row in _left(enumerate(rows, 1), done):
        yield f"{path.name}, row {number:,}", row if isinstance(row, dict) else "it is no JSON object"


def _left(rows: Iterator[_Row], done: bytearray) -> Iterator[_Row]:
    return compress(rows, (not each for each in done)) if done else rows


def _is_array(path: Path) -> bool:
    with opened(path) as stream:
        return stream.read(1 << 10).removeprefix(b"\xef\xbb\xbf").lstrip()[:1] == b"["


def _array(path: Path) -> list[Any]:
    try:
        found = parse_json(read_bytes(path, _MOST_ARRAY).decode("utf-8-sig"), parse_constant=float)
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror or error}") from None
    except (BrokenDocument, UnicodeDecodeError) as error:
        raise DataError(f"{path}: {error if isinstance(error, BrokenDocument) else 'it is no UTF-8'}") from None
    return found if isinstance(found, list) else []


def _parquet(path: Path) -> Iterator[tuple[str, dict[str, Any] | str]]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with opened(path) as stream:
            table = pq.ParquetFile(stream)
            number = 0
            for batch in table.iter_batches(batch_size=_ROWS_AT_ONCE):
                for cells in batch.to_pylist():
                    number += 1
                    yield f"{path.name}, row {number:,}", cells
    except (pa.ArrowException, OSError) as error:
        raise DataError(f"{path} cannot be read as Parquet: {error}") from None
