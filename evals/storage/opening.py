"""Opens a run directory that lies on an object store to be read: made again in a folder that goes with the process."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from quantgate.evals.errors import RunDirectoryError, StorageError
from quantgate.evals.storage.address import address_of
from quantgate.evals.storage.layout import Layout, layout_of, make_folder_of, piece_name
from quantgate.evals.storage.objects import AT_START_S, Objects

_MOST_FOREIGN = 1 << 30
"""Of what is no run directory, so many bytes at most are fetched to see what it is."""


@dataclass(frozen=True, slots=True)
class _Fetched:
    objects: Objects
    layout: Layout


_fetched: dict[Path, _Fetched] = {}
_folders: list[tempfile.TemporaryDirectory[str]] = []
"""Kept as long as the process: what is read of a run later is read from its files."""


def fetched(path: Path, tell: Callable[[str], None] = lambda _: None) -> Path:
    """A folder with what lies at an address, gone with the process; a path on this machine as it is.

    Raises
    ------
    UsageError
        For an address that is none, or when what reaches its store is not installed.
    StorageError
        When the store does not answer or refuses.
    RunDirectoryError
        When nothing is there.
    """
    address = address_of(path)
    if address is None:
        return path
    objects = Objects(address, AT_START_S)
    layout = layout_of(objects)
    if not layout.whole and not layout.pieces:
        raise RunDirectoryError(f"{address} holds no run directory, nor anything else")
    if "run.json" not in layout.whole and sum(layout.sizes.values()) > _MOST_FOREIGN:
        raise RunDirectoryError(f"{address} is no run directory (no run.json), and too large to look for other tools'")
    _folders.append(tempfile.TemporaryDirectory(prefix="quantgate-store-"))
    folder = Path(_folders[-1].name) / address.name
    tell(f"reading {address}")
    try:
        make_folder_of(objects, layout, folder)
    except OSError as error:
        raise StorageError(f"{folder}: no copy of {address} can be made: {error.strerror or error}") from None
    _fetched[folder] = _Fetched(objects, layout)
    return folder


def send_back(folder: Path, file: str) -> bool:
    """Put at the store what was appended to a file of a folder that was fetched; nothing of any other folder.

    Returns whether nobody else has appended to it since; where somebody has, the folder has that and not what is new.
    Raises StorageError when the store does not take it.
    """
    held = _fetched.get(folder)
    if held is None:
        return True
    added = (folder / file).read_bytes()[held.layout.length(file) :]
    sent = not added or held.objects.put_new(piece_name(file, held.layout.count(file)), added)
    layout = layout_of(held.objects)
    if not sent:
        pieces = layout.pieces[file]
        there = held.objects.read_all(pieces)
        (folder / file).write_bytes(b"".join(there[piece] for piece in pieces))
    _fetched[folder] = _Fetched(held.objects, layout)
    return sent
