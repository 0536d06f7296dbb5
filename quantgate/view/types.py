"""What the pages show, as frozen types: made from run directories by the store, rendered by the pages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from quantgate.evals.contract.asked import Asked
from quantgate.evals.inspection.seen import Seen


class Flipped(StrEnum):
    """Which items of a pair are listed by how their scores changed."""

    ANY = "any"
    LOSSES = "losses"
    GAINS = "gains"


@dataclass(frozen=True, slots=True)
class TaskCount:
    """One task of a run: how many answers were planned and are there, the mean score of those that have one."""

    name: str
    planned: int
    stored: int
    score: float | None
    statuses: Mapping[str, int]
    subjects: tuple[str, ...] = ()
    private: bool = False


@dataclass(frozen=True, slots=True)
class RunRow:
    """One run of the overview; `key` names it in addresses, `live` says that there is more to come of it.

    That is so where somebody is writing to it, or, `reading`, where it has not been read whole yet.
    """

    key: str
    label: str
    model: str
    folder: str
    created: str
    live: bool
    tasks: tuple[TaskCount, ...]
    problem: str | None = None
    reading: bool = False


@dataclass(frozen=True, slots=True)
class DecidedTask:
    """One task of a decision, in words and figures that are ready to print."""

    name: str
    verdict: str
    baseline: float | None
    candidate: float | None
    difference: float | None
    lower: float | None
    upper: float | None
    margin: float | None
    items: int
    losses: int
    gains: int


@dataclass(frozen=True, slots=True)
class DecisionRow:
    """One decision; `baseline` and `candidate` are the keys of its runs where these are open, too."""

    key: str
    title: str
    verdict: str
    headline: str
    created: str
    file: str
    tasks: tuple[DecidedTask, ...]
    baseline: str | None
    candidate: str | None
    problem: str | None = None


@dataclass(frozen=True, slots=True)
class Overview:
    """Everything that is open, the newest first."""

    decisions: tuple[DecisionRow, ...]
    runs: tuple[RunRow, ...]


@dataclass(frozen=True, slots=True)
class Filter:
    """Which items are listed. Lengths are in completion tokens, or characters of the answer where none are told."""

    task: str | None = None
    status: str | None = None
    wrong: bool = False
    unparsed: bool = False
    flipped: Flipped | None = None
    subject: str | None = None
    shortest: int | None = None
    longest: int | None = None
    search: str = ""


@dataclass(frozen=True, slots=True)
class AnswerRow:
    """One answer in a list; `tokens` counts those that were generated."""

    status: str
    score: float | None
    extracted: str | None
    unparsed: bool
    tokens: int | None
    latency_s: float | None


@dataclass(frozen=True, slots=True)
class ItemRow:
    """One item and repeat in a list: the answer of one run, or of both of a pair; `question` is its beginning."""

    number: int
    task: str
    item_id: str
    repeat: int
    subject: str | None
    reference: str | None
    left: AnswerRow | None
    right: AnswerRow | None = None
    question: str | None = None


@dataclass(frozen=True, slots=True)
class ItemPage:
    """A part of a list: `rows` from number `offset` of `total`, chosen by `filter` from the answers of `runs`.

    `runs` has one run, or the two of a pair; `notes` what the reader should know (a search that was cut off).
    """

    runs: tuple[RunRow, ...]
    filter: Filter
    rows: tuple[ItemRow, ...]
    offset: int
    total: int
    size: int
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ItemView:
    """One item whole: what was asked, what each run answered, and where the answers part, in characters of their texts.

    `number` is its place among the `total` items that the filter chooses; `previous` and `following` are its
    neighbours there. Texts of a private task are there only where the user has asked for them: else `hidden`.
    """

    runs: tuple[RunRow, ...]
    filter: Filter
    asked: Asked | None
    answers: tuple[Seen | None, ...]
    parting: int | None
    number: int
    total: int
    previous: ItemRow | None
    following: ItemRow | None
    repeats: tuple[int, ...] = ()
    hidden: str | None = None
