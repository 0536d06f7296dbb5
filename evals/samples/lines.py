"""One line of `samples.jsonl`: written so that it is JSON whatever a server sent; read, or refused with the reason."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import Any

from quantgate.evals.contract.records import Sample, Status, is_number

SAMPLES_FILE = "samples.jsonl"
REGRADE = "regrade"
MOST_REPEATS = 1 << 31
"""More answers to one item than anybody asks: a `repeat` from here on is damage."""

_FIELDS = tuple(field.name for field in fields(Sample))
_UNTOLD = ("attempts", "time")
"""What a line may leave out, or say null for."""
_MOST_LEVELS = 16
"""So deep may what a server told of its usage be nested; what lies deeper is left out."""


def line_of(sample: Sample, regrade: str | None = None) -> bytes:
    """A sample as one line with its end. Numbers that JSON does not have (NaN, infinity) become null."""
    told = {name: getattr(sample, name) for name in _FIELDS}
    for name in ("ended", "replied_by"):
        if told[name] is None:
            del told[name]
    if regrade is not None:
        told[REGRADE] = regrade
    try:
        text = json.dumps(told, ensure_ascii=False, allow_nan=False)
    except (ValueError, RecursionError):
        text = json.dumps(_mended(told), ensure_ascii=False, allow_nan=False)
    return (text + "\n").encode("utf-8", "backslashreplace")


def parse_line(line: bytes) -> tuple[str | None, Sample]:
    """The id of the regrade that a line is of, `None` where it is of none, and its sample.

    Raises
    ------
    ValueError
        Saying why it is no sample: it is no JSON, has a field twice, or a field with what that cannot be.
    """
    document = json_object(line)
    regrade = document.get(REGRADE)
    if not isinstance(regrade, str | None):
        raise ValueError(f"{REGRADE} must be text")
    try:
        return regrade, _sample(document)
    except KeyError as error:
        raise ValueError(f"it has no {error.args[0]}") from None
    except (TypeError, OverflowError) as error:
        raise ValueError(str(error)) from None


def json_object(line: bytes) -> dict[str, Any]:
    """The object of a line of JSON; null in place of numbers that JSON does not have.

    Raises
    ------
    ValueError
        Saying why it is none, or that it has a field twice.
    """
    try:
        document = json.loads(
            line.decode("utf-8-sig"),
            object_pairs_hook=_each_once,
            parse_constant=lambda _: None,
            parse_float=_finite,
        )
    except UnicodeDecodeError:
        raise ValueError("it is no UTF-8") from None
    except json.JSONDecodeError as error:
        raise ValueError(f"it is no JSON: {error.msg}" if line.strip() else "it is empty") from None
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
    if not isinstance(document, dict):
        raise ValueError("it is no JSON object")
    return document


def _sample(document: Mapping[str, Any]) -> Sample:
    known = {name: value for name, value in document.items() if name in _FIELDS}
    for name in ("task", "item_id", "repeat", "prompt_hash", "status"):
        if name not in known:
            raise KeyError(name)
    for name in _UNTOLD:
        if name in known and known[name] is None:
            del known[name]
    if isinstance(metrics := known.get("metrics"), dict):
        known["metrics"] = {name: value for name, value in metrics.items() if is_number(value)}
    ended = known.get("ended")
    statuses = {"status": Status(known["status"]), "ended": None if ended is None else Status(ended)}
    sample = Sample(**{"score": None, **known, **statuses})
    if sample.repeat >= MOST_REPEATS:
        raise ValueError(f"repeat cannot be {sample.repeat:.3g}")
    return sample


def _each_once(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    document = dict(pairs)
    if len(document) != len(pairs):
        raise ValueError("it has a field twice")
    return document


def _finite(digits: str) -> float | None:
    number = float(digits)
    return number if math.isfinite(number) else None


def _mended(value: Any, levels: int = _MOST_LEVELS) -> Any:
    """What JSON can hold of a value: null in place of numbers that are none, and of what is nested too deeply."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {str(name): _mended(each, levels - 1) for name, each in value.items()} if levels else None
    if isinstance(value, list | tuple):
        return [_mended(each, levels - 1) for each in value] if levels else None
    return value
