"""Where indexes are kept between two viewers: in the user's cache, for nobody else to read, and not for ever."""

from __future__ import annotations

import os
import time
from contextlib import suppress
from pathlib import Path

from platformdirs import user_cache_path

_FOLDER = "view"
_UNUSED_S = 30 * 24 * 3600


def kept_file(key: str, version: int) -> Path:
    """The file of the index of a run; its folder is made where that can be."""
    folder = user_cache_path("quantgate", appauthor=False).absolute() / _FOLDER
    with suppress(OSError):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder / f"{key}.{version}.sqlite"


def mark_used(file: Path) -> None:
    """Keep an index for another month."""
    with suppress(OSError):
        os.utime(file)


def forget_unused() -> None:
    """Take away the indexes that nobody has used for a month."""
    before = time.time() - _UNUSED_S
    with suppress(OSError):
        for file in (user_cache_path("quantgate", appauthor=False) / _FOLDER).glob("*.sqlite*"):
            if file.stat().st_mtime < before:
                file.unlink()
