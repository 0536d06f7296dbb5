"""Where each answer of a run stands in the files of its shards, task by task, in the order of the plan."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np

from quantgate.evals.errors import RunDirectoryError
from quantgate.evals.merging.types import ShardRun
from quantgate.evals.runs.directory import RunDirectory
from quantgate.evals.runs.lost_grades import lost_lines
from quantgate.evals.runs.planned import parsed, read_in_order
from quantgate.evals.runs.record import TaskRecord
from quantgate.evals.samples.columns import NONE, Bools, Digests, Ints


@dataclass(frozen=True, slots=True, eq=False)
class Placed:
    """The answers of one task: each array has the shape (items, repeats), the items in the order of the plan.

    `shard` is the place among the shards of the one that has the answer, -1 where there is none; `start` and `length`
    are those of its line, `prompt` is the digest of its prompt's hash, `scored` says whether it has a score.
    """

    name: str
    shard: Ints
    start: Ints
    length: Ints
    prompt: Digests
    scored: Bools

    @classmethod
    def empty(cls, task: TaskRecord) -> Self:
        shape = (task.items, task.repeats)
        return cls(
            task.name,
            np.full(shape, NONE, dtype=np.int64),
            np.zeros(shape, dtype=np.int64),
            np.zeros(shape, dtype=np.int64),
            np.zeros(shape, dtype=np.uint64),
            np.zeros(shape, dtype=np.bool_),
        )

    @property
    def new_prompts(self) -> Bools:
        """Which answers are the first of their item, in the order of repeats, to their prompt."""
        new: Bools = np.asarray(self.shard != NONE)
        for repeat in range(1, new.shape[1]):
            same = (self.prompt[:, :repeat] == self.prompt[:, [repeat]]) & (self.shard[:, :repeat] != NONE)
            new[:, repeat] &= ~same.any(axis=1)
        return new


@dataclass(frozen=True, slots=True)
class Gap:
    """A shard that lacks answers: of how many that it was to ask."""

    run: ShardRun
    lacking: int
    pairs: int


@dataclass(frozen=True, slots=True)
class Answers:
    """All answers of the shards: by task, what is lacking, how many lines of each regrade count, and what to tell."""

    tasks: Sequence[Placed]
    gaps: Sequence[Gap]
    regraded: Mapping[str, int]
    notes: Sequence[str]


def placed(runs: Sequence[ShardRun]) -> Answers:
    """Look through the shards of a run, one after the other; of each answer some forty bytes are kept.

    Raises
    ------
    RunDirectoryError
        When one cannot be read, does not fit its record, or has lost lines of a regrade.
    """
    tasks = runs[0].record.tasks
    found = {task.name: Placed.empty(task) for task in tasks}
    orders: dict[str, dict[str, None]] = {task.name: {} for task in tasks}
    gaps, notes, regraded = [], [], Counter[str]()
    for number, run in enumerate(runs):
        held = RunDirectory(run.folder).read(run.record)
        if lost := lost_lines(run.record, held.lines.columns.regrade):
            raise RunDirectoryError(
                f"{run} lacks {sum(lost.values()):,} lines of a regrade: "
                f"`quantgate regrade {run.folder}` grades it anew"
            )
        if held.damage.lines:
            notes.append(f"{run}: {held.damage.told}")
        counted = lacking = pairs = 0
        for task in tasks:
            place, own = found[task.name], held.of_task(task.name).columns
            part = run.shard.places(task.items, task.repeats)
            items = _items(run, task, part, orders[task.name])
            rows = own.rows_of(items, task.repeats)
            ordinals = run.shard.ordinals(task.items * task.repeats)
            numbers = np.arange(len(items) * task.repeats).reshape(rows.shape) + part.start * task.repeats
            mine = (ordinals.start <= numbers) & (numbers < ordinals.stop)
            there = mine & (rows != NONE)
            spot = np.flatnonzero(there.ravel()) + part.start * task.repeats
            chosen = rows[there]
            place.shard.ravel()[spot] = number
            for into, column in ((place.start, own.start), (place.length, own.length),
                                 (place.prompt, own.prompt), (place.scored, own.scored)):  # fmt: skip
                into.ravel()[spot] = column[chosen]
            regraded.update(own.regrade.take(chosen).counts())
            counted += len(chosen)
            pairs += len(ordinals)
            lacking += len(ordinals) - int(own.scored[chosen].sum())
        if len(held) > counted:
            notes.append(f"{run} holds {len(held) - counted:,} answers that it was not to ask, which count for nothing")
        if lacking:
            gaps.append(Gap(run, lacking, pairs))
    return Answers(list(found.values()), gaps, regraded, notes)


def _items(run: ShardRun, task: TaskRecord, part: range, order: dict[str, None]) -> list[str]:
    """The items of which a shard asks something, added to `order` where they are new; checked against the record."""
    kept = run.part.items.get(task.name, ())
    items = list(read_in_order(kept)) if sum(parsed([each]).count for each in kept) == len(part) else None
    planned = task.planned_items
    # Shards share the item whose repeats are cut between them.
    shared = [next(reversed(order))] if part and len(order) > part.start else []
    new = [] if items is None else items[len(shared) :]
    fits = (
        items is not None
        and items[: len(shared)] == shared
        and len({*new}) == len(new)
        and order.keys().isdisjoint(new)
    )
    if items is None or not fits or (planned is not None and not all(item in planned for item in new)):
        raise RunDirectoryError(
            f"{run}: its run.json has other items of {task.name} under shard than its range of the run has: "
            "was it edited? Ask this shard again into another folder"
        )
    order.update(dict.fromkeys(new))
    return items
