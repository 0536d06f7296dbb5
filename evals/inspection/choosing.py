"""Which answers of a run are looked at: by what became of them, by item, by what their text says."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import numpy as np

from quantgate.evals.contract.records import Sample, Status
from quantgate.evals.errors import UsageError
from quantgate.evals.inspection.order import names_of, natural_order
from quantgate.evals.runs.record import RunRecord, TaskRecord
from quantgate.evals.samples.columns import Bools, Columns, Places
from quantgate.evals.samples.held import Held
from quantgate.evals.text import natural_key, one_line


class Kind(StrEnum):
    """What may have become of an answer that is looked for. `WRONG` is any that scores below 1."""

    WRONG = "wrong"
    UNPARSED = "unparsed"
    TRUNCATED = "truncated"
    EMPTY = "empty"
    REFUSED = "refused"
    ERROR = "error"
    UNGRADED = "ungraded"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is asked for: answers of any of the `kinds`, where there are some, and of all else that is given.

    `items` are ids, alone or as `TASK/ID`; `search` is a text, whose letters may be small or capital, that stands in
    the answer, the thoughts, the result, the id, or what was asked.
    """

    kinds: Collection[Kind] = ()
    tasks: Collection[str] = ()
    items: Sequence[str] = ()
    repeat: int | None = None
    search: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Chosen:
    """Answers of one task: `rows` of `held.columns`, items in natural order and then by repeat."""

    task: str
    held: Held
    rows: Places

    def names(self) -> list[str]:
        """The ids of their items."""
        return names_of(self.held.columns, self.rows)

    def samples(self) -> Iterator[Sample]:
        """Each of them whole, one at a time in memory."""
        return self.held.samples(self.rows)


def of_kind(columns: Columns, kind: Kind, record: TaskRecord | None) -> Bools:
    """Which answers are of a kind; none is unparsed of a task whose record says that no results are told."""
    if kind is Kind.WRONG:
        return np.asarray(columns.score < 1)
    if kind is Kind.UNPARSED:
        return columns.unparsed & (record is None or record.tells_results)
    return columns.is_status(Status(kind))


def chosen_tasks(names: Sequence[str], wanted: Collection[str], folder: Path) -> list[str]:
    """Those of the tasks that are wanted, all where none is named. Raises UsageError for one that is not there."""
    for name in wanted:
        if name not in names:
            raise UsageError(f"--task {name}: {folder} holds no such task; it holds {', '.join(names)}")
    return [name for name in names if not wanted or name in wanted]


def choose(answers: Mapping[str, Held], wanted: Wanted, record: RunRecord, folder: Path) -> list[Chosen]:
    """The answers that are asked for, of those to some tasks of a run.

    Raises
    ------
    UsageError
        For a task or an item that the run does not hold, naming the nearest that it does, and for an id that several
        of its tasks have.
    """
    present = {task: each.columns.item.present() for task, each in answers.items()}
    named = items_of(present, wanted.items, record, folder)
    found = []
    for task, each in answers.items():
        columns = each.columns
        mask = np.ones(len(columns), dtype=np.bool_)
        if wanted.items:
            mask &= np.isin(columns.item.codes, [columns.item.code(item) for item in named.get(task, ())])
        if wanted.kinds:
            mask &= np.any([of_kind(columns, kind, record.task(task)) for kind in wanted.kinds], axis=0)
        if wanted.repeat is not None:
            mask &= columns.repeat == wanted.repeat
        found.append(Chosen(task, each, natural_order(columns, np.flatnonzero(mask))))
    return found


def items_of(
    present: Mapping[str, list[str]], asked: Sequence[str], record: RunRecord, folder: Path
) -> dict[str, list[str]]:
    """The ids that are meant, by task. Raises UsageError as `choose`."""
    ids = {task: set(names) for task, names in present.items()}
    found: dict[str, list[str]] = {}
    for text in asked:
        places = [(task, item) for task in ids for item in (text, text.removeprefix(f"{task}/")) if item in ids[task]]
        places = list(dict.fromkeys(places))
        if not places:
            raise UsageError(_unknown(text, present, record, folder))
        if len(places) > 1:
            ways = ", ".join(f"{task}/{item}" for task, item in places)
            raise UsageError(f"{one_line(text)} may be {ways}: name the task with --task, or as TASK/ID")
        found.setdefault(places[0][0], []).append(places[0][1])
    return found


_MOST_COMPARED = 20_000
"""Names that an unknown one is held against; more would take seconds."""


def _unknown(text: str, present: Mapping[str, list[str]], record: RunRecord, folder: Path) -> str:
    several = len(present) > 1
    for task in present:
        known = record.task(task)
        planned = None if known is None else known.planned_items
        if planned is not None and (text in planned or text.removeprefix(f"{task}/") in planned):
            return f"{one_line(text)}: it was to be asked, and {folder} has no answer to it yet"
    names = [f"{task}/{item}" if several else item for task, items in present.items() for item in items]
    near = difflib.get_close_matches(text, names[:_MOST_COMPARED], n=3, cutoff=0.5)
    if not near:
        ordered = sorted(names, key=natural_key)
        near = ordered if len(ordered) <= 3 else [ordered[0], ordered[1], "...", ordered[-1]]
    told = f"the nearest are {', '.join(one_line(name) for name in near)}" if names else "it holds no answer yet"
    return f"{one_line(text)}: {folder} has no such item; {told}"
