"""Two runs held against each other, task by task, and which of their pairs of answers are looked at."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from quantgate.evals.errors import UsageError
from quantgate.evals.inspection.changed import Changes, Turn
from quantgate.evals.inspection.choosing import chosen_tasks, items_of
from quantgate.evals.inspection.opened import OpenedRun
from quantgate.evals.inspection.seen import Seen, concealed
from quantgate.evals.samples.columns import Places
from quantgate.evals.text import one_line

Pair = tuple[Seen, Seen]


@dataclass(frozen=True, slots=True, eq=False)
class Compared:
    """Two open runs; the right one is held against the left one."""

    left: OpenedRun
    right: OpenedRun

    @property
    def names(self) -> tuple[str, str]:
        """What the runs are called: their labels, or their folders where these are alike."""
        left, right = self.left, self.right
        ways = [(left.record.label, right.record.label), (left.folder.name, right.folder.name)]
        return next((names for names in ways if names[0] != names[1]), (str(left.folder), str(right.folder)))

    def tasks(self, wanted: Collection[str]) -> list[str]:
        """The tasks that both hold, or those of them that are wanted.

        Raises
        ------
        UsageError
            For a task that either does not hold, and where they have none in common.
        """
        for run in (self.left, self.right):
            chosen_tasks(run.tasks, wanted, run.folder)
        both = [task for task in self.left.tasks if task in self.right.tasks and (not wanted or task in wanted)]
        if not both:
            held = [f"{run.folder} holds {', '.join(run.tasks) or 'none'}" for run in (self.left, self.right)]
            raise UsageError(f"the runs have no task in common: {'; '.join(held)}")
        return both

    def changes(self, tasks: Sequence[str], items: Sequence[str], repeat: int | None) -> list[tuple[Changes, Places]]:
        """What changed of each task, and the places of the pairs that are looked at: of some items or a repeat, or all.

        Raises
        ------
        UsageError
            For an item that is not in both runs, naming the nearest that is.
        """
        found = [self.left.changes(self.right, task) for task in tasks]
        named = self._named(found, items)
        return [(each, _places(each, named.get(each.task, ()) if items else None, repeat)) for each in found]

    def _named(self, found: Sequence[Changes], items: Sequence[str]) -> dict[str, list[str]]:
        """The ids of the items that are meant, by task."""
        present = {each.task: each.left.columns.item.present() for each in found}
        named = items_of(present, items, self.left.record, self.left.folder)
        for each in found:
            both = each.left.columns.item.present(each.in_both)
            for item in named.get(each.task, ()):
                if item not in both:
                    raise UsageError(
                        f"{one_line(item)}: {self.right.folder} has no answer to it that {self.left.folder} has, too; "
                        f"`quantgate show {self.left.folder} {one_line(item)}` shows what is there"
                    )
        return named

    def pairs(self, changes: Changes, places: Places) -> Iterator[Pair]:
        """Some pairs as they may be shown, one at a time in memory; what one run holds to be private, both do."""
        left, right = self.left, self.right
        if left.hidden(changes.task) or right.hidden(changes.task):
            return ((concealed(one), concealed(other)) for one, other in changes.pairs(places))
        return ((left.seen(one), right.seen(other)) for one, other in changes.pairs(places))

    def notes(self, changes: Sequence[Changes]) -> Iterator[str]:
        """What the reader should know: in what the runs differ besides their answers, and what only one holds."""
        if self.left.folder.resolve() == self.right.folder.resolve():
            yield f"{self.left.folder} is held against itself"
        for run, other in ((self.left, self.right), (self.right, self.left)):
            if alone := [task for task in run.tasks if task not in other.tasks]:
                yield f"only {run.folder} holds {', '.join(alone)}"
        for each in changes:
            pairs = f"of {len(each.ours):,} pairs"
            yield from (f"{each.task}: {told}; gate would not compare them" for told in each.unlike)
            if prompts := int(np.count_nonzero(each.other_prompts)):
                yield f"{each.task}: {pairs} {prompts:,} were asked with unlike prompts"
            for run, count in zip((self.left, self.right), each.alone, strict=True):
                if count:
                    yield f"{each.task}: {count:,} {'answer is' if count == 1 else 'answers are'} in {run.folder} alone"
            if unscored := len(each.turned(Turn.UNSCORED)):
                yield f"{each.task}: {pairs} {unscored:,} have an answer without a score, and are not counted"


def by_turn(changes: Changes, places: Places, turns: Collection[Turn]) -> list[tuple[Turn, Places]]:
    """Some pairs by how they turned: those of each of the turns that has any."""
    groups = [(turn, np.intersect1d(changes.turned(turn), places)) for turn in turns]
    return [(turn, group) for turn, group in groups if len(group)]


def _places(changes: Changes, items: Collection[str] | None, repeat: int | None) -> Places:
    columns, mask = changes.left.columns, np.ones(len(changes.ours), dtype=np.bool_)
    if items is not None:
        mask &= np.isin(columns.item.codes[changes.ours], [columns.item.code(item) for item in items])
    if repeat is not None:
        mask &= columns.repeat[changes.ours] == repeat
    return np.flatnonzero(mask)
