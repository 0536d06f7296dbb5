"""What a reader of another tool's files gives: runs, tasks and rows, with all that the source tells and does not."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

from quantgate.evals.contract.asked import Asked
from quantgate.evals.contract.records import Sample
from quantgate.evals.runs.record import Draw, RunRecord, SameBy, TaskRecord


@dataclass(frozen=True, slots=True)
class Row:
    """One answer as the source has it.

    Where the source has scored what is a fault of its infrastructure, the sample has the status `error`, no score, and
    `scored` is what the source gave for it.
    """

    sample: Sample
    asked: Asked | None = None
    scored: float | None = None


@dataclass(frozen=True, slots=True)
class Unread:
    """A row that is none: where it stands, as `samples_x.jsonl, line 7`, and why it cannot be read."""

    where: str
    why: str


Rows: TypeAlias = Callable[[], Iterator[Row | Unread]]
"""Gives the rows of a task from the beginning, one at a time in memory, in whatever order the source has them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ForeignTask:
    """One task of a source.

    Parameters
    ----------
    name, version, grader, metric
        Its identity, as `evals.contract.task.TaskIdentity`; `grader` names the tool and its version.
    same_by
        What shows that two runs were asked the same: `prompt` where the rows' hashes are of the whole prompt, `text`
        where they are of the question, `id` where the source has nothing but names.
    rows
        Its rows. Their `item_id` is the same for one question in every run; their `prompt_hash` is of what `same_by`
        says, and empty where that is `id`.
    sampling
        The parameters that the source tells, by the names of `evals.contract.records.Sampling`.
    unknown
        The names of those that it does not tell, of `data_hash` and of settings (`limit`, `few_shot`) that should
        agree: they are told as unknown, never taken to be equal.
    settings, provenance
        What else two runs must share, and what is for the reader alone.
    items, repeats
        How many there were to be; `None` where the source does not say, and what is there counts.
    whole, draw
        The items of the whole benchmark, where it is known, and how some of them were chosen.
    record
        The task as a run of our own had it, where the source was written of one: that is then kept, and nothing that
        else stands here but `rows` and `same_by`.
    """

    name: str
    version: str
    grader: str
    metric: str
    same_by: SameBy
    rows: Rows
    data_hash: str = ""
    sampling: Mapping[str, Any] = field(default_factory=dict)
    unknown: tuple[str, ...] = ()
    settings: Mapping[str, Any] = field(default_factory=dict)
    provenance: Mapping[str, str] = field(default_factory=dict)
    items: int | None = None
    repeats: int | None = None
    whole: int | None = None
    draw: Draw = Draw.FIRST
    guess: float = 0.0
    record: TaskRecord | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ForeignRun:
    """One model's results in a source.

    `created` is when they were made, UTC, ISO 8601; `software` the versions of tools that the source names; `endpoint`
    what it tells of where the model was served, without user-info and query; `notes` what the user should know.
    `record` is that of the run of our own of which the source was written, where it was.
    """

    format: str
    model: str
    created: str
    tasks: Sequence[ForeignTask]
    label: str | None = None
    software: Mapping[str, str] = field(default_factory=dict)
    endpoint: Mapping[str, Any] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    record: RunRecord | None = None


@dataclass(frozen=True, slots=True)
class Format:
    """A format that can be read.

    Parameters
    ----------
    name
        What `quantgate import` is given.
    summary
        One line: of which tool, which files.
    recognises
        Whether a path is of it, by names and the first bytes, in milliseconds; never raises for what is not.
    read
        Opens a path. Raises DataError in one line for what is broken, of another version, or of several models, with
        their names.
    read_model
        Opens a path that holds several models, and gives the one of a name (`quantgate import --model`). Raises
        DataError, with those that there are, where there is none of it. `None` where one path is always one model.
    """

    name: str
    summary: str
    recognises: Callable[[Path], bool]
    read: Callable[[Path], ForeignRun]
    read_model: Callable[[Path, str], ForeignRun] | None = None
