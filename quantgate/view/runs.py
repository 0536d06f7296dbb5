"""One run that is open: its record and index, kept true as it grows, and its answers, whole."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Event, Lock
from typing import BinaryIO, TypeAlias

from quantgate.evals.contract.asked import Asked
from quantgate.evals.contract.records import Sample, Status
from quantgate.evals.errors import RunDirectoryError
from quantgate.evals.files import open_to_read
from quantgate.evals.runs.directory import RunDirectory
from quantgate.evals.runs.record import RUN_FILE, RunRecord, TaskRecord
from quantgate.evals.samples.lines import SAMPLES_FILE, parse_line
from quantgate.evals.samples.prompts import PROMPTS_FILE, Prompts
from quantgate.view.index import VERSION, Index
from quantgate.view.kept import kept_file, mark_used
from quantgate.view.live import Work, being_written
from quantgate.view.naming import key_of, told
from quantgate.view.places import Broken, Place
from quantgate.view.types import RunRow, TaskCount

_Stamp: TypeAlias = tuple[int, ...] | None
_STATUSES = tuple(Status)
_AT_ONCE = Event()
_AT_ONCE.set()


@dataclass(frozen=True, slots=True)
class Counted:
    """What an index counts of one task."""

    statuses: Mapping[str, int]
    score: float | None
    subjects: tuple[str, ...]


class ViewedRun:
    """A run directory for the viewer; several threads may use it at once.

    Parameters
    ----------
    folder
        The run directory.
    scratch
        Where its index is kept if the user's cache cannot hold it.
    work
        Does what takes longer than a page waits.
    reveal
        Whether texts of private tasks may be shown.
    given
        The files of another tool that it was made of, where it was.
    """

    def __init__(self, folder: Path, scratch: Path, work: Work, *, reveal: bool, given: Path | None = None) -> None:
        self.folder = folder
        self.given = given or folder
        self.key = key_of(folder)
        self.reveal = reveal
        self._scratch = scratch
        self._work = work
        self._lock = Lock()
        self._record: tuple[_Stamp, RunRecord] | None = None
        self._indexed: tuple[_Stamp, _Stamp] | None = None
        self._counted: tuple[tuple[_Stamp, _Stamp], dict[str, Counted]] | None = None
        self._settled = False
        self._looked_at: _Stamp = None
        self._prompts = Prompts.open(folder)
        self.index = Index(folder, kept_file(self.key, VERSION))

    def record(self) -> RunRecord:
        """Its record as it is now. Raises RunDirectoryError."""
        stamp = _stamp(self.folder / RUN_FILE)
        known = self._record
        if known is None or known[0] != stamp or stamp is None:
            known = self._record = (stamp, RunDirectory(self.folder).record())
        return known[1]

    def freshen(self, seconds: float, *, readable: bool = True) -> bool:
        """Bring the index up to date within so many seconds, or let that go on; whether it is.

        When that returns, what there is of it can be read, but where `readable` is not asked for.

        Raises
        ------
        RunDirectoryError
            When the run cannot be read.
        Broken
            When no index can be kept anywhere.
        """
        now = (_stamp(self.folder / SAMPLES_FILE), _stamp(self.folder / RUN_FILE))
        if now == self._indexed:
            return True
        if readable and not self._settled:
            # Made empty, or known to be of this file, so that it can be read while it grows.
            self._extend(_AT_ONCE)
            self._settled = True

        def extend(stop: Event) -> None:
            self._extend(stop)
            mark_used(self.index.file)
            self._settled = True
            if not stop.is_set():
                self._indexed = now

        # What an earlier page has begun may be done, and the file have grown since.
        return self._work.done(("index", self.key), extend, seconds) and self._indexed == now

    def _extend(self, stop: Event) -> None:
        record = self.record()
        try:
            self.index.extend(record, stop)
        except Broken:
            self._mend()
            try:
                self.index.extend(record, stop)
            except Broken:
                self.index = Index(self.folder, self._scratch / self.index.file.name)
                self.index.extend(record, stop)

    def _mend(self) -> None:
        """Make room for a new index in place of one that is broken."""
        self.index.remove()
        with suppress(OSError):
            self.index.file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)

    def broken(self) -> None:
        """Told that the index could not be read: it is looked at anew."""
        self._indexed, self._settled = None, False

    def row(self, *, fresh: bool) -> RunRow:
        """The run as lists have it; `fresh` says that its index is up to date. Raises RunDirectoryError and Broken."""
        record = self.record()
        counted = self.counted(record)
        tasks = tuple(_count(task, counted.get(task.name)) for task in record.tasks)
        incomplete = any(task.stored < task.planned or "error" in task.statuses for task in tasks)
        return RunRow(
            key=self.key,
            label=record.label,
            model=record.model,
            folder=str(self.given),
            created=record.created,
            live=not fresh or (incomplete and being_written(self.folder)),
            reading=not fresh,
            tasks=tasks,
        )

    def counted(self, record: RunRecord) -> dict[str, Counted]:
        """What is counted of each task, by its name, as far as it is indexed; anew where the index has grown."""
        if not self._settled:
            return {}
        seen, known = self._indexed, self._counted
        if known is not None and seen is not None and known[0] == seen:
            return known[1]
        counted = _counted(self.index, record)
        self._counted = None if seen is None else (seen, counted)
        return counted

    def share(self) -> float:
        """How much of the samples is in the index, as a fraction."""
        try:
            size = os.stat(self.folder / SAMPLES_FILE).st_size
        except OSError:
            return 1.0
        return min(self.index.state().read / size, 1.0) if size else 1.0

    def hides(self, task: str) -> str | None:
        """Why the texts of a task are not shown; `None` where they are."""
        record = self.record().task(task)
        return None if self.reveal or record is None else record.asked_by_authors

    def hidden(self) -> frozenset[str]:
        """The tasks whose texts are not shown."""
        return frozenset(task.name for task in self.record().tasks if self.hides(task.name) is not None)

    def samples(self, places: Sequence[Place | None]) -> list[Sample | None]:
        """The answers at some places, whole. Raises RunDirectoryError when the file is another by now."""
        if not any(places):
            return [None] * len(places)
        file = self.folder / SAMPLES_FILE
        try:
            with open_to_read(file) as stream:
                return [None if place is None else _sample(stream, place) for place in places]
        except (OSError, ValueError):
            self.broken()
            raise RunDirectoryError(f"{file} has changed while it was read: load the page again") from None

    def prompts_ready(self, seconds: float) -> bool:
        """Whether it is known by now where each prompt stands; it is found out if need be."""
        stamp = _stamp(self.folder / PROMPTS_FILE)
        if stamp == self._looked_at:
            return True

        def look(stop: Event) -> None:
            with self._lock:
                self._prompts.of("", "", "")
            self._looked_at = stamp

        return self._work.done(("prompts", self.key), look, seconds) and self._looked_at == stamp

    def asked(self, sample: Sample) -> Asked | None:
        """What was asked, where that was kept."""
        with self._lock:
            return self._prompts.of(sample.task, sample.item_id, sample.prompt_hash)

    @contextmanager
    def reading(self) -> Iterator[Index]:
        """The index, which is looked at anew where it turns out to be broken. Raises RunDirectoryError then."""
        try:
            yield self.index
        except Broken as error:
            self.broken()
            raise RunDirectoryError(f"the index of {self.folder} is broken ({error}): load the page again") from None


def _sample(stream: BinaryIO, place: Place) -> Sample:
    stream.seek(place.start)
    return parse_line(stream.read(place.size))[1]


def _stamp(file: Path) -> _Stamp:
    """What is another once a file has changed; `None` where there is none."""
    try:
        held = os.stat(file)
    except OSError:
        return None
    return held.st_dev, held.st_ino, held.st_size, held.st_mtime_ns


def _count(task: TaskRecord, counted: Counted | None) -> TaskCount:
    counted = counted or Counted({}, None, ())
    return TaskCount(
        name=task.name,
        planned=task.items * task.repeats,
        stored=sum(counted.statuses.values()),
        score=counted.score,
        statuses=counted.statuses,
        subjects=counted.subjects,
        private=task.asked_by_authors is not None,
    )


def _counted(index: Index, record: RunRecord) -> dict[str, Counted]:
    statuses: dict[str, dict[str, int]] = {}
    means: dict[str, dict[str | None, tuple[float, int]]] = {}
    of_items = "SELECT task, subject, avg(score) AS mean FROM answer GROUP BY task, place, item"
    with index.reading() as database:
        for task, status, count in database.execute("SELECT task, status, count(*) FROM answer GROUP BY 1, 2"):
            statuses.setdefault(told(task), {})[_STATUSES[status].value] = count
        asked = f"SELECT task, subject, sum(mean), count(mean) FROM ({of_items}) GROUP BY 1, 2 ORDER BY 2"
        for task, subject, total, count in database.execute(asked):
            of_task = means.setdefault(told(task), {})
            of_task[None if subject is None else told(subject)] = (total or 0.0, count)
    return {
        name: Counted(
            of_statuses,
            _score(record.task(name), means.get(name, {})),
            tuple(subject for subject in means.get(name, {}) if subject is not None),
        )
        for name, of_statuses in statuses.items()
    }


def _score(task: TaskRecord | None, means: Mapping[str | None, tuple[float, int]]) -> float | None:
    """The mean over items, or of the strata's means where these make the score; `None` where nothing has one."""
    there = [(total, count) for total, count in means.values() if count]
    if not there:
        return None
    if task is not None and task.strata_weigh and None not in means:
        return sum(total / count for total, count in there) / len(there)
    return sum(total for total, _ in there) / sum(count for _, count in there)
