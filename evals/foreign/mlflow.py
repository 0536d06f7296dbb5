"""Evaluation tables of MLflow: `eval_results_table.json`, or the same table as Parquet."""

from __future__ import annotations

import json
import math
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from quantgate.evals.contract.asked import Asked
from quantgate.evals.contract.records import Sample, Status, is_number
from quantgate.evals.errors import DataError
from quantgate.evals.files import open_to_read
from quantgate.evals.foreign.cells import Cells, parquet_cells
from quantgate.evals.foreign.sources import (
    BEFORE_TEXT,
    TOO_DEEP,
    created_of,
    digest_of,
    document_of,
    is_deep,
    item_of_several,
)
from quantgate.evals.foreign.types import ForeignRun, ForeignTask, Format, Row, Unread
from quantgate.evals.runs.record import SameBy
from quantgate.evals.secrets import redacted
from quantgate.evals.text import one_line

_FORMAT = "mlflow"
_TABLE = "eval_results_table.json"
_HEAD = 64 << 10
_ID_LENGTH = 16
_INPUTS = ("inputs", "input", "question", "questions", "prompt", "request", "messages")
_ANSWERS = ("predictions", "prediction", "outputs", "output", "response")
_REFERENCES = ("ground_truth", "targets", "target", "expected_response", "reference", "label")
_LATENCY = "latency"
_SCORE = re.compile(r"(?P<metric>.+?)(?:/(?P<version>v\d+))?/(?:score|value)")
_SCORE_BYTES = re.compile(rb"/(?:score|value)\b")
_LESS_IS_BETTER = frozenset({"toxicity", "flesch_kincaid_grade_level", "ari_grade_level", "latency", "token_count"})
_UNKNOWN = (
    *("grader", "data_hash", "temperature", "top_p", "max_tokens", "stop", "seed", "extra_body", "few_shot", "limit"),
)


@dataclass(frozen=True, slots=True)
class _Table:
    """A table: its rows, from the beginning each time, what its columns are, and what stands in them.

    `counts` has how often each question is there; `outside`, by column of scores, a number that is none from 0 to 1;
    `scored` the columns that have numbers.
    """

    path: Path
    rows: Callable[[], Cells]
    columns: Sequence[str]
    question: str
    answer: str | None
    reference: str | None
    counts: Counter[str] = field(default_factory=Counter)
    outside: dict[str, float] = field(default_factory=dict)
    scored: set[str] = field(default_factory=set)

    @property
    def repeats(self) -> int:
        """How often each question is there, where all are as often; else those that are alike are numbered."""
        often = set(self.counts.values())
        return often.pop() if len(often) == 1 else 1

    def digest(self, cells: Mapping[str, Any]) -> str:
        return digest_of([cells.get(self.question), cells.get(self.reference) if self.reference else None])


def read(path: Path) -> ForeignRun:
    """Read a table: each column of scores from 0 to 1 is a task. Raises DataError, in one line, where there is none."""
    file = _file_at(path)
    table = _table(file)
    tasks, notes = [], []
    for column in table.columns:
        if (named := _SCORE.fullmatch(column)) is None:
            continue
        if why := _no_accuracy(table, column, named["metric"]):
            notes.append(f"left out: {one_line(column, 60)}, {why}")
            continue
        tasks.append(_task(table, column, named))
    if not tasks:
        raise DataError(
            f"{file}: no column has a score from 0 to 1 for each row{f' ({notes[0]})' if notes else ''}; totals alone "
            "are judged by `quantgate claim`"
        )
    return ForeignRun(
        format=_FORMAT, model="unknown", created=created_of(file), tasks=tasks, label=path.stem, notes=tuple(notes)
    )


def _file_at(path: Path) -> Path:
    if not path.is_dir():
        return path
    found = next((file for folder in ("", "artifacts") if (file := path / folder / _TABLE).is_file()), None)
    if found is None:
        raise DataError(f"{path}: it holds no {_TABLE}")
    return found


def recognised(path: Path) -> bool:
    """Whether a path is a table of MLflow with scores, or a folder that holds one."""
    try:
        file = _file_at(path)
        with open_to_read(file) as stream:
            head = stream.read(_HEAD)
            if file.suffix != ".parquet":
                head = head.replace(b"\\/", b"/").lstrip(BEFORE_TEXT)
                return head.startswith(b"{") and b'"columns"' in head[:_HEAD] and _SCORE_BYTES.search(head) is not None
            stream.seek(max(0, file.stat().st_size - _HEAD))
            return head.startswith(b"PAR1") and _SCORE_BYTES.search(stream.read(_HEAD)) is not None
    except (OSError, DataError):
        return False


def _table(file: Path) -> _Table:
    """Look through a table once. Raises DataError where it is none, or nobody knows what was asked."""
    columns, rows = _parquet(file) if file.suffix == ".parquet" else _json(file)
    inputs = tuple(name for name in _INPUTS if name in columns)[:1]
    if not inputs:
        raise DataError(f"{file}: no column is called {', '.join(_INPUTS)}: what was asked is not known")
    answer = next((name for name in _ANSWERS if name in columns), None)
    reference = next((name for name in _REFERENCES if name in columns), None)
    table = _Table(file, rows, columns, inputs[0], answer, reference)
    scores = [name for name in columns if _SCORE.fullmatch(name)]
    for _, cells in rows():
        if isinstance(cells, str):
            continue
        table.counts[table.digest(cells)] += 1
        for column in scores:
            value = cells.get(column)
            if isinstance(value, int) or (isinstance(value, float) and not math.isnan(value)):
                table.scored.add(column)
                if not 0 <= value <= 1:
                    table.outside.setdefault(column, value)
    return table


def _json(file: Path) -> tuple[list[str], Callable[[], Cells]]:
    document = document_of(file)
    columns, data = document.get("columns"), document.get("data")
    if (
        not isinstance(columns, list)
        or not isinstance(data, list)
        or not all(isinstance(each, str) for each in columns)
    ):
        raise DataError(f"{file}: it is no table of MLflow, which has columns and data")
    if len(set(columns)) < len(columns):
        raise DataError(f"{file}: a column is there twice")

    def rows() -> Cells:
        for number, cells in enumerate(data, 1):
            is_row = isinstance(cells, list) and len(cells) == len(columns)
            found = dict(zip(columns, cells, strict=True)) if is_row else f"it has not the {len(columns)} columns"
            yield f"{file.name}, row {number:,}", TOO_DEEP if is_deep(cells) else found

    return columns, rows


def _parquet(file: Path) -> tuple[list[str], Callable[[], Cells]]:
    rows = partial(parquet_cells, file, None)
    _, first = next(rows(), ("", {}))
    return (list(first) if isinstance(first, Mapping) else []), rows


def _no_accuracy(table: _Table, column: str, metric: str) -> str | None:
    """Why the numbers of a column cannot be gated; `None` where they can."""
    if metric in _LESS_IS_BETTER:
        return "of which less is better"
    if column not in table.scored:
        return "which has no numbers"
    if column in table.outside:
        return f"whose numbers are not from 0 to 1 ({one_line(str(table.outside[column]), 20)})"
    return None


def _task(table: _Table, column: str, named: re.Match[str]) -> ForeignTask:
    return ForeignTask(
        name=named["metric"],
        version=named["version"] or "unknown",
        grader=_FORMAT,
        metric=column,
        same_by=SameBy.TEXT,
        rows=partial(_rows, table, column, named["metric"]),
        unknown=(*_UNKNOWN, *([] if named["version"] else ["version"])),
        provenance={"source": str(table.path)},
        repeats=table.repeats,
    )


def _rows(table: _Table, column: str, task: str) -> Iterator[Row | Unread]:
    seen: Counter[str] = Counter()
    for where, cells in table.rows():
        if isinstance(cells, str):
            yield Unread(where, cells)
            continue
        digest = table.digest(cells)
        number, seen[digest] = seen[digest], seen[digest] + 1
        repeat, place, count = (number, 0, 1) if table.repeats > 1 else (0, number, table.counts[digest])
        item_id = item_of_several(digest[:_ID_LENGTH], place, count)
        try:
            yield _row(table, cells, column, (task, item_id, repeat))
        except ValueError as error:
            yield Unread(where, str(error))


def _row(table: _Table, cells: Mapping[str, Any], column: str, key: tuple[str, str, int]) -> Row:
    """Raises ValueError saying what cannot be."""
    task, item_id, repeat = key
    score, answer = _score(cells.get(column)), cells.get(table.answer) if table.answer else None
    fault = None if score is not None else "MLflow has no score for it"
    if table.answer is not None and answer is None:
        fault = "there is no answer"
    response = None if answer is None else _text(answer)
    empty = fault is None and score == 0 and response is not None and not response.strip()
    reference, latency = cells.get(table.reference) if table.reference else None, cells.get(_LATENCY)
    digest = table.digest(cells)
    sample = Sample(
        task=task,
        item_id=item_id,
        repeat=repeat,
        prompt_hash=digest,
        status=Status.ERROR if fault else Status.EMPTY if empty else Status.OK,
        score=None if fault else score,
        metrics={} if fault or score is None else {column: score},
        error=fault,
        usage=None,
        attempts=1,
        time="",
        response=response,
        latency_s=float(latency) if isinstance(latency, int | float) and 0 <= latency < 1e9 else None,
    )
    messages = ({"role": "user", "content": _text(cells.get(table.question))},)
    asked = Asked(task, item_id, digest, messages, reference=None if reference is None else _text(reference))
    return Row(sample, asked, scored=score if fault else None)


def _score(told: object) -> float | None:
    if told is None or (isinstance(told, float) and math.isnan(told)):
        return None
    if not isinstance(told, bool | float) and not is_number(told):
        raise ValueError(f"a score must be a number from 0 to 1, and is {one_line(str(told), 40)}")
    return float(told)


def _text(value: object) -> str:
    return redacted(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str))


MLFLOW = Format(
    _FORMAT,
    "evaluation tables of MLflow: eval_results_table.json, its folder, or the table as Parquet",
    recognised,
    read,
)
