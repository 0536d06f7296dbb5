"""The run directory: `run.json` tells who was asked, `samples.jsonl` has the answers, `prompts.jsonl` prompts."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

from quantgate.evals.contract.records import Sample, SampleKey
from quantgate.evals.errors import RunDirectoryError, StorageError
from quantgate.evals.files import open_to_read, open_to_write, read_text, write_atomically
from quantgate.evals.runs.asked import KeptTask, PromptWriter
from quantgate.evals.runs.misplaced import why_no_run
from quantgate.evals.runs.record import RUN_FILE, RunRecord, parse_run_record
from quantgate.evals.runs.writing import SampleWriter, unwritable
from quantgate.evals.samples.columns import Lines, Look
from quantgate.evals.samples.held import FromFile, Held, held_of
from quantgate.evals.samples.index import index_of, write_index
from quantgate.evals.samples.lines import SAMPLES_FILE
from quantgate.evals.samples.prompts import PROMPTS_FILE
from quantgate.evals.samples.reading import read

_LOCK_FILE = ".lock"
_FEW = 10_000
"""Fewer lines are read sooner than anybody notices."""
_UNINDEXED = 8
"""An index that lacks no more than this part of its lines is left as it is."""


class RunDirectory:
    """A run directory that is open for reading; `writing()` opens it for appending."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def exists(self) -> bool:
        return (self.path / RUN_FILE).exists()

    def record(self) -> RunRecord:
        """Read `run.json`.

        Raises
        ------
        RunDirectoryError
            When there is none, it is broken, or another version of the format wrote it.
        """
        file = self.path / RUN_FILE
        try:
            text = read_text(file)
        except (FileNotFoundError, NotADirectoryError):
            raise RunDirectoryError(why_no_run(self.path)) from None
        except (OSError, UnicodeDecodeError) as error:
            raise RunDirectoryError(f"{file} cannot be read: {getattr(error, 'strerror', None) or error}") from None
        return parse_run_record(text, str(file))

    def samples(self, record: RunRecord | None = None) -> dict[SampleKey, Sample]:
        """Every sample that counts, whole: for runs that are small, or small enough. Raises as `read`."""
        return {sample.key: sample for sample in self.read(record).samples()}

    def read(self, record: RunRecord | None = None, look: Look | None = None) -> Held:
        """Read the samples by columns; the last line of a key counts. `look` sees the signs in their texts.

        A torn last line, as a power cut leaves it, is passed over. A line that is no sample counts as an answer that is
        not there: `damage` tells of it. Lines of a regrade count once `run.json`, or `record` where it has been read
        already, names that: a regrade that was broken off has never been.

        Raises
        ------
        RunDirectoryError
            When the file cannot be read.
        """
        return self._held(record, lambda stream: read(stream, look=look))

    def held(self, record: RunRecord | None = None) -> Held:
        """As `read`, but for signs, and much sooner where there is an index: for going on with a run.

        No decision may rest on it: that reads the samples themselves, whatever somebody has written beside them.
        """
        known: Lines | None = None

        def read_on(stream: BinaryIO) -> Lines:
            nonlocal known
            known = index_of(self.path, stream)
            return read(stream, known)

        held = self._held(record, read_on)
        seen = 0 if known is None else known.count
        return held if held.lines.count - seen > seen // _UNINDEXED else replace(held, indexed=True)

    def keep_index(self, held: Held) -> None:
        """Write an index of what is held where there is none and it is worth it. A run goes on without one as well."""
        if not held.indexed and held.lines.count >= _FEW:
            with suppress(OSError):
                write_index(self.path, self.path / SAMPLES_FILE, held.lines)

    def _held(self, record: RunRecord | None, read_lines: Callable[[BinaryIO], Lines]) -> Held:
        if record is None and self.exists():
            record = self.record()
        regrades = {regrade.id for regrade in record.regraded} if record is not None else set()
        file = self.path / SAMPLES_FILE
        try:
            with open_to_read(file) if os.path.lexists(file) else BytesIO() as stream:
                lines = read_lines(stream)
        except OSError as error:
            raise RunDirectoryError(f"{file} cannot be read: {error.strerror or error}") from None
        return held_of(lines, FromFile(file), regrades)

    @contextmanager
    def writing(
        self,
        record: RunRecord,
        expected: RunRecord | None = None,
        *,
        regrade: str | None = None,
        durable: bool = False,
        prompts_of: Mapping[str, KeptTask] | None = None,
    ) -> Iterator[SampleWriter]:
        """Hold the directory for one writer, write `run.json` atomically, and append samples.

        `expected` is the record that the caller saw there, `None` for none. With the id of a `regrade`, which `record`
        names, `run.json` is written at the end instead: that moment makes all of its samples count, or none. `durable`
        brings samples to the disk batch by batch, so that a power cut loses none but those of the last moment. Of the
        tasks in `prompts_of` what was asked is kept beside the samples.

        Raises
        ------
        StorageError
            When it cannot be written, or another process is writing to it, or has since the caller looked; when
            `.lock`, `samples.jsonl` or `prompts.jsonl` is a link.
        """
        try:
            self.path.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise unwritable(self.path, error) from None
        with _opened(self.path / _LOCK_FILE) as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise StorageError(
                    f"another quantgate is writing to {self.path}: wait for it, or give another --out"
                ) from None
            if (self.record() if self.exists() else None) != expected:
                raise StorageError(
                    f"another quantgate has changed {self.path} since this one looked: run the same command again"
                )
            try:
                if regrade is None:
                    write_atomically(self.path / RUN_FILE, record.to_json())
            except OSError as error:
                raise unwritable(self.path, error) from None
            samples = self.path / SAMPLES_FILE
            with (
                self._prompts(prompts_of or {}) as prompts,
                SampleWriter(samples, regrade, durable=durable, prompts=prompts) as writer,
            ):
                yield writer
            if regrade is not None:
                try:
                    write_atomically(self.path / RUN_FILE, record.to_json())
                except OSError as error:
                    raise unwritable(self.path, error) from None

    @contextmanager
    def _prompts(self, tasks: Mapping[str, KeptTask]) -> Iterator[PromptWriter | None]:
        """Who keeps what is asked of some tasks; nobody where there are none."""
        if not tasks:
            yield None
            return
        file = self.path / PROMPTS_FILE
        try:
            prompts = PromptWriter(file, tasks)
        except OSError as error:
            raise unwritable(file, error) from None
        try:
            yield prompts
        finally:
            prompts.close()

    def amend(self, record: RunRecord) -> None:
        """Write `run.json` again, for its one writer. Raises StorageError when it cannot be written."""
        try:
            if self.record() != record:
                write_atomically(self.path / RUN_FILE, record.to_json())
        except OSError as error:
            raise unwritable(self.path, error) from None


@contextmanager
def _opened(lock: Path) -> Iterator[int]:
    try:
        descriptor = open_to_write(lock)
    except OSError as error:
        raise unwritable(lock, error) from None
    try:
        yield descriptor
    finally:
        os.close(descriptor)
