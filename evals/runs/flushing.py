"""Brings appended lines to the disk while the work goes on: what is written during one sync, the next one takes."""

from __future__ import annotations

import os
import threading


class Flusher:
    """Syncs open files in a thread of its own, one after the other. What it meets is raised by the next call."""

    def __init__(self, *descriptors: int) -> None:
        self._descriptors = descriptors
        self._changed = threading.Condition()
        self._dirty = self._closing = False
        self._failed: OSError | None = None
        self._thread = threading.Thread(target=self._work, name="fsync", daemon=True)
        self._thread.start()

    def written(self) -> None:
        """Something has been written. Raises OSError when what was before could not be brought to the disk."""
        with self._changed:
            if self._failed is not None:
                raise self._failed
            self._dirty = True
            self._changed.notify()

    def close(self) -> None:
        """Wait until all is on the disk. Raises OSError when it could not be brought there."""
        with self._changed:
            self._closing = True
            self._changed.notify()
        self._thread.join()
        if self._failed is not None:
            raise self._failed

    def _work(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._dirty or self._closing)
                if not self._dirty:
                    return
                self._dirty = False
            try:
                for descriptor in self._descriptors:
                    os.fsync(descriptor)
            except OSError as error:
                # What the system could not write it has given up: a second sync would succeed and mean nothing.
                self._failed = error
                return
