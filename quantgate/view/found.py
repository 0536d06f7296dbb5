"""What lies under the folders that the user named: run directories and decisions, no deeper than people keep them."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from quantgate.evals.files import open_to_read
from quantgate.evals.runs.record import RUN_FILE

_DEPTH = 4
_MOST_ENTRIES = 20_000
"""So many names are looked at: a folder with more was never meant."""
_MOST_FOUND = 1_000
_DECISION = re.compile(rb'\s*\{\s*"schema_version":\s*\d+,\s*"verdict":')
"""How every decision begins that `gate` and `compare` write."""
_BEGINNING = 200


@dataclass(frozen=True, slots=True)
class Found:
    """Run directories and decisions; `cut` says that there was more than is looked through."""

    runs: tuple[Path, ...] = ()
    decisions: tuple[Path, ...] = ()
    cut: bool = False


def is_run(folder: Path) -> bool:
    """Whether it is a run directory."""
    return (folder / RUN_FILE).is_file()


def find(folders: Sequence[Path], depth: int = _DEPTH) -> Found:
    """The run directories and decisions under some folders. Links to folders and hidden folders are not followed."""
    runs: dict[Path, None] = {}
    decisions: dict[Path, None] = {}
    seen = 0
    for folder in folders:
        for place in _entries(str(folder), depth):
            seen += 1
            if seen > _MOST_ENTRIES or len(runs) + len(decisions) >= _MOST_FOUND:
                return Found(tuple(runs), tuple(decisions), cut=True)
            if os.path.basename(place) == RUN_FILE:
                runs[Path(place).parent] = None
            elif place.endswith(".json") and _is_decision(Path(place)):
                decisions[Path(place)] = None
    return Found(tuple(runs), tuple(decisions))


def _entries(folder: str, depth: int) -> Iterator[str]:
    """The files under a folder; of a run directory its record alone."""
    try:
        with os.scandir(folder) as listed:
            entries = sorted(listed, key=lambda entry: entry.name)
    except OSError:
        return
    if any(entry.name == RUN_FILE for entry in entries):
        yield os.path.join(folder, RUN_FILE)
        return
    for entry in entries:
        if entry.name.startswith("."):
            continue
        if entry.is_dir(follow_symlinks=False):
            if depth:
                yield from _entries(entry.path, depth - 1)
        else:
            yield entry.path


def _is_decision(file: Path) -> bool:
    try:
        with open_to_read(file) as stream:
            return _DECISION.match(stream.read(_BEGINNING)) is not None
    except OSError:
        return False
