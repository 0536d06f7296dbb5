"""CSV, JSON Lines and Parquet with the columns `task,item_id,repeat,score`, and what else is known of each answer."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from quantgate.evals.contract.records import Sample, Status, is_number
from quantgate.evals.errors import DataError
from quantgate.evals.files import open_to_read
from quantgate.evals.foreign.sources import created_of, lines_of, object_of, opened
from quantgate.evals.foreign.types import ForeignRun, ForeignTask, Format, Row, Unread
from quantgate.evals.runs.record import SameBy

NEEDED = ("task", "item_id", "repeat", "score")
_TEXTS = ("stratum", "cluster", "prompt_hash", "extracted", "response", "finish_reason", "error")
KNOWN = (*NEEDED, *_TEXTS, "status")
_UNKNOWN = (
    "version",
    "grader",
    "metric",
    "data_hash",
    "temperature",
    "top_p",
    "max_tokens",
    "stop",
    "seed",
    "extra_body",
    "few_shot",
    "limit",
)
_METRIC = "score"

Cells = Iterator[tuple[str, Mapping[str, Any] | str]]
"""For each row where it stands, and its cells or why it has none."""


def read_table(path: Path, cells_of: Callable[[Path], Cells], format: str) -> ForeignRun:
    """Read a table; `cells_of` gives its rows. Raises DataError when it has no row, or lacks a column."""
    names: dict[str, bool] = {}
    for _, cells in cells_of(path):
        if isinstance(cells, str):
            continue
        if lacking := [name for name in NEEDED if name not in cells]:
            raise DataError(f"{path}: there is no column {lacking[0]}; a table has {', '.join(NEEDED)}")
        task = cells["task"]
        if isinstance(task, str) and task:
            names[task] = names.get(task, True) and bool(cells.get("prompt_hash"))
    if not names:
        raise DataError(f"{path}: it holds no row with {', '.join(NEEDED)}")
    tasks = [
        ForeignTask(
            name=name,
            version="unknown",
            grader=f"{format} table",
            metric=_METRIC,
            same_by=SameBy.PROMPT if has_hashes else SameBy.ID,
            # A row that cannot be read is of no task that anybody knows: it is told with the first one.
            rows=partial(_rows, path, cells_of, name, tells_unread=name == next(iter(names))),
            unknown=_UNKNOWN,
            provenance={"source": str(path)},
        )
        for name, has_hashes in names.items()
    ]
    return ForeignRun(format=format, model=path.stem, created=created_of(path), tasks=tasks)


def _rows(path: Path, cells_of: Callable[[Path], Cells], task: str, *, tells_unread: bool) -> Iterator[Row | Unread]:
    for where, cells in cells_of(path):
        named = cells if isinstance(cells, str) else cells.get("task")
        if isinstance(cells, str) or not isinstance(named, str) or not named:
            if tells_unread:
                yield Unread(where, cells if isinstance(cells, str) else "task must be text")
        elif named == task:
            try:
                yield _row(cells)
            except ValueError as error:
                yield Unread(where, str(error))


def _row(cells: Mapping[str, Any]) -> Row:
    """Raises ValueError saying which cell cannot be."""
    texts = {name: _text(name, cells.get(name)) for name in _TEXTS}
    item_id = cells["item_id"]
    if isinstance(item_id, int) and not isinstance(item_id, bool):
        item_id = str(item_id)
    if not isinstance(item_id, str) or not item_id:
        raise ValueError("item_id must be text")
    status, score = _status(cells.get("status")), _score(cells["score"])
    if status is Status.ERROR:
        said = texts["error"] or "the table says that it is a fault"
        sample = _sample(cells, item_id, status, None, texts | {"error": said})
        return Row(sample, scored=score)
    if score is None:
        sample = _sample(cells, item_id, Status.ERROR, None, texts | {"error": "the table has no score for it"})
        return Row(sample)
    return Row(_sample(cells, item_id, status, score, texts))


def _sample(
    cells: Mapping[str, Any], item_id: str, status: Status, score: float | None, texts: Mapping[str, str | None]
) -> Sample:
    return Sample(
        task=cells["task"],
        item_id=item_id,
        repeat=_repeat(cells["repeat"]),
        prompt_hash=texts["prompt_hash"] or "",
        status=status,
        score=score,
        metrics={} if score is None else {_METRIC: score},
        stratum=texts["stratum"],
        cluster=texts["cluster"],
        extracted=texts["extracted"],
        response=texts["response"],
        finish_reason=texts["finish_reason"],
        error=texts["error"],
    )


def _text(name: str, value: Any) -> str | None:
    if value is None or value == "":
        return None
    if not isinstance(value, str | int | float) or isinstance(value, bool):
        raise ValueError(f"{name} must be text")
    return str(value)


def _status(value: Any) -> Status:
    if value in (None, ""):
        return Status.OK
    try:
        status = Status(value)
    except ValueError:
        raise ValueError(f"status must be one of {', '.join(Status)}") from None
    if status is Status.UNGRADED:
        raise ValueError("status cannot be ungraded: leave the row out, or call it error")
    return status


def _repeat(value: Any) -> int:
    try:
        number = int(value) if isinstance(value, str) else value
    except ValueError:
        number = None
    if not isinstance(number, int) or isinstance(number, bool) or number < 0:
        raise ValueError("repeat must be a whole number from 0")
    return number


def _score(value: Any) -> float | None:
    if value in (None, ""):
        return None
    try:
        number = float(value) if isinstance(value, str) else value
    except ValueError:
        number = None
    if isinstance(number, bool):
        return float(number)
    if number is None or not is_number(number) or not 0 <= number <= 1:
        raise ValueError(f"score must be a number from 0 to 1, not {str(value)[:40]!r}")
    return float(number)


def _csv_cells(path: Path) -> Cells:
    with opened(path) as stream, io.TextIOWrapper(stream, "utf-8-sig", newline="", errors="strict") as text:
        rows = csv.DictReader(text, strict=True)
        try:
            for cells in rows:
                where = f"{path.name}, line {rows.line_num:,}"
                if None in cells or None in cells.values():
                    yield where, f"it has another number of cells than the {len(rows.fieldnames or ())} columns"
                else:
                    yield where, cells
        except UnicodeDecodeError:
            raise DataError(f"{path}: it is no UTF-8") from None
        except csv.Error as error:
            raise DataError(f"{path}, line {rows.line_num:,}: {error}") from None


def _json_cells(path: Path) -> Cells:
    for where, line in lines_of(path):
        yield where, object_of(line)


def _parquet_cells(path: Path) -> Cells:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with opened(path) as stream:
            table = pq.ParquetFile(stream)
            wanted = [name for name in table.schema_arrow.names if name in KNOWN]
            number = 0
            for batch in table.iter_batches(columns=wanted):
                for cells in batch.to_pylist():
                    number += 1
                    yield f"{path.name}, row {number:,}", cells
    except (pa.ArrowException, OSError) as error:
        raise DataError(f"{path} cannot be read as Parquet: {error}") from None


def _begins(path: Path, *beginnings: bytes) -> bool:
    try:
        with open_to_read(path) as stream:
            head = stream.read(4096)
    except OSError:
        return False
    return any(beginning in head for beginning in beginnings)


def _is_csv(path: Path) -> bool:
    return path.suffix.lower() == ".csv" and _begins(path, b"item_id")


def _is_json(path: Path) -> bool:
    return path.suffix.lower() in (".jsonl", ".ndjson") and _begins(path, b'"item_id"')


def _is_parquet(path: Path) -> bool:
    return path.suffix.lower() == ".parquet" and _begins(path, b"PAR1")


CSV = Format(
    "csv",
    "a table with the columns task,item_id,repeat,score",
    _is_csv,
    partial(read_table, cells_of=_csv_cells, format="csv"),
)
JSONL = Format(
    "jsonl",
    "the same columns as JSON Lines",
    _is_json,
    partial(read_table, cells_of=_json_cells, format="jsonl"),
)
PARQUET = Format(
    "parquet",
    "the same columns as Parquet",
    _is_parquet,
    partial(read_table, cells_of=_parquet_cells, format="parquet"),
)
