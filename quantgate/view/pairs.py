"""What changed between two runs, as gate counts it: by the mean score of each item."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from quantgate.evals.pairing.item_scores import filled
from quantgate.evals.pairing.plans import plan_differences
from quantgate.evals.runs.record import RunRecord
from quantgate.view.choices import Choices
from quantgate.view.lists import listing
from quantgate.view.naming import told
from quantgate.view.places import Row
from quantgate.view.runs import ViewedRun
from quantgate.view.types import Filter, Flipped

if TYPE_CHECKING:
    from quantgate.evals.stats.checks import BoolArray, FloatArray

_Scores: TypeAlias = tuple[Row, float | None, float | None]


@dataclass(frozen=True, slots=True)
class Flips:
    """The items that changed between two runs: how many, and the choice that has their answers, by kind.

    `absent` counts items that were to be asked and that neither run has. `growing` says that one of the runs is not
    complete yet, `designed` that they were looked at on the way, `unlike` that they were not asked alike: then only
    answers count that both have.
    """

    choices: dict[Flipped, int]
    losses: int
    gains: int
    absent: int
    repeated: bool
    growing: bool
    designed: bool
    unlike: bool = False

    @property
    def notes(self) -> list[str]:
        """How they are counted, where that is not plain."""
        said = []
        if self.repeated:
            said.append(
                f"By the mean of its repeats {self.losses:,} items got worse and {self.gains:,} better, as gate "
                "counts; listed of them are the repeats that score unlike."
            )
        if self.growing:
            said.append("A run is still being written: only answers that both have are counted as lost or gained.")
        elif self.unlike:
            said.append("Only answers that both have are counted as lost or gained, as gate --common counts them.")
        elif self.designed:
            said.append(
                "These runs were looked at on the way: gate counts the items up to the look that settled it, this "
                "list has all that both were asked."
            )
        elif self.absent:
            items = "1 item" if self.absent == 1 else f"{self.absent:,} items"
            said.append(f"{items} that neither run has an answer to are not listed; gate counts each as lost.")
        return said


def unlike(left: RunRecord, right: RunRecord) -> list[str]:
    """Why gate would not compare two runs, as far as their records tell."""
    found = []
    for task in left.tasks:
        other = right.task(task.name)
        if other is None:
            found.append(f"{task.name}: only {left.label} was asked this task")
        else:
            found += [f"{task.name}: {problem}" for problem in plan_differences(task, other)]
    names = {task.name for task in left.tasks}
    return [
        *found,
        *(f"{task.name}: only {right.label} was asked this task" for task in right.tasks if task.name not in names),
    ]


def find_flips(
    left: ViewedRun, right: ViewedRun, choices: Choices, alone: int, before: Flips | None, *, growing: bool
) -> Flips:
    """Find the items whose mean score differs, what is missing counted against the candidate, which is the right run.

    `alone` is the choice of what the right run alone has. The choices are those of what was found `before`, where they
    are still kept. Raises Broken when an index cannot be read.
    """
    ours, theirs = left.record(), right.record()
    rows: dict[Flipped, list[Row]] = {Flipped.LOSSES: [], Flipped.GAINS: []}
    counts = {Flipped.LOSSES: 0, Flipped.GAINS: 0}
    absent, designed, differ = 0, False, False
    with listing([left.index.address, right.index.address], Filter(), choices, alone=alone) as listed:
        for task, of_task in groupby(listed.scores(), key=lambda row: row[0][0]):
            one, other = ours.task(told(task)), theirs.task(told(task))
            if one is None or other is None:
                continue
            designed = designed or one.design is not None
            of_other_plans = bool(plan_differences(one, other))
            differ = differ or of_other_plans
            only_both = growing or one.design is not None or of_other_plans
            found = _of_task(list(of_task), (one.repeats, other.repeats), only_both=only_both)
            for kind in rows:
                rows[kind] += found.rows[kind]
                counts[kind] += found.counts[kind]
            absent += max(one.items, other.items) - found.items
    numbers = {Flipped.ANY: rows[Flipped.LOSSES] + rows[Flipped.GAINS], **rows}
    chosen = {kind: choices.new() for kind in numbers} if before is None else before.choices
    for kind, number in chosen.items():
        choices.fill(number, numbers[kind])
    repeated = any(task.repeats > 1 for record in (ours, theirs) for task in record.tasks)
    return Flips(chosen, counts[Flipped.LOSSES], counts[Flipped.GAINS], absent, repeated, growing, designed, differ)


@dataclass(frozen=True, slots=True)
class _OfTask:
    rows: dict[Flipped, list[Row]]
    counts: dict[Flipped, int]
    items: int


def _of_task(scores: list[_Scores], repeats: tuple[int, int], *, only_both: bool) -> _OfTask:
    items = {name: place for place, name in enumerate(dict.fromkeys(row[:3] for row, *_ in scores))}
    baseline, candidate = (np.full((len(items), most), np.nan) for most in repeats)
    present = np.zeros((len(items), max(repeats)), dtype=np.bool_)
    for row, left, right in scores:
        item, repeat = items[row[:3]], row[3]
        present[item, repeat] = True
        if left is not None and repeat < repeats[0]:
            baseline[item, repeat] = left
        if right is not None and repeat < repeats[1]:
            candidate[item, repeat] = right
    both = min(repeats)
    if only_both:
        there = ~np.isnan(baseline[:, :both]) & ~np.isnan(candidate[:, :both])
        baseline, candidate = (np.where(there, each[:, :both], 0.0) for each in (baseline, candidate))
    left_filled, right_filled = filled(baseline, "baseline"), filled(candidate, "candidate")
    differences = right_filled.mean(axis=1) - left_filled.mean(axis=1)
    shown = _shown(left_filled[:, :both], right_filled[:, :both], present[:, :both])
    kinds = {Flipped.LOSSES: differences < 0, Flipped.GAINS: differences > 0}
    found: dict[Flipped, list[Row]] = {kind: [] for kind in kinds}
    for row, *_ in scores:
        item, repeat = items[row[:3]], row[3]
        if repeat < both and shown[item, repeat]:
            for kind, mask in kinds.items():
                if mask[item]:
                    found[kind].append(row)
    return _OfTask(found, {kind: int(mask.sum()) for kind, mask in kinds.items()}, len(items))


def _shown(left: FloatArray, right: FloatArray, present: BoolArray) -> BoolArray:
    """Which repeats of an item stand for it: those that are there and score unlike, or all where none of them does."""
    unlike = (left != right) & present
    return np.asarray(unlike | ~unlike.any(axis=1, keepdims=True))
