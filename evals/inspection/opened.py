"""A run directory that is open for whoever reads its answers; nothing is written into it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from quantgate.evals.inspection.changed import Changes, changes
from quantgate.evals.inspection.choosing import Chosen, Wanted, choose, chosen_tasks
from quantgate.evals.runs.asked_for import asked_for
from quantgate.evals.runs.directory import RunDirectory
from quantgate.evals.runs.record import RunRecord
from quantgate.evals.samples.held import Held


@dataclass(frozen=True, slots=True, eq=False)
class OpenedRun:
    """One run: its record and its answers by columns, each of them whole where it is asked for.

    A run that is being written is read as far as it goes. What is damaged or was never to be asked is passed over.
    """

    folder: Path
    record: RunRecord
    held: Held

    @classmethod
    def open(cls, folder: Path) -> OpenedRun:
        """Open a run directory, by its index where it has one. Raises RunDirectoryError when it cannot be read."""
        directory = RunDirectory(folder)
        record = directory.record()
        return cls(folder, record, directory.held(record))

    @property
    def tasks(self) -> Sequence[str]:
        """The tasks that it was asked, in the order of its record."""
        return [task.name for task in self.record.tasks]

    def task(self, name: str) -> Held:
        """The answers to one task, without those that were not to be asked; none where the run has no such task."""
        of_task, record = self.held.of_task(name), self.record.task(name)
        return of_task if record is None else of_task.chosen(asked_for(record, of_task.columns))

    def private(self, task: str) -> str | None:
        """What the authors of a task ask of those who hold its text; `None` where it may be shown."""
        record = self.record.task(task)
        return None if record is None else record.asked_by_authors

    def choose(self, wanted: Wanted) -> list[Chosen]:
        """The answers that are asked for, task by task. Raises UsageError as `choosing.choose`."""
        names = chosen_tasks(self.tasks, wanted.tasks, self.folder)
        return choose({name: self.task(name) for name in names}, wanted, self.record, self.folder)

    def changes(self, other: OpenedRun, task: str) -> Changes:
        """What another run answers otherwise than this one, of one task."""
        return changes(task, (self.task(task), other.task(task)), (self.record.task(task), other.record.task(task)))
