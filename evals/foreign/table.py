"""CSV, JSON Lines and Parquet with the columns `task,item_id,repeat,score`, and what else is known of each answer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any

from quantgate.evals.contract.asked import Asked
from quantgate.evals.contract.records import Sample, Status, is_number
from quantgate.evals.documents import BrokenDocument, parse_json
from quantgate.evals.errors import DataError, RunDirectoryError
from quantgate.evals.files import open_to_read
from quantgate.evals.foreign.cells import RUN, Cells, CellsOf, csv_cells, json_cells, parquet_cells
from quantgate.evals.foreign.sources import created_of, digest_of
from quantgate.evals.foreign.types import ForeignRun, ForeignTask, Format, Row, Unread
from quantgate.evals.runs.record import RunRecord, SameBy, TaskRecord, parse_run_record
from quantgate.evals.samples.prompts import asked_of

NEEDED = ("task", "item_id", "repeat", "score")
TEXTS = (
    *("stratum", "cluster", "prompt_hash", "finish_reason", "error", "extracted", "vote", "response", "reasoning"),
    *("time", "question", "reference"),
)
NUMBERS = ("margin", "latency_s", "first_token_s", "tokens_per_s", "attempts", "seed")
OBJECTS = ("metrics", "usage", "replied_by", "messages", "continuations", "body")
KNOWN = (*NEEDED, "status", *TEXTS, *NUMBERS, *OBJECTS, RUN)
_EMPTY_IS_NONE = frozenset({"stratum", "cluster", "prompt_hash", "finish_reason", "time", "question"})
_UNKNOWN = (
    *("version", "grader", "metric", "data_hash", "temperature", "top_p", "max_tokens", "stop", "seed", "extra_body"),
    *("few_shot", "limit"),
)
_METRIC = "score"
_MOST_HELD = 64 << 20
"""Bytes of a table whose rows may be held, which take some five times as much."""


@dataclass(slots=True)
class _Seen:
    """What the rows of a task have, as far as all of them have it, and the record of the run that it was written of.

    `first` and `last` are the places of its rows in the table.
    """

    first: int
    last: int = 0
    hashed: bool = True
    asked: bool = True
    run: RunRecord | None = None

    @property
    def same_by(self) -> SameBy:
        return SameBy.PROMPT if self.hashed else SameBy.TEXT if self.asked else SameBy.ID


class _Rows:
    """The rows of a table from one place to another, read on from where the last ones ended, where that is before.

    Where tasks lie among each other, the rows of a table that is not large are held.
    """

    def __init__(self, path: Path, cells_of: CellsOf) -> None:
        self._path = path
        self._cells_of = cells_of
        self._rows: Cells | None = None
        self._at = 0
        self._held: dict[str, list[tuple[str, Mapping[str, Any] | str]]] = {}

    def hold(self, tasks: Sequence[_Seen]) -> None:
        """Read all rows at once where that spares reading the table once for each task."""
        among = any(one.last > other.first for one, other in pairwise(tasks))
        if among and self._path.stat().st_size <= _MOST_HELD:
            for row in self._cells_of(self._path):
                if not isinstance(row[1], str) and isinstance(task := row[1].get("task"), str):
                    self._held.setdefault(task, []).append(row)

    def of_task(self, task: str, seen: _Seen) -> Cells:
        """The rows of a task, with others that stand among them where nothing is held."""
        return iter(self._held[task]) if self._held else self._between(seen.first, seen.last)

    def _between(self, first: int, last: int) -> Cells:
        if self._rows is None or self._at > first:
            self._rows, self._at = self._cells_of(self._path), 0
        for row in self._rows:
            self._at += 1
            if self._at > first:
                yield row
            if self._at > last:
                return


def read_table(path: Path, cells_of: CellsOf, format: str) -> ForeignRun:
    """Read a table; `cells_of` gives its rows. Raises DataError when it has no row, or lacks a column."""
    seen, unread = _looked_through(path, cells_of)
    table = _Rows(path, cells_of)
    table.hold(list(seen.values()))
    tasks, runs = [], [each.run for each in seen.values() if each.run is not None]
    for name, each in seen.items():
        record = None if each.run is None else each.run.task(name)
        # A row that cannot be read is of no task that anybody knows: it is told with the first one.
        rows = partial(_rows, table, name, each, unread if name == next(iter(seen)) else [])
        if record is not None:
            tasks.append(_as_exported(record, each.same_by, rows))
            continue
        tasks.append(
            ForeignTask(
                name=name,
                version="unknown",
                grader=f"{format} table",
                metric=_METRIC,
                same_by=each.same_by,
                rows=rows,
                unknown=_UNKNOWN,
                provenance={"source": str(path)},
            )
        )
    if len(runs) == len(seen):
        return _of_run(format, runs[0], tasks)
    return ForeignRun(format=format, model=path.stem, created=created_of(path), tasks=tasks)


def _looked_through(path: Path, cells_of: CellsOf) -> tuple[dict[str, _Seen], list[Unread]]:
    """The tasks of a table, and its rows that are of none: each is told as the first one, which is all that is kept."""
    seen: dict[str, _Seen] = {}
    unread: list[Unread] = []
    for place, (where, cells) in enumerate(cells_of(path)):
        if isinstance(cells, str):
            unread.append(unread[0] if unread else Unread(where, cells))
            continue
        if lacking := [name for name in NEEDED if name not in cells]:
            raise DataError(f"{path}: there is no column {lacking[0]}; a table has {', '.join(NEEDED)}")
        task = cells["task"]
        if not isinstance(task, str) or not task:
            unread.append(unread[0] if unread else Unread(where, "task must be text"))
            continue
        own = seen.setdefault(task, _Seen(place))
        own.last = place
        own.hashed = own.hashed and bool(cells.get("prompt_hash"))
        own.asked = own.asked and bool(cells.get("question"))
        if own.run is None and cells.get(RUN) is not None:
            own.run = _record(cells[RUN], f"{path}, {where}: {RUN}")
    if not seen:
        raise DataError(f"{path}: it holds no row with {', '.join(NEEDED)}")
    return seen, unread


def _record(told: object, where: str) -> RunRecord:
    if not isinstance(told, str):
        raise DataError(f"{where} is no text")
    try:
        return parse_run_record(told, where)
    except RunDirectoryError as error:
        raise DataError(str(error)) from None


def _as_exported(record: TaskRecord, same_by: SameBy, rows: Any) -> ForeignTask:
    """A task as the run had it, of which the table was written."""
    return ForeignTask(
        name=record.name,
        version=record.version,
        grader=record.grader,
        metric=record.metric,
        same_by=same_by,
        rows=rows,
        record=record,
    )


def _of_run(format: str, run: RunRecord, tasks: Sequence[ForeignTask]) -> ForeignRun:
    return ForeignRun(format=format, model=run.model, created=run.created, tasks=tasks, label=run.label, record=run)


def _rows(table: _Rows, task: str, seen: _Seen, unread: Sequence[Unread]) -> Iterator[Row | Unread]:
    yield from unread
    for where, cells in table.of_task(task, seen):
        if not isinstance(cells, str) and cells.get("task") == task:
            try:
                yield _row(cells, seen.same_by)
            except ValueError as error:
                yield Unread(where, str(error))


def _row(cells: Mapping[str, Any], same_by: SameBy) -> Row:
    """Raises ValueError saying which cell cannot be."""
    texts = {name: _text(name, cells.get(name)) for name in TEXTS}
    if same_by is SameBy.TEXT:
        texts["prompt_hash"] = digest_of(texts["question"])
    status, score = _status(cells.get("status")), _score(cells["score"])
    sample = _sample(cells, texts, status, None if status is Status.ERROR else score)
    asked = _asked(cells, texts, sample)
    if status is Status.ERROR:
        said = texts["error"] or "the table says that it is a fault"
        return Row(replace(sample, error=said), asked, scored=score)
    return Row(sample, asked)


def _sample(cells: Mapping[str, Any], texts: Mapping[str, str | None], status: Status, score: float | None) -> Sample:
    item_id = cells["item_id"]
    if isinstance(item_id, int) and not isinstance(item_id, bool):
        item_id = str(item_id)
    if not isinstance(item_id, str) or not item_id:
        raise ValueError("item_id must be text")
    numbers = {name: _number(name, cells.get(name)) for name in NUMBERS}
    objects = {name: _object(name, cells.get(name)) for name in ("metrics", "usage", "replied_by")}
    error = texts["error"]
    if score is None and status is not Status.ERROR:
        status, error = Status.ERROR, error or "the table has no score for it"
    metrics = objects["metrics"]
    return Sample(
        task=cells["task"],
        item_id=item_id,
        repeat=_repeat(cells["repeat"]),
        prompt_hash=texts["prompt_hash"] or "",
        status=status,
        score=score,
        metrics=metrics if metrics is not None else {} if score is None else {_METRIC: score},
        error=error,
        usage=objects["usage"],
        attempts=_whole("attempts", numbers["attempts"]) or 1,
        seed=_whole("seed", numbers["seed"]),
        time=texts["time"] or "",
        replied_by=objects["replied_by"],
        stratum=texts["stratum"],
        cluster=texts["cluster"],
        extracted=texts["extracted"],
        vote=texts["vote"],
        response=texts["response"],
        reasoning=texts["reasoning"],
        finish_reason=texts["finish_reason"],
        margin=numbers["margin"],
        latency_s=numbers["latency_s"],
        first_token_s=numbers["first_token_s"],
        tokens_per_s=numbers["tokens_per_s"],
    )


def _asked(cells: Mapping[str, Any], texts: Mapping[str, str | None], sample: Sample) -> Asked | None:
    messages, continuations = (_object(name, cells.get(name)) for name in ("messages", "continuations"))
    if messages is None and continuations is None:
        if texts["question"] is None:
            return None
        messages = [{"role": "user", "content": texts["question"]}]
    return asked_of(
        {
            "task": sample.task,
            "item_id": sample.item_id,
            "prompt_hash": sample.prompt_hash,
            "messages": messages or [],
            "continuations": continuations or [],
            "body": _object("body", cells.get("body")) or {},
            "reference": texts["reference"],
        }
    )


def _text(name: str, value: Any) -> str | None:
    if value is None or (value == "" and name in _EMPTY_IS_NONE):
        return None
    if not isinstance(value, str | int | float) or isinstance(value, bool):
        raise ValueError(f"{name} must be text")
    return str(value)


def _number(name: str, value: Any) -> float | int | None:
    if value in (None, ""):
        return None
    try:
        number = float(value) if isinstance(value, str) else value
    except ValueError:
        number = None
    if number is None or not is_number(number):
        raise ValueError(f"{name} must be a number")
    return number


def _whole(name: str, number: float | int | None) -> int | None:
    if number is not None and number != int(number):
        raise ValueError(f"{name} must be a whole number")
    return None if number is None else int(number)


def _object(name: str, value: Any) -> Any:
    """An object or a list, itself or as JSON."""
    if value in (None, ""):
        return None
    try:
        found = parse_json(value) if isinstance(value, str) else value
    except BrokenDocument as error:
        raise ValueError(f"{name}: {error}") from None
    if not isinstance(found, dict | list):
        raise ValueError(f"{name} must be JSON")
    return found


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
    partial(read_table, cells_of=csv_cells, format="csv"),
)
JSONL = Format(
    "jsonl",
    "the same columns as JSON Lines",
    _is_json,
    partial(read_table, cells_of=json_cells, format="jsonl"),
)
PARQUET = Format(
    "parquet",
    "the same columns as Parquet",
    _is_parquet,
    partial(read_table, cells_of=partial(parquet_cells, known=frozenset(KNOWN)), format="parquet"),
)
