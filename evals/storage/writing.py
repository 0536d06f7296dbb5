"""Opens a run directory that lies on an object store to be written: written here first, and uploaded as it grows."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import platformdirs

from quantgate.evals.errors import RunDirectoryError, StorageError
from quantgate.evals.files import open_to_write, read_text
from quantgate.evals.hashing import canonical_hash
from quantgate.evals.storage.address import Address, address_of
from quantgate.evals.storage.layout import Layout, files_of, grows, layout_of, make_folder_of
from quantgate.evals.storage.objects import AT_START_S, PATIENCE_S, Objects
from quantgate.evals.storage.upload import Upload
from quantgate.evals.storage.writers import LEASE_S, claim, last_id

_STOPPED_S = 10.0
"""How long a session that was stopped tries to upload the rest: whoever stops it may end it for good soon."""


@dataclass(frozen=True, slots=True)
class Written:
    """A run directory that is written: the `folder` here, and how whoever names it calls it."""

    folder: Path
    shown: str
    upload: Upload | None = None

    def finish(self, *, stopped: bool = False) -> None:
        """Wait until all is at the store, not for long when the session was `stopped`. Raises StorageError."""
        if self.upload is not None:
            self.upload.finish(_STOPPED_S if stopped else PATIENCE_S)


@contextmanager
def written(
    path: Path,
    tell: Callable[[str], None],
    stop: Callable[[], None] = lambda: None,
    *,
    is_there: bool = False,
    lease_s: float = LEASE_S,
) -> Iterator[Written]:
    """A folder to write a run directory into; of an address this machine's own, which is uploaded as it grows.

    What the store has and this machine has not is fetched before. Whoever is done calls `finish`; who leaves without,
    uploads for some seconds more.

    Parameters
    ----------
    tell
        Called with what the user should know.
    stop
        Called from another thread once another machine has taken over.
    is_there
        Whether there has to be a run already.

    Raises
    ------
    UsageError, RunDirectoryError
        As `fetched`.
    StorageError
        When the store does not answer, another process or machine is writing there, or the disk here is full.
    """
    address = address_of(path)
    if address is None:
        yield Written(path, str(path))
        return
    place = home_of(address)
    try:
        place.mkdir(parents=True, exist_ok=True, mode=0o700)
        lock = open_to_write(place / ".writer")
    except OSError as error:
        raise StorageError(f"{place} cannot be written: {error.strerror or error}") from None
    try:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise StorageError(
                f"another quantgate is writing to {address}: wait for it, or give another --out"
            ) from None
        upload = _begun(address, place, tell, stop, lease_s, is_there)
        made = Written(upload.folder, str(address), upload)
        try:
            yield made
        except BaseException:
            _finish_quietly(made, tell)
            raise
        made.finish()
    finally:
        os.close(lock)


def home_of(address: Address) -> Path:
    """Where this machine keeps what it writes to an address."""
    return platformdirs.user_state_path("quantgate") / "stores" / canonical_hash(["store", str(address)])[:16]


def folder_of(path: Path) -> Path:
    """The folder on this machine that a path is written to: of an address the one that is uploaded."""
    address = address_of(path)
    return path if address is None else home_of(address) / address.name


def _begun(
    address: Address, place: Path, tell: Callable[[str], None], stop: Callable[[], None], lease_s: float, is_there: bool
) -> Upload:
    objects = Objects(address, AT_START_S)
    folder, state = place / address.name, place / "uploaded.json"
    layout = layout_of(objects)
    if is_there and "run.json" not in layout.whole:
        raise RunDirectoryError(f"{address} holds no run directory")
    session, known = _kept(state)
    mine = claim(objects, layout.writers, session, tell, lease_s)
    # Another may have written until the claim, which nobody has since.
    layout = layout_of(objects)
    before = [number for number in layout.writers if number < mine.number]
    try:
        if not _is_ahead(folder, layout, ours=session is not None and last_id(objects, before) == session):
            known = _fetch_anew(objects, layout, folder, began=bool(session), tell=tell)
        objects.patience_s = PATIENCE_S
        upload = Upload(objects, folder, mine, layout, state, known=known, tell=tell, stop=stop)
        upload.start()
    except OSError as error:
        raise StorageError(f"{place} cannot be written: {error.strerror or error}") from None
    return upload


def _kept(state: Path) -> tuple[str | None, dict[str, tuple[int, int]]]:
    """The session of this machine that wrote last, and what it put; nothing where that cannot be read."""
    try:
        told = json.loads(read_text(state))
        return str(told["session"]), {str(name): (int(at), int(size)) for name, (at, size) in told["put"].items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None, {}


def _is_ahead(folder: Path, layout: Layout, *, ours: bool) -> bool:
    """Whether this machine's folder has all that the store has, which then needs only the rest."""
    if not ours or not (folder / "run.json").exists():
        return False
    return all(
        (folder / file).exists() and (folder / file).stat().st_size >= layout.length(file) for file in layout.pieces
    )


def _fetch_anew(
    objects: Objects, layout: Layout, folder: Path, *, began: bool, tell: Callable[[str], None]
) -> dict[str, tuple[int, int]]:
    """Make the folder of what the store has; what is only here and did not come from there is set aside, not lost.

    Returns the files that are replaced as they are at the store.
    """
    if not layout.whole and not layout.pieces and not began:
        folder.mkdir(parents=True, exist_ok=True)
        return {}
    fresh = Path(tempfile.mkdtemp(prefix="fetching-", dir=folder.parent)) / folder.name
    make_folder_of(objects, layout, fresh)
    if folder.exists():
        if _holds_more(folder, fresh):
            aside = Path(tempfile.mkdtemp(prefix="aside-", dir=folder.parent)) / folder.name
            folder.rename(aside)
            tell(
                f"{objects.address} holds other answers than this machine had for it: it goes on with those of the "
                f"store; what was here is kept in {aside}"
            )
        else:
            shutil.rmtree(folder)
    fresh.rename(folder)
    fresh.parent.rmdir()
    return {name: (held.st_mtime_ns, held.st_size) for name, held in files_of(folder) if not grows(name)}


def _holds_more(folder: Path, fresh: Path) -> bool:
    """Whether a file that grows has something here that the store has not."""
    for name, _ in files_of(folder):
        if grows(name):
            with (folder / name).open("rb") as here:
                there = (fresh / name).open("rb") if (fresh / name).exists() else None
                try:
                    while block := here.read(1 << 20):
                        if there is None or there.read(len(block)) != block:
                            return True
                finally:
                    if there is not None:
                        there.close()
    return False


def _finish_quietly(made: Written, tell: Callable[[str], None]) -> None:
    """Upload the rest on the way out, for a while; why that was not possible is told, and hides no other error."""
    try:
        made.finish(stopped=True)
    except StorageError as error:
        tell(str(error))
