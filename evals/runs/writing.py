"""Appends samples to a run directory's file, so that whatever kills the process leaves whole lines."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Self

from quantgate.evals.contract.records import Sample
from quantgate.evals.errors import StorageError
from quantgate.evals.files import open_to_write, sync_folder
from quantgate.evals.runs.flushing import Flusher
from quantgate.evals.samples.lines import line_of


class SampleWriter:
    """Appends samples, one line and one write each, so that whatever kills the process leaves whole lines.

    `regrade` is the id of the regrade that they are of; `durable` says that a power cut, too, must not lose them.
    """

    def __init__(self, file: Path, regrade: str | None = None, *, durable: bool = False) -> None:
        self._file = file
        self._regrade = regrade
        try:
            self._descriptor = open_to_write(file, os.O_APPEND)
            self._cut_torn_line()
            sync_folder(file.parent)
        except OSError as error:
            raise unwritable(file, error) from None
        self._flusher = Flusher(self._descriptor) if durable else None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        try:
            if self._flusher is not None:
                self._flusher.close()
            os.fsync(self._descriptor)
        except OSError as error:
            raise unwritable(self._file, error) from None
        finally:
            os.close(self._descriptor)

    def append(self, sample: Sample) -> None:
        """Write one sample. Raises StorageError, leaving the file whole, when the disk is full."""
        line = memoryview(line_of(sample, self._regrade))
        end = os.fstat(self._descriptor).st_size
        try:
            while line:
                line = line[os.write(self._descriptor, line) :]
        except OSError as error:
            os.ftruncate(self._descriptor, end)
            raise unwritable(self._file, error) from None
        if self._flusher is not None:
            try:
                self._flusher.written()
            except OSError as error:
                raise unwritable(self._file, error) from None

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


def unwritable(path: Path, error: OSError) -> StorageError:
    """What is said of a place that cannot be written to."""
    return StorageError(
        f"cannot write to {path}: {error.strerror or error}. What was collected before is kept; "
        "mend that and run the same command again"
    )
