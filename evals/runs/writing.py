"""Appends samples to a run directory's file, so that whatever kills the process leaves whole lines."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Protocol, Self

from quantgate.evals.contract.records import Request, Sample
from quantgate.evals.errors import StorageError
from quantgate.evals.runs.appending import AppendedLines
from quantgate.evals.runs.flushing import Flusher
from quantgate.evals.samples.lines import line_of


class Keeper(Protocol):
    """Keeps what a request asks: see `evals.runs.asked.PromptWriter`."""

    @property
    def descriptor(self) -> int: ...

    def keep(self, request: Request) -> None: ...


class SampleWriter:
    """Appends samples, one line and one write each, so that whatever kills the process leaves whole lines.

    `regrade` is the id of the regrade that they are of; `durable` says that a power cut, too, must not lose them.
    `prompts` keeps what each was asked, which is written first: no sample is there without its prompt.
    """

    def __init__(
        self, file: Path, regrade: str | None = None, *, durable: bool = False, prompts: Keeper | None = None
    ) -> None:
        self._file = file
        self._regrade = regrade
        self._prompts = prompts
        try:
            self._lines = AppendedLines(file)
        except OSError as error:
            raise unwritable(file, error) from None
        # In this order, so that next to no sample is on the disk sooner than its prompt.
        self._files = ([] if prompts is None else [prompts.descriptor]) + [self._lines.descriptor]
        self._flusher = Flusher(*self._files) if durable else None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        try:
            if self._flusher is not None:
                self._flusher.close()
            for descriptor in self._files:
                os.fsync(descriptor)
        except OSError as error:
            raise unwritable(self._file, error) from None
        finally:
            self._lines.close()

    def append(self, sample: Sample, request: Request | None = None) -> None:
        """Write one sample, and before it what was asked, unless that is there or not to be kept.

        Raises StorageError, leaving the files whole, when the disk is full.
        """
        try:
            if request is not None and self._prompts is not None:
                self._prompts.keep(request)
            self._lines.append(line_of(sample, self._regrade))
            if self._flusher is not None:
                self._flusher.written()
        except OSError as error:
            raise unwritable(self._file, error) from None


def unwritable(path: Path, error: OSError) -> StorageError:
    """What is said of a place that cannot be written to."""
    return StorageError(
        f"cannot write to {path}: {error.strerror or error}. What was collected before is kept; "
        "mend that and run the same command again"
    )
