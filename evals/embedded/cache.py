"""The user's cache folder: where it is, scratch space inside it, and files whose digest is checked."""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from platformdirs import user_cache_path

from quantgate.evals.embedded.errors import EMBEDDED_MODEL, CacheError, Wanted

OnProgress = Callable[[int, int], None]
"""Told how much is done, and of how much."""


def cache_folder(override: Path | None = None, wanted: Wanted = EMBEDDED_MODEL) -> Path:
    """The folder that holds what is fetched once and what is built of it, created if need be.

    Raises
    ------
    CacheError
        It cannot be created.
    """
    folder = override or user_cache_path("quantgate", appauthor=False)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise CacheError(error, folder, wanted) from error
    return folder


@contextmanager
def scratch(folder: Path, wanted: Wanted = EMBEDDED_MODEL) -> Iterator[Path]:
    """A temporary folder inside `folder`, so that a finished file can be moved out of it in one step.

    It is gone afterwards whatever happens, Ctrl-C included. What the operating system refuses in the body (no space,
    no permission) is raised as `CacheError`.
    """
    try:
        with tempfile.TemporaryDirectory(prefix=".partial-", dir=folder) as name:
            yield Path(name)
    except OSError as error:
        raise CacheError(error, folder, wanted) from error


def settle(finished: Path, target: Path) -> Path:
    """Move a finished file into place in one step, after its bytes have reached the disk."""
    with finished.open("rb+") as file:
        os.fsync(file.fileno())
    os.replace(finished, target)
    return target


def sha256_of(path: Path) -> str:
    """The SHA-256 of a file in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
