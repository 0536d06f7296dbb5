"""Whether repeats at a temperature above 0 say anything new, or the server gives one answer again and again."""

from __future__ import annotations

import numpy as np

from quantgate.evals.checks.build import Build
from quantgate.evals.checks.finding import Finding, FindingCode
from quantgate.evals.contract.records import Status
from quantgate.evals.samples.columns import Bools, Places

_LEAST_ITEMS = 5
"""Fewer items may well have the same short answer every time."""

_LONG = 200
"""Characters. Sampled texts of so many are not the same again and again; shorter ones may be, on many items."""


def repeats_alike(build: Build) -> Finding | None:
    """A finding where repeats are the same text though the temperature is above 0.

    That is on every item, or of long texts on more than half: batching changes some texts of a greedy server, and a
    cache of replies misses where two repeats are asked at a time.
    """
    temperature = build.sampling.get("temperature")
    if not isinstance(temperature, int | float) or not temperature:
        return None
    rows, begins = _repeated(build)
    if len(begins) < _LEAST_ITEMS:
        return None
    lengths = build.samples.response_length[rows] + np.maximum(build.samples.reasoning_length[rows], 0)
    long = np.maximum.reduceat(lengths, begins) >= _LONG
    alike = _alike(build, rows, begins, long)
    if alike.all():
        which = f"on each of {len(begins):,} items"
        why = "the server ignores the temperature (transformers serve does, where generation_config lacks do_sample)"
    elif _mostly(alike, long):
        which = f"on {int(alike[long].sum()):,} of {int(long.sum()):,} items with long answers"
        why = "the server ignores the temperature, or replies come from a cache"
    else:
        return None
    return build.finding(
        FindingCode.REPEATS_ALIKE,
        f"all repeats of {build.answers} are identical at temperature {temperature:g}, {which}: {why}, "
        "so that repeats add nothing; `quantgate doctor` shows it",
    )


def _repeated(build: Build) -> tuple[Places, Places]:
    """The rows of answers to items that have several, item by item; and where in them each item's begin."""
    samples = build.samples
    rows = np.flatnonzero(samples.is_status(Status.OK, Status.TRUNCATED) & (samples.response_length > 0))
    items = samples.item.codes[rows]
    several = np.bincount(items, minlength=1)[items] > 1
    rows, items = rows[several], items[several]
    order = np.argsort(items, kind="stable")
    return rows[order], np.flatnonzero(np.diff(items[order], prepend=-2))


def _mostly(alike: Bools, long: Bools) -> bool:
    """Whether more than half of the items with long answers, and not of just a few such, are alike."""
    return bool(long.sum() >= _LEAST_ITEMS and 2 * alike[long].sum() > long.sum())


def _alike(build: Build, rows: Places, begins: Places, long: Bools) -> Bools:
    """Of each item, whether its texts are the same; they are read only where they are as long as one another.

    And only as long as all items may be alike, or most with long answers: else what is not read counts as alike.
    """
    samples = build.samples
    alike = np.ones(len(begins), dtype=np.bool_)
    for lengths in (samples.response_length[rows], np.maximum(samples.reasoning_length[rows], 0)):
        alike &= np.minimum.reduceat(lengths, begins) == np.maximum.reduceat(lengths, begins)
    if not alike.all():
        if not _mostly(alike, long):
            return alike
        alike &= long
    item = np.repeat(np.arange(len(begins)), np.diff(begins, append=len(rows)))
    read = alike[item]
    begun = -1
    first: tuple[str, str | None] = "", None
    for place, sample in zip(item[read].tolist(), build.whole(rows[read]), strict=True):
        said = (sample.reasoning or "", sample.response)
        if place != begun:
            begun, first = place, said
        elif said != first:
            alike[place] = False
            if not _mostly(alike, long):
                break
    return alike
