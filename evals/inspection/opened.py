"""A run directory that is open for whoever reads its answers; nothing is written into it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from quantgate.evals.contract.asked import Asked
from quantgate.evals.contract.records import Sample
from quantgate.evals.inspection.changed import Changes, changes
from quantgate.evals.inspection.choosing import Chosen, Wanted, choose, chosen_tasks
from quantgate.evals.inspection.seen import Seen, seen
from quantgate.evals.runs.asked_for import asked_for
from quantgate.evals.runs.directory import RunDirectory
from quantgate.evals.runs.record import RunRecord
from quantgate.evals.samples.held import Held
from quantgate.evals.samples.prompts import Prompts


@dataclass(frozen=True, slots=True, eq=False)
class OpenedRun:
    """One run: its record, its answers by columns, and what was asked, each of these whole where it is asked for.

    A run that is being written is read as far as it goes. What is damaged or was never to be asked is passed over.
    `folder` is what it is called by: the run directory, or the files of another tool that it was made of. `revealed`
    says that the texts of private tasks are wanted, too.
    """

    folder: Path
    record: RunRecord
    held: Held
    prompts: Prompts
    revealed: bool = False

    @classmethod
    def open(cls, folder: Path, given: Path | None = None, *, revealed: bool = False) -> OpenedRun:
        """Open a run directory, by its index where it has one; `given` is what the user named in its place.

        Raises RunDirectoryError when it cannot be read.
        """
        directory = RunDirectory(folder)
        record = directory.record()
        return cls(given or folder, record, directory.held(record), Prompts.open(folder), revealed)

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

    @property
    def keeps_questions(self) -> bool:
        """Whether what was asked stands beside the answers."""
        return self.prompts.kept

    def hidden(self, task: str) -> bool:
        """Whether the text of a task must not be shown."""
        return not self.revealed and self.private(task) is not None

    def asked(self, sample: Sample) -> Asked | None:
        """What was asked; `None` where that was not kept."""
        return self.prompts.of(sample.task, sample.item_id, sample.prompt_hash)

    def seen(self, sample: Sample) -> Seen:
        """An answer with what was asked, as it may be shown."""
        hidden = self.hidden(sample.task)
        found = seen(sample, None if hidden else self.asked(sample), self.folder, hidden=hidden)
        record = self.record.task(sample.task)
        return found if record is None or record.tells_results else replace(found, results=False)

    def choose(self, wanted: Wanted) -> list[Chosen]:
        """The answers that are asked for, task by task. Raises UsageError as `choosing.choose`."""
        names = chosen_tasks(self.tasks, wanted.tasks, self.folder)
        chosen = choose({name: self.task(name) for name in names}, wanted, self.record, self.folder)
        if not wanted.search:
            return chosen
        return [
            replace(each, rows=each.rows[np.fromiter(self._saying(each, wanted.search), dtype=np.bool_)])
            for each in chosen
        ]

    def _saying(self, chosen: Chosen, text: str) -> Iterator[bool]:
        wanted = text.casefold()
        for sample in chosen.samples():
            yield any(wanted in told.casefold() for told in self.seen(sample).texts())

    def changes(self, other: OpenedRun, task: str) -> Changes:
        """What another run answers otherwise than this one, of one task."""
        return changes(task, (self.task(task), other.task(task)), (self.record.task(task), other.record.task(task)))
