"""Loads a task's documents from the user's own files, where the hub cannot be reached: JSON Lines, CSV or Parquet.

No message quotes what a file holds: some benchmarks' authors ask that their text appear nowhere.
"""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from io import TextIOWrapper
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from quantgate.evals.errors import DataError
from quantgate.evals.files import open_to_read

if TYPE_CHECKING:
    from datasets import DatasetDict

MOST_DATA = 512 << 20
"""Bytes of one file of documents, unpacked."""

_ROWS_AT_ONCE = 1024
_LONGEST_CELL = 1 << 24
_HALF_PAIR = re.compile(r"\\u[dD][89a-fA-F]")
_HALF_PAIR_READ = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Row:
    """One document of a file; `where` names the file and its line or row."""

    where: str
    values: Mapping[str, Any]


def read_rows(file: Path) -> list[Row]:
    """The documents of a file: Parquet by the name's ending `.parquet`, CSV by `.csv`, else JSON Lines.

    Raises
    ------
    DataError
        When the file cannot be read, holds no document, or a row is broken; names file and line, quotes nothing.
    """
    if file.suffix.lower() == ".parquet":
        rows = list(_parquet_rows(file))
    else:
        rows = _text_rows(file, _csv_rows if file.suffix.lower() == ".csv" else _jsonl_rows)
    if not rows:
        raise DataError(f"{file} holds no documents")
    return rows


def load_splits(files: Mapping[str, str], **_: object) -> DatasetDict:
    """A dataset with one split per file; what lm-eval calls as a task's `custom_dataset`, with its metadata beside.

    A Parquet file keeps the column types of the dataset that it was written from.
    """
    from datasets import Dataset, DatasetDict

    splits = {}
    for split, name in files.items():
        file = Path(name)
        if file.suffix.lower() == ".parquet":
            splits[split] = Dataset(_parquet_table(file))
        else:
            splits[split] = Dataset.from_list([dict(row.values) for row in read_rows(file)])
    return DatasetDict(splits)


def _text_rows(file: Path, rows: Callable[[Path, TextIO], Iterator[Row]]) -> list[Row]:
    try:
        with TextIOWrapper(open_to_read(file, MOST_DATA), encoding="utf-8-sig", newline="") as stream:
            return list(rows(file, stream))
    except UnicodeDecodeError as error:
        raise DataError(f"{file} is not UTF-8 text: {error.reason} at byte {error.start}") from None
    except OSError as error:
        raise DataError(f"{file} cannot be read: {error.strerror or error}") from None


def _jsonl_rows(file: Path, stream: TextIO) -> Iterator[Row]:
    first: Mapping[str, Any] | None = None
    for number, line in enumerate(stream, start=1):
        if not line.strip():
            continue
        try:
            values = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise DataError(f"{file}, line {number} is not JSON: {error}") from None
        if not isinstance(values, dict):
            raise DataError(f"{file}, line {number} is not a JSON object")
        if _HALF_PAIR.search(line) and _HALF_PAIR_READ.search(json.dumps(values, ensure_ascii=False)):
            raise DataError(f"{file}, line {number} escapes half a surrogate pair, which no text can hold")
        first = first or values
        if values.keys() != first.keys():
            raise DataError(
                f"{file}, line {number} has the fields {', '.join(values)}, the first line {', '.join(first)}"
            )
        yield Row(f"{file}, line {number}", values)


def _csv_rows(file: Path, stream: TextIO) -> Iterator[Row]:
    # Read without pandas, which takes a cell that says "None" or "NA" for an empty one.
    csv.field_size_limit(max(csv.field_size_limit(), _LONGEST_CELL))
    reader = csv.reader(stream)
    begun = 1
    try:
        header = next(reader, [])
        if len(set(header)) != len(header):
            raise DataError(f"{file}, line 1 names a column twice")
        begun = reader.line_num + 1
        for cells in reader:
            where = f"{file}, line {begun}"
            begun = reader.line_num + 1
            if not cells:
                continue
            if len(cells) != len(header):
                raise DataError(f"{where} has {len(cells)} cells, the first line has {len(header)}")
            yield Row(where, dict(zip(header, cells, strict=True)))
    except csv.Error as error:
        raise DataError(f"{file}, line {begun} is not CSV: {error}") from None


def _parquet_rows(file: Path) -> Iterator[Row]:
    for number, values in enumerate(_parquet_table(file).to_pylist(), start=1):
        yield Row(f"{file}, row {number}", values)


def _parquet_table(file: Path) -> Any:
    import pyarrow
    import pyarrow.parquet

    try:
        with open_to_read(file, MOST_DATA) as stream, pyarrow.parquet.ParquetFile(stream) as read:
            unpacked = sum(read.metadata.row_group(group).total_byte_size for group in range(read.num_row_groups))
            _check_size(file, unpacked)
            # A value may stand in the file once and in every row, so that a few rows at a time are looked at.
            rows = max(1, min(_ROWS_AT_ONCE, MOST_DATA // max(unpacked, 1)))
            batches, size = [], 0
            for batch in read.iter_batches(rows):
                _check_size(file, size := size + sum(map(_size, batch.columns)))
                batches.append(batch)
            return pyarrow.Table.from_batches(batches, read.schema_arrow)
    except (pyarrow.lib.ArrowException, ValueError):
        raise DataError(f"{file} is not a Parquet file") from None
    except OSError as error:
        raise DataError(f"{file} cannot be read: {error.strerror or 'it is not a Parquet file'}") from None


def _size(column: Any) -> int:
    """Bytes of a column with each value written out, though it may be stored once for many rows."""
    from pyarrow import types

    kind = column.type
    if types.is_dictionary(kind):
        return _size(column.dictionary_decode())
    if types.is_string_view(kind) or types.is_binary_view(kind):
        return int(column.cast("large_string" if types.is_string_view(kind) else "large_binary").nbytes)
    if types.is_struct(kind):
        return sum(map(_size, column.flatten()))
    if types.is_map(kind):
        return int(column.offsets.nbytes) + _size(column.keys) + _size(column.items)
    if types.is_list(kind) or types.is_large_list(kind) or types.is_fixed_size_list(kind):
        return len(column) * 8 + _size(column.flatten())
    return int(column.nbytes)


def _check_size(file: Path, size: int) -> None:
    if size > MOST_DATA:
        raise DataError(f"{file} cannot be read: unpacked, it holds more than {MOST_DATA >> 20:,} MB")
