"""Lines to columns at once, by pyarrow; what it cannot take, or takes for something else, is left to be read singly.

The way to numpy leads over pyarrow's buffers: its own `to_numpy` and `fill_null` import pandas where that is installed,
a quarter of a second of CPU.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.json as pj

from quantgate.evals.contract.records import Status
from quantgate.evals.samples.columns import (
    NONE,
    STATUS_CODES,
    STATUSES,
    TOKENS,
    Bools,
    Columns,
    Ints,
    Labels,
    Look,
    digest,
    letter_code,
)
from quantgate.evals.samples.lines import MOST_REPEATS

_TEXTS = (
    *("task", "item_id", "prompt_hash", "status", "ended", "regrade", "stratum", "cluster", "error", "extracted"),
    *("vote", "response", "reasoning", "finish_reason", "time"),
)
_NUMBERS = ("score", "margin", "latency_s", "first_token_s", "tokens_per_s")
_DETAILS, _CACHED = "prompt_tokens_details", pa.struct([("cached_tokens", pa.int64())])
_SCHEMA = pa.schema(
    [
        *((name, pa.string()) for name in _TEXTS),
        *((name, pa.int64()) for name in ("repeat", "attempts", "seed")),
        *((name, pa.float64()) for name in _NUMBERS),
        ("usage", pa.struct([*((name, pa.int64()) for name in (*TOKENS, "cut_tokens")), (_DETAILS, _CACHED)])),
        # Its fields are the task's own: they are found, not given.
        ("metrics", pa.struct([])),
    ]
)
_SCORED = [status.scored for status in STATUSES]
_NO_STATUS = len(STATUSES)


def read_lines(data: bytes, starts: Ints, lengths: Ints, look: Look | None = None) -> tuple[Columns, Bools] | None:
    """Columns of lines that are JSON objects, one each, and which of them are samples as far as can be told here.

    Parameters
    ----------
    data
        The lines, UTF-8, each from `{` to `}` and its end, none nested deeply: pyarrow's parser is recursive.
    starts, lengths
        Shape (lines,): where in the file each is.
    look
        Sees the signs in the texts.

    Returns
    -------
    tuple or None
        The columns of all lines, of which those are to be passed over that the mask, shape (lines,), leaves out; `None`
        where the lines cannot be read together.
    """
    options = pj.ReadOptions(use_threads=False, block_size=len(data) + 1)
    try:
        data.decode("utf-8")
        table = pj.read_json(pa.BufferReader(data), options, pj.ParseOptions(explicit_schema=_SCHEMA))
    except (pa.ArrowException, UnicodeDecodeError):
        return None
    if table.num_rows != len(starts):
        return None
    batch = table.combine_chunks()
    column = {name: batch.column(name).combine_chunks() for name in batch.column_names}
    columns = _columns(column, starts, lengths, look)
    return columns, _sound(column, columns)


def _columns(column: dict[str, Any], starts: Ints, lengths: Ints, look: Look | None) -> Columns:
    usage, extracted = column["usage"], column["extracted"].dictionary_encode()
    told = {name: pc.struct_field(usage, name) for name in (*TOKENS, "cut_tokens")}
    texts = column["response"], column["reasoning"]
    looping, leaked = (None, None) if look is None else look(*(each.to_pylist() for each in texts))
    return Columns(
        task=_labels(column["task"]),
        item=_labels(column["item_id"]),
        stratum=_labels(column["stratum"]),
        cluster=_labels(column["cluster"]),
        error=_labels(column["error"]),
        finish_reason=_labels(column["finish_reason"]),
        regrade=_labels(column["regrade"]),
        repeat=np.clip(_integers(column["repeat"]), NONE, MOST_REPEATS - 1).astype(np.int32),
        prompt=_digests(column["prompt_hash"].dictionary_encode()),
        status=_statuses(column["status"]),
        ended=_statuses(column["ended"]),
        score=_floats(column["score"]),
        metrics=_metrics(column["metrics"]),
        extracted=_digests(extracted),
        vote=_digests(column["vote"].dictionary_encode()),
        letter=_of_names(extracted, letter_code, np.int8, NONE),
        prompt_tokens=_counts(told["prompt_tokens"]),
        completion_tokens=_counts(told["completion_tokens"]),
        total_tokens=_counts(told["total_tokens"]),
        cached_tokens=_counts(pc.struct_field(usage, [_DETAILS, "cached_tokens"])),
        cut_tokens=_counts(told["cut_tokens"]),
        latency=_floats(column["latency_s"]),
        time=_of_names(column["time"].dictionary_encode(), lambda text: digest(text) if text else 0, np.uint64, 0),
        response_length=_lengths(column["response"]),
        reasoning_length=_lengths(column["reasoning"]),
        start=starts,
        length=lengths,
        looping=looping,
        leaked=leaked,
    )


def _sound(column: dict[str, Any], columns: Columns) -> Bools:
    """Which lines are samples, by the rules of `Sample`; where that is open, as of numbers that are none, they are not.

    What is left out is read singly, which tells what it is.
    """
    scored = np.array([*_SCORED, False])[columns.status]
    with np.errstate(invalid="ignore"):
        score = np.where(scored, (columns.score >= 0) & (columns.score <= 1), ~_there(column["score"]))
    there = [_there(column[name]) for name in ("task", "item_id", "prompt_hash", "repeat", "metrics")]
    finite = [~(np.isnan(_floats(column[name])) & _there(column[name])) for name in _NUMBERS]
    finite += [~np.isinf(_floats(column[name])) for name in _NUMBERS]
    repeats = (columns.repeat >= 0) & (columns.repeat < MOST_REPEATS - 1)
    ended = (columns.ended != NONE) == (columns.status == STATUS_CODES[Status.UNGRADED])
    known = (columns.status != _NO_STATUS) & (columns.status != NONE) & (columns.ended != _NO_STATUS)
    return np.asarray(np.all([score, *there, *finite, repeats, ended, known], axis=0))


def _labels(texts: Any) -> Labels:
    encoded = texts.dictionary_encode()
    return Labels(_codes(encoded), encoded.dictionary.to_pylist())


def _codes(encoded: Any) -> Any:
    return _filled(encoded.indices, np.int32, NONE)


def _of_names(encoded: Any, function: Callable[[str], int], kind: type[Any], none: int) -> Any:
    """What a function gives for each text, and `none` where there is no text; each different text is asked once."""
    of_names = np.array([*map(function, encoded.dictionary.to_pylist()), none], dtype=kind)
    return of_names[_codes(encoded)]


def _digests(encoded: Any) -> Any:
    return _of_names(encoded, digest, np.uint64, 0)


def _statuses(texts: Any) -> Any:
    names: dict[str, int] = {str(status): code for status, code in STATUS_CODES.items()}
    return _of_names(texts.dictionary_encode(), lambda text: names.get(text, _NO_STATUS), np.int8, NONE)


def _filled(array: Any, kind: type[Any], none: float) -> Any:
    """An array of numbers that Arrow holds as `kind`, `none` where it holds none."""
    values = _held(array, kind)
    return values if array.null_count == 0 else np.where(_there(array), values, kind(none))


def _held(array: Any, kind: type[Any]) -> Any:
    """What the buffer of an array of numbers holds, anything where it holds none."""
    return np.frombuffer(array.buffers()[1] or b"", kind)[array.offset : array.offset + len(array)]


def _there(array: Any) -> Any:
    """Where an array of anything holds something."""
    return _held(array.is_valid().cast(pa.uint8()), np.uint8).astype(np.bool_)


def _integers(numbers: Any) -> Any:
    return _filled(numbers.cast(pa.int64()), np.int64, NONE)


def _counts(numbers: Any) -> Any:
    return np.maximum(_integers(numbers), NONE)


def _floats(numbers: Any) -> Any:
    return _filled(numbers.cast(pa.float64(), safe=False), np.float64, np.nan)


def _lengths(texts: Any) -> Any:
    return _integers(pc.utf8_length(texts)).astype(np.int32)


def _metrics(metrics: Any) -> dict[str, Any]:
    """A column for each metric; what is no finite number is none."""
    found = {}
    for place, each in enumerate(metrics.type):
        if pa.types.is_integer(each.type) or pa.types.is_floating(each.type):
            values = _floats(pc.struct_field(metrics, [place]))
            found[each.name] = np.where(np.isfinite(values), values, np.nan)
    return found


_DEEPEST = 800
"""Levels of nesting that every parser bears: pyarrow's is recursive, and Python's own, which reads a sample whole,
gives up at a thousand. A line has no more levels than opening brackets."""


def suspicious(data: bytes, starts: Ints, ends: Ints) -> Bools:
    """Which lines `read_lines` may not be given, shape (lines,): they are no object by their looks, or may be deep."""
    array = np.frombuffer(data, np.uint8)
    last = array[np.maximum(ends - 2, 0)]
    last = np.where(last == ord("\r"), array[np.maximum(ends - 3, 0)], last)
    opening = np.flatnonzero((array == ord("{")) | (array == ord("[")))
    levels = np.diff(np.searchsorted(opening, ends), prepend=0)
    return np.asarray((array[starts] != ord("{")) | (last != ord("}")) | (levels > _DEEPEST))
