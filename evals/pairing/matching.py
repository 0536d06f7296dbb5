"""Matches the samples of two runs of one task by item and repeat, by columns."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from quantgate.evals.pairing.table import PairTable
from quantgate.evals.runs.record import TaskRecord
from quantgate.evals.samples.columns import NO_TEXT, NONE, Bools, Columns, Labels, Places

_Kind = TypeVar("_Kind", bound=np.generic)


def shared_rows(left: Columns, right: Columns) -> tuple[Places, Places]:
    """The rows of the samples that both runs of a task hold, in the order of the left one's."""
    items = list(left.item.names)
    repeats = int(max(left.repeat.max(initial=-1), right.repeat.max(initial=-1))) + 1
    found = np.full(len(left), NONE, dtype=np.intp)
    if repeats:
        place_of = {name: place for place, name in enumerate(items)}
        theirs = np.array([place_of.get(name, NONE) for name in right.item.names], dtype=np.int64)[right.item.codes]
        keys, other = _keys(left.item.codes, left.repeat, repeats), _keys(theirs, right.repeat, repeats)
        order = np.argsort(other, kind="stable")
        at = np.searchsorted(other[order], keys)
        at[at == len(other)] = 0
        if len(other):
            same = other[order][at] == keys
            found[same] = order[at[same]]
    ours = np.flatnonzero(found != NONE)
    return ours, found[ours]


def copies(left: Columns, right: Columns) -> Bools:
    """Which pairs of samples may be one answer twice: answered in the same second, within the same time, as long."""
    alike = (left.time != NO_TEXT) & (left.time == right.time) & (left.status == right.status)
    for one, other in ((left.latency, right.latency), (left.score, right.score)):
        alike &= (one == other) | (np.isnan(one) & np.isnan(other))
    alike &= (left.response_length == right.response_length) & (left.reasoning_length == right.reasoning_length)
    return np.asarray(alike & (left.extracted == right.extracted))


def same_answers(left: Columns, right: Columns) -> bool:
    """Whether pairs of samples are alike in all that a source may tell of them, one by one."""
    scores = (left.score == right.score) | (np.isnan(left.score) & np.isnan(right.score))
    alike = scores & (left.status == right.status) & (left.extracted == right.extracted)
    return bool((alike & (left.response_length == right.response_length)).all())


def paired_table(ours: TaskRecord, theirs: TaskRecord, left: Columns, right: Columns) -> PairTable:
    """One row for each item, as `PairTable` has them; the records are of as many items."""
    repeats = max(ours.repeats, theirs.repeats)
    heard = sorted({*left.item.present(), *right.item.present()})
    strata, clusters = (_first_told(heard, name, left, right) for name in ("stratum", "cluster"))
    absent = _strata_of_absent(ours.items - len(heard), ours.strata or theirs.strata, strata)
    missing = [f"(missing {number})" for number in range(1, len(absent) + 1)]
    every = zip([*heard, *missing], [*strata, *absent], [*clusters, *[None] * len(absent)], strict=True)
    named = sorted(every, key=lambda each: each[0])
    items = [item for item, *_ in named]
    rows = left.rows_of(items, repeats), right.rows_of(items, repeats)
    results = at_rows(left.extracted, rows[0], NO_TEXT), at_rows(right.extracted, rows[1], NO_TEXT)
    return PairTable(
        tuple(items),
        tuple(stratum for _, stratum, _ in named),
        tuple(cluster for *_, cluster in named),
        baseline=at_rows(left.score, rows[0], np.nan),
        candidate=at_rows(right.score, rows[1], np.nan),
        alike=np.asarray((results[0] == results[1]) & (results[0] != NO_TEXT)),
    )


def at_rows(values: NDArray[_Kind], rows: Places, none: object) -> NDArray[_Kind]:
    """The values of some rows, of their shape, `none` where the row is -1."""
    found = np.full(rows.shape, none, dtype=values.dtype)
    there = rows != NONE
    found[there] = values[rows[there]]
    return found


def _keys(items: NDArray[np.integer], repeats: NDArray[np.integer], most: int) -> NDArray[np.int64]:
    return np.asarray(items, dtype=np.int64) * most + repeats


def _first_told(items: Sequence[str], name: str, *builds: Columns) -> list[str | None]:
    """For each item what its samples first say under `name`, the left build's before the right one's."""
    told: dict[str, str | None] = {}
    for samples in builds:
        labels: Labels = getattr(samples, name)
        rows = np.flatnonzero(labels.codes != NONE)
        _, first = np.unique(samples.item.codes[rows], return_index=True)
        for row in rows[first].tolist():
            item = samples.item[row] or ""
            told[item] = told.get(item) or labels[row]
    return [told.get(item) for item in items]


def _strata_of_absent(count: int, planned: Mapping[str, int], heard: Sequence[str | None]) -> list[str | None]:
    """The stratum of each of `count` items that neither run holds: what the task's plan still lacks of it.

    Where no plan says, all of them belong to the smallest stratum, in which an item weighs the most.
    """
    known = Counter(stratum for stratum in heard if stratum is not None)
    lacking: list[str | None] = [
        stratum for stratum, size in planned.items() for _ in range(max(size - known[stratum], 0))
    ]
    smallest = min(known, key=lambda stratum: (known[stratum], stratum), default=None)
    return (lacking + [smallest] * count)[: max(count, 0)]
