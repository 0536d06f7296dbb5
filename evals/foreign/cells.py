"""The rows of CSV, JSON Lines and Parquet as mappings of cells, one at a time in memory; what guards cells of CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, TypeAlias

from quantgate.evals.errors import DataError
from quantgate.evals.foreign.sources import MOST_LINE, lines_of, object_of, opened
from quantgate.evals.text import one_line

Cells: TypeAlias = Iterator[tuple[str, Mapping[str, Any] | str]]
"""For each row where it stands, and its cells or why it has none."""
CellsOf: TypeAlias = Callable[[Path], Cells]

RUN = "run"
"""The column of tables that quantgate wrote: it has the run's record in the first row of each task."""
_GUARD = "'"
_FORMULA = tuple("=+-@＝＋－＠")
"""With these a spreadsheet takes a cell for a formula; some also in the wide forms of Chinese and Japanese."""
_ROWS_AT_ONCE = 512


def guarded(text: str) -> str:
    """A text as a cell that is no formula and no empty one; `unguarded` gives the text back, whatever it was."""
    is_formula = text.lstrip().startswith(_FORMULA) or text.startswith(("\t", "\r"))
    return _GUARD + text if not text or is_formula or text.startswith(_GUARD) else text


def unguarded(cell: str) -> str | None:
    """The text of a cell that `guarded` made; none of an empty one."""
    return (cell[1:] if cell.startswith(_GUARD) else cell) if cell else None


def csv_cells(path: Path) -> Cells:
    """The rows of a CSV file. Raises DataError when it is none."""
    csv.field_size_limit(MOST_LINE)  # thoughts are longer than the 128 KB that it takes else
    with opened(path) as stream, io.TextIOWrapper(stream, "utf-8-sig", newline="", errors="strict") as text:
        rows = csv.DictReader(_bounded(text, path), strict=True)
        try:
            names = rows.fieldnames or ()
            _check_once(names, path)
            is_own = RUN in names
            for cells in rows:
                where = f"{path.name}, line {rows.line_num:,}"
                if None in cells or None in cells.values():
                    yield where, f"it has another number of cells than the {len(names)} columns"
                else:
                    yield where, {name: unguarded(cell) if is_own else cell or None for name, cell in cells.items()}
        except UnicodeDecodeError:
            raise DataError(f"{path}: it is no UTF-8") from None
        except csv.Error as error:
            raise DataError(f"{path}, line {rows.line_num:,}: {error}") from None


def json_cells(path: Path) -> Cells:
    """The objects of a file of JSON Lines."""
    for where, line in lines_of(path):
        yield where, object_of(line)


def parquet_cells(path: Path, known: frozenset[str] | None) -> Cells:
    """The rows of a Parquet file, of the known columns, or of all. Raises DataError when it is none."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with opened(path) as stream:
            table = pq.ParquetFile(stream)
            names = table.schema_arrow.names
            _check_once(names, path)
            number = 0
            wanted = [name for name in names if known is None or name in known]
            for batch in table.iter_batches(_ROWS_AT_ONCE, columns=wanted):
                for cells in batch.to_pylist():
                    number += 1
                    yield f"{path.name}, row {number:,}", cells
    except (pa.ArrowException, OSError, ValueError, UnicodeDecodeError, OverflowError) as error:
        raise DataError(f"{path} cannot be read as Parquet: {one_line(str(error), 200)}") from None


def _bounded(text: io.TextIOWrapper, path: Path) -> Iterator[str]:
    while line := text.readline(MOST_LINE):
        if len(line) == MOST_LINE and not line.endswith(("\n", "\r")):
            raise DataError(f"{path}: a line has more than {MOST_LINE >> 20} MB")
        yield line


def _check_once(names: Any, path: Path) -> None:
    if again := [name for name in names if list(names).count(name) > 1]:
        raise DataError(f"{path}: it has the column {one_line(str(again[0]), 60)} twice")
