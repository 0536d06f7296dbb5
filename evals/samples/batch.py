"""Some samples by columns as they were read, and how many such batches become one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from quantgate.evals.contract.records import Sample
from quantgate.evals.samples.columns import (
    NONE,
    STATUS_CODES,
    TOKENS,
    Columns,
    Labels,
    Look,
    cached_tokens,
    digest,
    labelled,
    letter_code,
    token_count,
)

_DTYPES = {
    "repeat": np.int32,
    "prompt": np.uint64,
    "status": np.int8,
    "ended": np.int8,
    "score": np.float64,
    "extracted": np.uint64,
    "vote": np.uint64,
    "letter": np.int8,
    "prompt_tokens": np.int64,
    "completion_tokens": np.int64,
    "total_tokens": np.int64,
    "cached_tokens": np.int64,
    "cut_tokens": np.int64,
    "latency": np.float64,
    "time": np.uint64,
    "response_length": np.int32,
    "reasoning_length": np.int32,
    "start": np.int64,
    "length": np.int64,
}
_SEEN = {"looping": np.bool_}
SEEN_LABELS = ("leaked",)
LABELS = ("task", "item", "stratum", "cluster", "error", "finish_reason", "regrade")


@dataclass(frozen=True, slots=True)
class Line:
    """A sample that was parsed by itself, the regrade that it is of, and where its line begins and how long it is."""

    sample: Sample
    regrade: str | None = None
    start: int = 0
    length: int = 0


def columns_of(lines: Sequence[Line], look: Look | None = None) -> Columns:
    """Samples that are there one by one, as columns; `look` sees the signs in their texts."""
    samples = [line.sample for line in lines]
    responses, thoughts = [each.response for each in samples], [each.reasoning for each in samples]
    looping, leaked = (None, None) if look is None else look(responses, thoughts)

    def array(name: str, values: Iterable[Any]) -> Any:
        return np.array(list(values), dtype=_DTYPES[name])

    def number(value: float | None) -> float:
        return np.nan if value is None else float(value)

    def text(value: str | None) -> int:
        return 0 if value is None else digest(value)

    told = [each.usage or {} for each in samples]
    tokens = {name: array(name, (token_count(each.get(name)) for each in told)) for name in (*TOKENS, "cut_tokens")}
    return Columns(
        task=labelled(each.task for each in samples),
        item=labelled(each.item_id for each in samples),
        stratum=labelled(each.stratum for each in samples),
        cluster=labelled(each.cluster for each in samples),
        error=labelled(each.error for each in samples),
        finish_reason=labelled(each.finish_reason for each in samples),
        regrade=labelled(line.regrade for line in lines),
        repeat=array("repeat", (each.repeat for each in samples)),
        prompt=array("prompt", (digest(each.prompt_hash) for each in samples)),
        status=array("status", (STATUS_CODES[each.status] for each in samples)),
        ended=array("ended", (NONE if each.ended is None else STATUS_CODES[each.ended] for each in samples)),
        score=array("score", (number(each.score) for each in samples)),
        metrics={
            name: np.array([number(each.metrics.get(name)) for each in samples], dtype=np.float64)
            for name in dict.fromkeys(name for each in samples for name in each.metrics)
        },
        extracted=array("extracted", (text(each.extracted) for each in samples)),
        vote=array("vote", (text(each.vote) for each in samples)),
        letter=array("letter", (letter_code(each.extracted) for each in samples)),
        cached_tokens=array("cached_tokens", map(cached_tokens, told)),
        latency=array("latency", (number(each.latency_s) for each in samples)),
        time=array("time", (text(each.time or None) for each in samples)),
        response_length=array("response_length", map(_characters, responses)),
        reasoning_length=array("reasoning_length", map(_characters, thoughts)),
        start=array("start", (line.start for line in lines)),
        length=array("length", (line.length for line in lines)),
        looping=looping,
        leaked=leaked,
        **tokens,
    )


def _characters(text: str | None) -> int:
    return NONE if text is None else len(text)


class Gathered:
    """Batches that become one: labels are renamed as a batch comes, so that no batch keeps its own names.

    `looked` says whether the batches have what is seen in texts.
    """

    def __init__(self, *, looked: bool = False) -> None:
        self._kinds = _DTYPES | (_SEEN if looked else {})
        self._labels = LABELS + (SEEN_LABELS if looked else ())
        self._names: dict[str, dict[str, int]] = {name: {} for name in self._labels}
        self._parts: dict[str, list[Any]] = {name: [] for name in (*self._kinds, *self._labels)}
        self._metrics: dict[str, list[tuple[int, Any]]] = {}
        self._count = 0

    def add(self, batch: Columns) -> None:
        """Take the next batch."""
        for name in self._labels:
            labels, names = getattr(batch, name), self._names[name]
            codes = np.array([names.setdefault(text, len(names)) for text in labels.names] + [NONE], dtype=np.int32)
            self._parts[name].append(codes[labels.codes])
        for name in self._kinds:
            self._parts[name].append(getattr(batch, name))
        for name, values in batch.metrics.items():
            self._metrics.setdefault(name, []).append((self._count, values))
        self._count += len(batch)

    def columns(self) -> Columns:
        """All batches, one after the other. What was taken is given away: nothing can be added any more."""
        made: dict[str, Any] = {name: self._joined(name, kind) for name, kind in self._kinds.items()}
        for name in self._labels:
            made[name] = Labels(self._joined(name, np.int32), tuple(self._names.pop(name)))
        metrics = {name: self._metric(self._metrics[name]) for name in self._metrics}
        return Columns(**made, metrics=metrics)

    def _joined(self, name: str, kind: type[Any]) -> Any:
        return np.concatenate([np.empty(0, kind), *self._parts.pop(name)]).astype(kind, copy=False)

    def _metric(self, parts: Sequence[tuple[int, Any]]) -> Any:
        values = np.full(self._count, np.nan)
        for begin, part in parts:
            values[begin : begin + len(part)] = part
        return values
