"""Runs that grow while they are looked at: whether somebody writes to one, and work that goes on behind the pages."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Hashable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from pathlib import Path
from threading import Event, Lock

from quantgate.evals.samples.lines import SAMPLES_FILE

LOCK_FILE = ".lock"
_LOCKS = Path("/proc/locks")
_RECENT_S = 60
_WORKERS = 2


def being_written(folder: Path) -> bool:
    """Whether somebody writes to a run directory, as far as that can be told without being in their way.

    Its lock is not tried: for that moment a run that begins would find it taken. Linux lists the locks that are held;
    where it does not tell (another container, another system), an answer of the last minute is a sign.
    """
    return _is_locked(folder / LOCK_FILE) or _is_recent(folder / SAMPLES_FILE)


def _is_locked(file: Path) -> bool:
    """Whether the list of locks has one to write of the file, which it names as `device:device:inode`."""
    try:
        ends = f":{file.stat().st_ino}"
        held = _LOCKS.read_text(encoding="ascii")
    except (OSError, UnicodeDecodeError):
        return False
    locks = (line.split() for line in held.splitlines() if " FLOCK " in line and " WRITE " in line)
    return any(word.endswith(ends) and word.count(":") == 2 for words in locks for word in words)


def _is_recent(file: Path) -> bool:
    try:
        return time.time() - os.stat(file).st_mtime < _RECENT_S
    except OSError:
        return False


class Work:
    """Work that may take longer than a page can wait; each piece by a name, and once at a time."""

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(_WORKERS, "quantgate-view")
        self._going: dict[Hashable, Future[None]] = {}
        self._lock = Lock()
        self._stop = Event()

    def done(self, name: Hashable, work: Callable[[Event], None], seconds: float) -> bool:
        """Begin a piece of work, or go on waiting for it; whether it is done within so many seconds.

        It is given what tells it to stop. What it raises is raised here, once.
        """
        with self._lock:
            going = self._going.get(name)
            if going is None:
                going = self._going[name] = self._pool.submit(work, self._stop)
        wait([going], seconds)
        if not going.done():
            return False
        with self._lock:
            if self._going.get(name) is going:
                del self._going[name]
        going.result()
        return True

    def close(self) -> None:
        """Tell all work to stop, and wait until it has."""
        self._stop.set()
        self._pool.shutdown(cancel_futures=True)
