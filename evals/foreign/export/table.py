"""A run as a table: CSV, JSON Lines or Parquet, a row for each answer, which `import` reads back without loss."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, replace
from itertools import islice
from pathlib import Path
from typing import Any

from quantgate.evals.contract.records import Sample, Status
from quantgate.evals.foreign.cells import RUN, guarded
from quantgate.evals.foreign.export.types import Target, answers
from quantgate.evals.foreign.table import KNOWN, NUMBERS, OBJECTS
from quantgate.evals.inspection.opened import OpenedRun
from quantgate.evals.inspection.seen import Seen

_COLUMNS = tuple(name for name in KNOWN if name != "question")
_ROWS_AT_ONCE = 1_000

_Row = dict[str, Any]


def _rows(run: OpenedRun) -> Iterator[_Row]:
    for task in run.record.tasks:
        record = replace(run.record, tasks=(task,)).to_json()
        for place, seen in enumerate(answers(run, task.name)):
            yield _row(seen) | ({RUN: json.dumps(json.loads(record), ensure_ascii=False)} if place == 0 else {})


def _row(seen: Seen) -> _Row:
    sample, asked = seen.sample, seen.asked
    row: _Row = {name: getattr(sample, name, None) for name in _COLUMNS}
    row["status"], row["prompt_hash"] = sample.status.value, sample.prompt_hash or None
    row["time"] = sample.time or None
    if sample.status is Status.UNGRADED:
        row["status"], row["error"] = Status.ERROR.value, _ungraded(sample)
    if asked is not None and not asked.private:
        row["messages"] = [dict(each) for each in asked.messages] or None
        row["continuations"] = [asdict(each) for each in asked.continuations] or None
        row["body"] = dict(asked.body) or None
        row["reference"] = asked.reference
    for name in OBJECTS:
        row[name] = row[name] if row[name] is None else json.dumps(row[name], ensure_ascii=False, default=dict)
    return row


def _ungraded(sample: Sample) -> str:
    return f"not graded: {sample.error}" if sample.error else "not graded"


def _lost(run: OpenedRun) -> list[str]:
    """What a table does not hold of a run."""
    lost = []
    columns = run.held.columns
    if count := int(columns.is_status(Status.UNGRADED).sum()):
        lost.append(f"{count:,} ungraded answers are written as faults: `quantgate regrade` grades them before")
    lost += [
        f"{task.name}: texts are left out, as its authors ask: --reveal writes them"
        for task in run.record.tasks
        if run.hidden(task.name)
    ]
    lost += [
        f"{task.name}: no answer is there, and a table has rows of answers alone"
        for task in run.record.tasks
        if not len(run.task(task.name))
    ]
    return lost


def _write_csv(run: OpenedRun, out: Path) -> Sequence[str]:
    with open(out, "x", encoding="utf-8", errors="backslashreplace", newline="") as stream:
        rows = csv.writer(stream)
        rows.writerow(_COLUMNS)
        rows.writerows([_cell(row.get(name)) for name in _COLUMNS] for row in _rows(run))
    return _lost(run)


def _cell(value: object) -> object:
    return guarded(value) if isinstance(value, str) else value


def _write_jsonl(run: OpenedRun, out: Path) -> Sequence[str]:
    with open(out, "x", encoding="utf-8", errors="backslashreplace", newline="\n") as stream:
        for row in _rows(run):
            told = {name: value for name, value in row.items() if value is not None or name == "score"}
            stream.write(json.dumps(told, ensure_ascii=False, allow_nan=False) + "\n")
    return _lost(run)


def _write_parquet(run: OpenedRun, out: Path) -> Sequence[str]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    whole = ("repeat", "attempts", "seed")
    kinds = {name: pa.int64() for name in whole} | {
        name: pa.float64() for name in ("score", *NUMBERS) if name not in whole
    }
    schema = pa.schema([(name, kinds.get(name, pa.string())) for name in _COLUMNS])
    with open(out, "xb") as stream, pq.ParquetWriter(stream, schema) as writer:
        every = _rows(run)
        while rows := list(islice(every, _ROWS_AT_ONCE)):
            table = [{name: _utf8(row.get(name)) for name in _COLUMNS} for row in rows]
            writer.write_table(pa.Table.from_pylist(table, schema=schema))
    return _lost(run)


def _utf8(value: Any) -> Any:
    """What UTF-8 cannot hold, half of a surrogate pair, as JSON's own escape."""
    return value.encode("utf-8", "backslashreplace").decode("utf-8") if isinstance(value, str) else value


CSV = Target("csv", "a table of answers that `import csv` reads back", ".csv", _write_csv)
JSONL = Target("jsonl", "the same as JSON Lines", ".jsonl", _write_jsonl)
PARQUET = Target("parquet", "the same as Parquet", ".parquet", _write_parquet)
