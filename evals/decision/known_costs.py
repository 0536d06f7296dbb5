"""What formats cost where nobody said: the bytes of weights that their servers tell, else the bits in their names."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from quantgate.evals.runs.record import RunRecord

# W4A16 says the bits of weights, then those of activations; else MXFP4, NVFP4, FP8, INT4, BF16, NF4, Q4_K_M, F16.
_WEIGHTS = re.compile(r"(?<![a-z0-9])w(\d{1,2})a\d{1,2}(?![0-9])")
_BITS = re.compile(r"(?<![a-z0-9])(?:(?:mx|nv)?fp|(?:mx)?int|bf|nf|iq|q|f)(\d{1,2})(?![0-9])")
_MOST_BITS = 64
_MOST_BYTES = 10**15
_GIGA, _MEGA = 10**9, 10**6


@dataclass(frozen=True, slots=True)
class KnownCosts:
    """Costs by the formats' names, and in what they are told; both empty where not all are known, or all are alike.

    `by_name` says that nobody told them but the names.
    """

    costs: Mapping[str, float] = field(default_factory=dict)
    unit: str = ""
    by_name: bool = False


def served_sizes(records: Mapping[str, RunRecord]) -> KnownCosts:
    """What the formats' weights take, by the formats' names, where every server tells it (llama.cpp, Ollama)."""
    sizes = {name: size for name, record in records.items() if (size := _served_bytes(record.endpoint)) is not None}
    if not _tells_apart(sizes, records):
        return KnownCosts()
    unit, scale = ("GB", _GIGA) if max(sizes.values()) >= _GIGA else ("MB", _MEGA)
    return KnownCosts({name: _rounded(size / scale) for name, size in sizes.items()}, f"{unit} of weights")


def bits_by_name(records: Mapping[str, RunRecord]) -> KnownCosts:
    """The bits of a weight that the labels, else the models' names tell, where every format's does."""
    bits = {name: found for name, record in records.items() if (found := _bits_of(record)) is not None}
    if not _tells_apart(bits, records):
        return KnownCosts()
    return KnownCosts({name: float(count) for name, count in bits.items()}, "bits of a weight, by name", by_name=True)


def bits_in(name: str) -> int | None:
    """The bits of a weight that the name of a build tells: `GLM-5.2-MXFP4` says 4; `None` where none or several do."""
    text = name.rpartition("/")[2].lower()
    found = {int(bits) for bits in _WEIGHTS.findall(text) or _BITS.findall(text)}
    return found.pop() if len(found) == 1 and 1 <= min(found) <= _MOST_BITS else None


def _bits_of(record: RunRecord) -> int | None:
    of_label = bits_in(record.label)
    return bits_in(record.model) if of_label is None else of_label


def _served_bytes(endpoint: Mapping[str, Any]) -> int | None:
    served = endpoint.get("served")
    if not isinstance(served, Mapping):
        return None
    meta = served.get("meta")
    told = [served.get("size"), meta.get("size") if isinstance(meta, Mapping) else None]
    # Nothing so small holds weights; a size of another unit is one of those.
    return next((size for size in told if type(size) is int and _MEGA <= size <= _MOST_BYTES), None)


def _tells_apart(known: Mapping[str, int], records: Mapping[str, RunRecord]) -> bool:
    return len(known) == len(records) and len(set(known.values())) > 1


def _rounded(value: float) -> float:
    return float(f"{value:.3g}")
