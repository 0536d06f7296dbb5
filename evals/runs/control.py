"""The control file of a run directory: asks the run that is going on there for another number in flight."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import stat
from collections.abc import Iterator
from pathlib import Path

from quantgate.evals.endpoint.connection import MAX_IN_FLIGHT
from quantgate.evals.errors import RunDirectoryError, StorageError
from quantgate.evals.files import write_atomically

CONTROL_FILE = "control.json"
AUTO = "auto"

_LOCK_FILE = ".lock"
_MOST_BYTES = 1000
_WANTED = f"give a number from 1 to {MAX_IN_FLIGHT}, or {AUTO}"


class ControlError(ValueError):
    """The control file asks for something that there is not."""


def parse_concurrency(text: str) -> int | None:
    """A number in flight, `None` for one that is found by itself. Raises ControlError."""
    if text == AUTO:
        return None
    if not (text.isascii() and text.isdigit() and len(text) <= 4 and 1 <= int(text) <= MAX_IN_FLIGHT):
        raise ControlError(_WANTED)
    return int(text)


class ControlFile:
    """The control file of one run directory, `control.json`, as `{"concurrency": 64}`: taken away once it is read."""

    def __init__(self, directory: Path) -> None:
        self.path = directory / CONTROL_FILE
        self._refused: tuple[int, int] | None = None

    def write(self, concurrency: str) -> None:
        """Ask for a number in flight, or `auto`.

        Raises
        ------
        ControlError
            When it is neither.
        RunDirectoryError
            When no run is going on in the directory.
        StorageError
            When the file cannot be written.
        """
        wanted = parse_concurrency(concurrency)
        if not is_written_to(self.path.parent):
            raise RunDirectoryError(
                f"no run is going on in {self.path.parent}: give --concurrency {concurrency} to the next one"
            )
        try:
            write_atomically(self.path, json.dumps({"concurrency": AUTO if wanted is None else wanted}) + "\n")
        except OSError as error:
            raise StorageError(f"cannot write {self.path}: {error.strerror or error}") from None

    def take(self) -> str | None:
        """What is asked for, as `write` takes it, and the file is gone; `None` where there is nothing new.

        Raises
        ------
        ControlError
            Once for each file that asks for nothing that there is.
        """
        try:
            found = os.lstat(self.path)
        except OSError:
            return None
        identity = (found.st_ino, found.st_mtime_ns)
        if identity == self._refused or (stat.S_ISREG(found.st_mode) and not found.st_size):
            return None
        try:
            text = _read(self.path)
            concurrency = _concurrency(text)
        except (ControlError, OSError, ValueError, RecursionError) as error:
            self._refused = identity
            said = str(error) if isinstance(error, ControlError) else _WANTED
            raise ControlError(f"{CONTROL_FILE} is not heeded: {said}") from None
        self.clear()
        return concurrency

    def clear(self) -> None:
        """Take away what was asked of an earlier run."""
        with contextlib.suppress(OSError):
            if stat.S_ISREG(os.lstat(self.path).st_mode):
                self.path.unlink()


def _read(path: Path) -> bytes:
    with _opened(path) as descriptor:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise ControlError("it is no regular file")
        data = os.read(descriptor, _MOST_BYTES + 1)
    if len(data) > _MOST_BYTES:
        raise ControlError(f"it is longer than {_MOST_BYTES} bytes")
    return data


def _concurrency(text: bytes) -> str:
    document = json.loads(text)
    if not isinstance(document, dict) or list(document) != ["concurrency"]:
        raise ControlError(f'write {{"concurrency": 64}}; {_WANTED}')
    wanted = document["concurrency"]
    if isinstance(wanted, bool) or not isinstance(wanted, int | str):
        raise ControlError(_WANTED)
    parse_concurrency(str(wanted))
    return str(wanted)


def is_written_to(directory: Path) -> bool:
    """Whether a process holds the directory's lock."""
    try:
        with _opened(directory / _LOCK_FILE) as lock:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        pass
    return False


@contextlib.contextmanager
def _opened(path: Path) -> Iterator[int]:
    """A file to read, which is no link and is not waited for."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        yield descriptor
    finally:
        os.close(descriptor)
