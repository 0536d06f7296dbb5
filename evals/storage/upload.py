"""Uploads a run directory as it grows, in a thread of its own: the files are the queue, memory holds one piece."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from threading import Event, Thread

from quantgate.evals.errors import StorageError
from quantgate.evals.files import write_atomically
from quantgate.evals.storage.errors import Displaced
from quantgate.evals.storage.layout import Layout, files_of, grows, next_piece, piece_name
from quantgate.evals.storage.objects import Objects
from quantgate.evals.storage.writers import BEAT_S, Claim, check_claim

_SHORTEST_S, _LONGEST_S = 2.0, 60.0
_SHARE = 50
"""What has arrived waits for no more than this part of the time so far: a long run is no heap of small objects."""
_LAST = ("prompts.jsonl", "samples.jsonl")
"""Samples come after all that they rest on: `run.json`, the prompts, the conversations."""


class Upload:
    """What is at a store of a folder, brought up to what the folder holds.

    Parameters
    ----------
    state
        The file in which it is kept, beside the folder, which session of this machine wrote last and what it uploaded.
    tell
        Called from the thread with a line when the store cannot be reached, and when it can be again.
    stop
        Called from the thread once nothing of this session's goes there any more.
    """

    def __init__(
        self,
        objects: Objects,
        folder: Path,
        claim: Claim,
        layout: Layout,
        state: Path,
        *,
        known: dict[str, tuple[int, int]],
        tell: Callable[[str], None],
        stop: Callable[[], None],
    ) -> None:
        self.objects = objects
        self.folder = folder
        self._claim = claim
        self._state = state
        self._known = dict(known)
        self._ends = {file: layout.length(file) for file in layout.pieces}
        self._counts = {file: layout.count(file) for file in layout.pieces}
        self._tell, self._stop = tell, stop
        self._failure: StorageError | None = None
        self._beats = 0
        self._closing = Event()
        self._finished = False
        self._began = time.monotonic()
        self._thread = Thread(target=self._go_on, name="upload", daemon=True)

    def start(self) -> None:
        self._keep_state()
        self._thread.start()

    def finish(self, patience_s: float) -> None:
        """Upload what is left, and say that this session has ended.

        Raises
        ------
        StorageError
            When something could not be uploaded; all of it is in the folder.
        """
        if self._finished:
            return
        self._finished = True
        self._closing.set()
        self.objects.patience_s = patience_s
        self._thread.join()
        if isinstance(self._failure, Displaced):
            raise self._failure
        try:
            while self._upload():
                pass
            self.objects.put(self._claim.name, self._claim.content(self._beats, ended=True))
        except StorageError as error:
            raise type(error)(
                f"{error}. Not all is uploaded, and everything is kept in {self.folder}: the same command goes on"
            ) from None

    def _go_on(self) -> None:
        uploaded = time.monotonic()
        while not self._closing.wait(min(self._pace(), BEAT_S)):
            try:
                self._show_life()
                if time.monotonic() - uploaded >= self._pace() - BEAT_S / 2:
                    self._upload()
                    uploaded = time.monotonic()
            except Displaced as error:
                self._failure = error
                self._tell(str(error))
                self._stop()
                return
            except (StorageError, OSError) as error:
                if self._failure is None:
                    self._tell(f"{error}; what arrives is kept in {self.folder}, and goes there once it can")
                self._failure = error if isinstance(error, StorageError) else StorageError(str(error))
            else:
                if self._failure is not None:
                    self._tell(f"{self.objects.address} can be reached again")
                self._failure = None

    def _pace(self) -> float:
        """Seconds that what has arrived waits."""
        return min(_LONGEST_S, max(_SHORTEST_S, (time.monotonic() - self._began) / _SHARE))

    def _show_life(self) -> None:
        check_claim(self.objects, self._claim)
        self._beats += 1
        self.objects.put(self._claim.name, self._claim.content(self._beats))

    def _upload(self) -> bool:
        """Bring the store up to what the folder holds; whether there was anything to bring."""
        # Where files that grow end is seen before the others are read: what a line rests on is not older than the line.
        found = dict(files_of(self.folder))
        ends = {name: held.st_size for name, held in found.items() if grows(name)}
        moved = False
        whole = [name for name in found if not grows(name)]
        for name in sorted(whole, key=lambda name: (name != "run.json", name)):
            moved = self._put(name) or moved
        for name in sorted(ends, key=lambda name: (_LAST.index(name) + 1 if name in _LAST else 0, name)):
            while self._ends.get(name, 0) < ends[name] and self._put_piece(name):
                moved = True
        if moved:
            self._keep_state()
        return moved

    def _put(self, name: str) -> bool:
        """Put a file that is replaced, if it is another than the one that was put."""
        file = self.folder / name
        try:
            held = file.stat()
            stamp = (held.st_mtime_ns, held.st_size)
            if self._known.get(name) == stamp:
                return False
            content = file.read_bytes()
        except FileNotFoundError:
            return False
        self.objects.put(name, content)
        self._known[name] = stamp
        return True

    def _put_piece(self, name: str) -> bool:
        start, number = self._ends.get(name, 0), self._counts.get(name, 0)
        content = next_piece(self.folder / name, start)
        if not content:
            return False
        if not self.objects.put_new(piece_name(name, number), content):
            raise Displaced(
                f"{self.objects.address}/{piece_name(name, number)} was written by another quantgate meanwhile: what "
                f"is here is kept in {self.folder}, and the same command sees what there is to go on with"
            )
        self._ends[name], self._counts[name] = start + len(content), number + 1
        return True

    def _keep_state(self) -> None:
        told = {"address": str(self.objects.address), "session": self._claim.id, "put": self._known}
        write_atomically(self._state, json.dumps(told))
