"""An index beside `samples.jsonl`, so that a large run goes on within seconds: the columns of its first lines.

It counts only for a file that begins with the very bytes that it was made of, which are hashed anew each time; whatever
stands behind them is read. An index that is broken, of another version or of another file is none. No decision rests on
one: `gate` and `compare` read the samples themselves.
"""

from __future__ import annotations

import io
import json
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import pyarrow as pa
import xxhash

from quantgate.evals.files import open_to_read, read_bytes, write_atomically
from quantgate.evals.samples.batch import LABELS
from quantgate.evals.samples.columns import NONE, Columns, Labels, Lines
from quantgate.evals.samples.damage import Damage

INDEX_FILE = "samples.index"
_VERSION = b"quantgate index 2\n"
_DIGEST_BYTES = 16
_BLOCK = 4 << 20
_METRIC = "metrics."
_MOST_BYTES = 1 << 30
"""A larger index is none: some tens of bytes a sample are usual."""


def write_index(folder: Path, file: Path, lines: Lines) -> None:
    """Keep what was read of a file beside it. Raises OSError."""
    with open_to_read(file) as stream:
        prefix = _hash_of(stream, lines.end)
    told = {"end": lines.end, "count": lines.count, "damage": asdict(lines.damage), "prefix": prefix}
    columns, arrays, names = lines.columns, {}, {}
    for field in fields(Columns):
        column = getattr(columns, field.name)
        if field.name in LABELS:
            arrays[field.name], names[field.name] = column.codes, list(column.names)
        elif column is None:
            continue  # what is seen in texts is for those who decide, and they read the samples
        elif field.name == "metrics":
            arrays |= {f"{_METRIC}{name}": values for name, values in column.items()}
        else:
            arrays[field.name] = column
    table = pa.table(arrays).replace_schema_metadata({"told": json.dumps(told | {"names": names})})
    sink = io.BytesIO()
    with pa.ipc.new_file(sink, table.schema, options=pa.ipc.IpcWriteOptions(compression="zstd")) as writer:
        writer.write_table(table)
    content = sink.getvalue()
    write_atomically(folder / INDEX_FILE, _VERSION + xxhash.xxh3_128_digest(content) + content)


def index_of(folder: Path, stream: BinaryIO) -> Lines | None:
    """The first lines of a file as its index holds them; `None` where there is no index that is of this file."""
    try:
        content = read_bytes(folder / INDEX_FILE, _MOST_BYTES)
    except OSError:
        return None
    begin = len(_VERSION) + _DIGEST_BYTES
    digest, body = content[len(_VERSION) : begin], memoryview(content)[begin:]
    if not content.startswith(_VERSION) or xxhash.xxh3_128_digest(body) != digest:
        return None
    try:
        table = pa.ipc.open_file(pa.BufferReader(pa.py_buffer(body))).read_all()
        table.validate(full=True)
        told = json.loads(table.schema.metadata[b"told"])
        if _hash_of(stream, told["end"]) != told["prefix"]:
            return None
        return Lines(_columns(table, told["names"]), told["count"], told["end"], Damage(**told["damage"]))
    except (pa.ArrowException, ValueError, TypeError, KeyError, OSError):
        return None


def _columns(table: Any, names: dict[str, list[str]]) -> Columns:
    """Raises ValueError or KeyError for what cannot be columns."""
    arrays = {name: table.column(name).combine_chunks().to_numpy(zero_copy_only=False) for name in table.column_names}
    made: dict[str, Any] = {"metrics": {}}
    for name, values in arrays.items():
        if name.startswith(_METRIC):
            made["metrics"][name.removeprefix(_METRIC)] = values
        elif name in LABELS:
            if len(values) and not (values.min() >= NONE and values.max() < len(names[name])):
                raise ValueError(f"{name}: a code without a name")
            made[name] = Labels(values.astype(np.int32, copy=False), tuple(names[name]))
        else:
            made[name] = values
    return Columns(**made)


def _hash_of(stream: BinaryIO, end: int) -> str:
    """A hash of so many bytes from a file's beginning; of fewer where it has no more."""
    stream.seek(0)
    running, left = xxhash.xxh3_128(), end
    while left and (block := stream.read(min(left, _BLOCK))):
        running.update(block)
        left -= len(block)
    return running.hexdigest()
