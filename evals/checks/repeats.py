"""Whether repeats at a temperature above 0 say anything new, or the server gives one answer again and again."""

from __future__ import annotations

import numpy as np

from quantgate.evals.checks.build import Build
from quantgate.evals.checks.finding import Finding, FindingCode
from quantgate.evals.contract.records import Status
from quantgate.evals.samples.columns import Places

_LEAST_ITEMS = 5
"""Fewer items may well have the same short answer every time."""


def repeats_alike(build: Build) -> Finding | None:
    """A finding where all repeats of every item are the same text though the temperature is above 0."""
    temperature = build.sampling.get("temperature")
    if not isinstance(temperature, int | float) or not temperature:
        return None
    rows, begins = _repeated(build)
    if len(begins) < _LEAST_ITEMS or not _alike(build, rows, begins):
        return None
    return build.finding(
        FindingCode.REPEATS_ALIKE,
        f"all repeats of {build.answers} are identical at temperature {temperature:g}, on each of {len(begins):,} "
        "items: the server ignores the temperature (transformers serve does, where generation_config lacks do_sample), "
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


def _alike(build: Build, rows: Places, begins: Places) -> bool:
    """Whether the texts of each item are the same; they are read only where they are as long as one another."""
    samples = build.samples
    for lengths in (samples.response_length[rows], np.maximum(samples.reasoning_length[rows], 0)):
        if (np.minimum.reduceat(lengths, begins) != np.maximum.reduceat(lengths, begins)).any():
            return False
    first: tuple[str, str | None] | None = None
    beginning = set(begins.tolist())
    for place, sample in enumerate(build.whole(rows)):
        said = (sample.reasoning or "", sample.response)
        if place in beginning:
            first = said
        elif said != first:
            return False
    return True
