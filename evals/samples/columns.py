"""The samples of a run by columns: what counting and deciding need, without a Python object for each line."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, TypeAlias

import numpy as np
import xxhash
from numpy.typing import NDArray

from quantgate.evals.contract.records import Status
from quantgate.evals.samples.damage import Damage

Ints: TypeAlias = NDArray[np.int64]
Places: TypeAlias = NDArray[np.intp]
Floats: TypeAlias = NDArray[np.float64]
Bools: TypeAlias = NDArray[np.bool_]
Codes: TypeAlias = NDArray[np.int32]
Digests: TypeAlias = NDArray[np.uint64]

STATUSES = tuple(Status)
"""A status is held as its place in this tuple."""
STATUS_CODES = {status: code for code, status in enumerate(STATUSES)}
NONE = -1
"""Stands in a column of codes or counts for what is not there."""
NO_TEXT = np.uint64(0)
"""Stands in a column of digests for what is not there."""
LETTERS = "ABCDEFGHIJ"
NO_LETTER = len(LETTERS)
"""Stands in the column of letters for a result that is none."""
TOKENS = ("prompt_tokens", "completion_tokens", "total_tokens")
_MOST_TOKENS = 1 << 62


def digest(text: str) -> int:
    """64 bits that stand for a text wherever only its being the same matters; never that of no text."""
    return xxhash.xxh3_64_intdigest(text.encode("utf-8", "surrogatepass")) or 1


def letter_code(result: str | None) -> int:
    """The place of the letter, from A to J, that a result is, alone or in parentheses; or that it is none."""
    if result is None:
        return NONE
    bare = result.strip("() ").upper()
    return LETTERS.index(bare) if len(bare) == 1 and bare in LETTERS else NO_LETTER


def cached_tokens(usage: Mapping[str, Any]) -> int:
    """How many of a prompt's tokens came from a cache, as OpenAI, vLLM, SGLang and llama.cpp tell it."""
    details = usage.get("prompt_tokens_details")
    return token_count(details.get("cached_tokens")) if isinstance(details, Mapping) else NONE


def token_count(value: object) -> int:
    """A number of tokens as a server told it; that there is none where it told nonsense."""
    return min(value, _MOST_TOKENS) if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else NONE


@dataclass(frozen=True, slots=True, eq=False)
class Labels:
    """A column of texts that recur: `codes`, shape (samples,), are places in `names`, or -1 where there is no text."""

    codes: Codes
    names: Sequence[str]

    def __getitem__(self, row: int) -> str | None:
        code = int(self.codes[row])
        return None if code == NONE else self.names[code]

    def take(self, rows: Places | Bools) -> Labels:
        return Labels(self.codes[rows], self.names)

    def tolist(self) -> list[str | None]:
        return [None if code == NONE else self.names[code] for code in self.codes.tolist()]

    def code(self, name: str) -> int:
        """The code of a name, -1 where no sample has it."""
        return self.names.index(name) if name in self.names else NONE

    def present(self, rows: Bools | None = None) -> list[str]:
        """The names that are there, in all rows or in some."""
        codes = np.unique(self.codes if rows is None else self.codes[rows])
        return [self.names[code] for code in codes.tolist() if code != NONE]

    def counts(self, rows: Bools | None = None) -> dict[str, int]:
        """How often each name is there, in all rows or in some, in the order in which they first occur."""
        codes = self.codes if rows is None else self.codes[rows]
        found, first, times = np.unique(codes, return_index=True, return_counts=True)
        order = np.argsort(first, kind="stable")
        return {self.names[found[place]]: int(times[place]) for place in order if found[place] != NONE}


def labelled(texts: Iterable[str | None]) -> Labels:
    """Texts as a column of labels."""
    names: dict[str, int] = {}
    codes = [NONE if text is None else names.setdefault(text, len(names)) for text in texts]
    return Labels(np.array(codes, dtype=np.int32), tuple(names))


Look: TypeAlias = Callable[[Sequence[str | None], Sequence[str | None]], tuple[Bools, Labels]]
"""Sees in the responses and thoughts of some samples which loop, and the special tokens that they end with."""


@dataclass(frozen=True, slots=True, eq=False)
class Columns:
    """Samples by columns, each of shape (samples,).

    Texts that recur are `Labels`. Of `prompt_hash`, results and times only a digest is held; of a result also whether
    it is a `letter` (its place in `LETTERS`, -1 where there is no result). `status` and `ended` are places in
    `STATUSES`, `score` and `latency` are NaN and token counts -1 where there is none; of a prompt's tokens
    `cached_tokens` came from the server's cache, and `cut_tokens` were left out before it was sent. `metrics` has a
    column for each name, NaN where a sample does not have it. Of response and thoughts there are the numbers of their
    characters, -1 where there is none, whether the end is `looping`, and the special tokens that the response ends
    with, joined by line breaks; both are `None` where nobody looked. `start` and `length` say where the line is in its
    file, in bytes.
    """

    task: Labels
    item: Labels
    repeat: Codes
    prompt: Digests
    status: NDArray[np.int8]
    ended: NDArray[np.int8]
    score: Floats
    metrics: Mapping[str, Floats]
    stratum: Labels
    cluster: Labels
    error: Labels
    finish_reason: Labels
    regrade: Labels
    extracted: Digests
    vote: Digests
    letter: NDArray[np.int8]
    prompt_tokens: Ints
    completion_tokens: Ints
    total_tokens: Ints
    cached_tokens: Ints
    cut_tokens: Ints
    latency: Floats
    time: Digests
    response_length: Codes
    reasoning_length: Codes
    start: Ints
    length: Ints
    looping: Bools | None = None
    leaked: Labels | None = None

    def __len__(self) -> int:
        return len(self.repeat)

    def take(self, rows: Places | Bools) -> Columns:
        """Some of the samples, by their rows or by a mask; these very columns where the mask takes all."""
        if rows.dtype == np.bool_ and rows.all():
            return self
        return Columns(**{field.name: _taken(getattr(self, field.name), rows) for field in fields(self)})

    def is_status(self, *statuses: Status) -> Bools:
        """Which samples have one of these statuses."""
        return np.isin(self.status, [STATUS_CODES[status] for status in statuses])

    @property
    def scored(self) -> Bools:
        """Which samples have a score."""
        return ~np.isnan(self.score)

    @property
    def turned_away(self) -> Bools:
        """Which the server would not take; as `Sample.turned_away`."""
        silent = (self.response_length == NONE) & (self.error.codes != NONE)
        return np.asarray(self.is_status(Status.TRUNCATED, Status.REFUSED) & silent)

    @property
    def unparsed(self) -> Bools:
        """Of which no result could be read; as `Sample.unparsed`."""
        return np.asarray(self.is_status(Status.OK, Status.TRUNCATED) & (self.extracted == NO_TEXT))

    def usage(self, row: int) -> dict[str, int]:
        """The token counts of one sample, as a server tells them, without those that it did not tell."""
        return {name: count for name in TOKENS if (count := int(getattr(self, name)[row])) != NONE}

    def last_of_each_key(self) -> Columns:
        """For each task, item and repeat its last sample, in the order in which the keys first occur."""
        base = int(self.repeat.max(initial=0)) + 1
        keys = (self.task.codes.astype(np.int64) * len(self.item.names) + self.item.codes) * base + self.repeat
        found, first = np.unique(keys, return_index=True)
        if len(found) == len(keys):
            return self
        last = len(keys) - 1 - np.unique(keys[::-1], return_index=True)[1]
        return self.take(last[np.argsort(first, kind="stable")])

    def of_task(self, task: str) -> Columns:
        """The samples of one task; the other tasks' items are named no more."""
        rows = self.task.codes == self.task.code(task)
        return (self if rows.all() else self.take(rows)) if task in self.task.names else self.take(rows & False)

    def rows_of(self, items: Sequence[str], repeats: int) -> Places:
        """The row of each item's each repeat, shape (items, repeats), -1 where there is no sample; of one task.

        The last row counts where a key has several.
        """
        place_of = {name: place for place, name in enumerate(items)}
        places = np.array([place_of.get(name, NONE) for name in self.item.names], dtype=np.intp)
        found = np.full((len(items), repeats), NONE, dtype=np.intp)
        known = np.flatnonzero(self.repeat < repeats)
        known = known[places[self.item.codes[known]] != NONE] if len(places) else known[:0]
        found[places[self.item.codes[known]], self.repeat[known]] = known
        return found


@dataclass(frozen=True, slots=True, eq=False)
class Lines:
    """All samples that were read, in the order of their lines.

    `count` has the lines, damaged ones too, `end` the bytes of the file that they are.
    """

    columns: Columns
    count: int
    end: int
    damage: Damage


def _taken(column: Any, rows: Places | Bools) -> Any:
    if column is None:
        return None
    if isinstance(column, Labels):
        return column.take(rows)
    if isinstance(column, Mapping):
        return {name: values[rows] for name, values in column.items()}
    return column[rows]
