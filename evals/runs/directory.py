"""The run directory: `run.json` says what was asked of whom, `samples.jsonl` holds every finished sample."""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import fields
from pathlib import Path
from typing import Any, Self

from quantgate.evals.contract.records import Sample, SampleKey, Status
from quantgate.evals.errors import RunDirectoryError, StorageError
from quantgate.evals.files import open_to_read, open_to_write, read_text, sync_folder, write_atomically
from quantgate.evals.runs.flushing import Flusher
from quantgate.evals.runs.record import RunRecord, parse_run_record

RUN_FILE = "run.json"
SAMPLES_FILE = "samples.jsonl"
_LOCK_FILE = ".lock"
_REGRADE = "regrade"
_SAMPLE_FIELDS = tuple(field.name for field in fields(Sample))


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
        except FileNotFoundError:
            raise RunDirectoryError(
                f"{self.path} is no run directory: it has no {RUN_FILE}. `quantgate run --out {self.path}` makes one"
            ) from None
        except (OSError, UnicodeDecodeError) as error:
            raise RunDirectoryError(f"{file} cannot be read: {getattr(error, 'strerror', None) or error}") from None
        return parse_run_record(text, str(file))

    def samples(self, record: RunRecord | None = None) -> dict[SampleKey, Sample]:
        """Read every sample; the last line of a key counts. A torn last line, as a power cut leaves it, is passed over.

        Lines of a regrade count once `run.json`, or `record` where it has been read already, names that: a regrade that
        was broken off has never been.

        Raises
        ------
        RunDirectoryError
            When any other line is broken; names the line.
        """
        if record is None and self.exists():
            record = self.record()
        regrades = {regrade.id for regrade in record.regraded} if record is not None else set()
        return {sample.key: sample for regrade, sample in self._lines() if regrade is None or regrade in regrades}

    def _lines(self) -> Iterator[tuple[str | None, Sample]]:
        file = self.path / SAMPLES_FILE
        if not file.exists():
            return
        try:
            with open_to_read(file) as stream:
                for number, line in enumerate(stream, start=1):
                    if not line.endswith(b"\n"):
                        return
                    try:
                        document = json.loads(line)
                        yield document.get(_REGRADE), _parse_sample(document)
                    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
                        raise RunDirectoryError(
                            f"{file}, line {number} is no sample ({error}): delete that line, and the same "
                            "`quantgate run` asks it again"
                        ) from None
        except OSError as error:
            raise RunDirectoryError(f"{file} cannot be read: {error.strerror or error}") from None

    @contextmanager
    def writing(
        self,
        record: RunRecord,
        expected: RunRecord | None = None,
        *,
        regrade: str | None = None,
        durable: bool = False,
    ) -> Iterator[SampleWriter]:
        """Hold the directory for one writer, write `run.json` atomically, and append samples.

        `expected` is the record that the caller saw there, `None` for none. With the id of a `regrade`, which `record`
        names, `run.json` is written at the end instead: that moment makes all of its samples count, or none. `durable`
        brings samples to the disk batch by batch, so that a power cut loses none but those of the last moment.

        Raises
        ------
        StorageError
            When it cannot be written, or another process is writing to it, or has since the caller looked; when
            `.lock` or `samples.jsonl` is a link.
        """
        try:
            self.path.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise _unwritable(self.path, error) from None
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
                raise _unwritable(self.path, error) from None
            writer = SampleWriter(self.path / SAMPLES_FILE, regrade, durable=durable)
            with writer:
                yield writer
            if regrade is not None:
                try:
                    write_atomically(self.path / RUN_FILE, record.to_json())
                except OSError as error:
                    raise _unwritable(self.path, error) from None

    def amend(self, record: RunRecord) -> None:
        """Write `run.json` again, for its one writer. Raises StorageError when it cannot be written."""
        try:
            if self.record() != record:
                write_atomically(self.path / RUN_FILE, record.to_json())
        except OSError as error:
            raise _unwritable(self.path, error) from None


class SampleWriter:
    """Appends samples, one line and one write each, so that whatever kills the process leaves whole lines.

    `regrade` is the id of the regrade that they are of; `durable` says that a power cut, too, must not lose them.
    """

    def __init__(self, file: Path, regrade: str | None = None, *, durable: bool = False) -> None:
        self._file = file
        self._more = {} if regrade is None else {_REGRADE: regrade}
        try:
            self._descriptor = open_to_write(file, os.O_APPEND)
            self._cut_torn_line()
            sync_folder(file.parent)
        except OSError as error:
            raise _unwritable(file, error) from None
        self._flusher = Flusher(self._descriptor) if durable else None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        try:
            if self._flusher is not None:
                self._flusher.close()
            os.fsync(self._descriptor)
        except OSError as error:
            raise _unwritable(self._file, error) from None
        finally:
            os.close(self._descriptor)

    def append(self, sample: Sample) -> None:
        """Write one sample. Raises StorageError, leaving the file whole, when the disk is full."""
        fields = {name: getattr(sample, name) for name in _SAMPLE_FIELDS}
        if sample.ended is None:
            del fields["ended"]
        text = json.dumps(fields | self._more, ensure_ascii=False)
        line = memoryview((text + "\n").encode("utf-8", "backslashreplace"))
        end = os.fstat(self._descriptor).st_size
        try:
            while line:
                line = line[os.write(self._descriptor, line) :]
        except OSError as error:
            os.ftruncate(self._descriptor, end)
            raise _unwritable(self._file, error) from None
        if self._flusher is not None:
            try:
                self._flusher.written()
            except OSError as error:
                raise _unwritable(self._file, error) from None

    def _cut_torn_line(self) -> None:
        end = os.fstat(self._descriptor).st_size
        whole = end
        while whole > 0:
            start = max(0, whole - 65536)
            newline = os.pread(self._descriptor, whole - start, start).rfind(b"\n")
            if newline >= 0:
                whole = start + newline + 1
                break
            whole = start
        if whole != end:
            os.ftruncate(self._descriptor, whole)


@contextmanager
def _opened(lock: Path) -> Iterator[int]:
    try:
        descriptor = open_to_write(lock)
    except OSError as error:
        raise _unwritable(lock, error) from None
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _parse_sample(document: Mapping[str, Any]) -> Sample:
    known = {name: value for name, value in document.items() if name in _SAMPLE_FIELDS}
    ended = document.get("ended")
    statuses = {"status": Status(document["status"]), "ended": None if ended is None else Status(ended)}
    return Sample(**{**known, **statuses})


def _unwritable(path: Path, error: OSError) -> StorageError:
    return StorageError(
        f"cannot write to {path}: {error.strerror or error}. What was collected before is kept; "
        "mend that and run the same command again"
    )
