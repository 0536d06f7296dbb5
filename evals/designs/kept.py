"""Exact levels that were computed before, from the user's cache: a check begins at once when it is started again."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Sequence
from pathlib import Path

from platformdirs import user_cache_path

from quantgate.evals.files import read_text, write_atomically
from quantgate.evals.hashing import canonical_hash
from quantgate.evals.stats.sequential.boundary import exact_levels

_VERSION = 2
"""Of how levels are computed: another number lets go of what is kept."""

_WORTH_KEEPING = 1000
"""Items from which computing takes half a second and more."""

_KEPT = 64
"""So many designs stay in the cache, the newest."""


def kept_levels(sizes: Sequence[int], spent: Sequence[float], margin: float) -> tuple[float, ...]:
    """`exact_levels`, from the cache where they are there; else computed, and kept for the next time.

    A file that is damaged, or of another version, is as none; a cache that cannot be written is done without. Raises as
    `exact_levels`.
    """
    if sizes[-1] < _WORTH_KEEPING:
        return exact_levels(sizes, spent, margin)
    key = canonical_hash([_VERSION, list(sizes), list(spent), margin])
    file = user_cache_path("quantgate", appauthor=False) / "looks" / f"{key}.json"
    levels = _read(file, len(sizes))
    if levels is None:
        levels = exact_levels(sizes, spent, margin)
        _keep(file, levels)
    return levels


def _read(file: Path, count: int) -> tuple[float, ...] | None:
    try:
        digest, _, text = read_text(file).partition("\n")
        if digest != _digest(file.stem, text):
            return None
        levels = tuple(float(level) for level in json.loads(text))
    except (OSError, ValueError, TypeError, RecursionError):
        return None
    return levels if len(levels) == count else None


def _keep(file: Path, levels: tuple[float, ...]) -> None:
    text = json.dumps(levels)
    try:
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_atomically(file, f"{_digest(file.stem, text)}\n{text}")
        newest_first = sorted(file.parent.glob("*.json"), key=os.path.getmtime, reverse=True)
        for old in newest_first[_KEPT:]:
            old.unlink()
    except OSError:
        return


def _digest(key: str, text: str) -> str:
    """With the key, so that no file serves for another design than the one it was written for."""
    return hashlib.sha256(f"{key}\n{text}".encode()).hexdigest()
