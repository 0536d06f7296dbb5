"""Reads decisions that were taken one after the other, from the files alone: the oldest first."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from fnmatch import fnmatch
from pathlib import Path

from quantgate.evals.decision.comparison import Comparison
from quantgate.evals.decision.json import load_decision
from quantgate.evals.decision.types import Verdict
from quantgate.evals.errors import DataError
from quantgate.evals.text import natural_key

NAMES = ("*gate*.json", "*compare*.json")
"""What the files of decisions in a folder are called."""

_LONG_AGO = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class History:
    """The decisions by when they were taken, each after the file that holds it.

    `passed_over` names each file that holds none, and why.
    """

    decisions: tuple[tuple[Path, Verdict | Comparison], ...]
    passed_over: tuple[str, ...]


def read_history(paths: Sequence[Path]) -> History:
    """The decisions in these files, and in all files beneath these folders that are called as `NAMES`.

    A decision that is there several times, as a copy, counts once.

    Raises
    ------
    DataError
        When none of the files holds a decision.
    """
    found: dict[str, tuple[Path, Verdict | Comparison]] = {}
    passed_over = []
    for file in dict.fromkeys(file for path in paths for file in _files(path)):
        try:
            decision = load_decision(file)
        except DataError as error:
            passed_over.append(str(error))
        else:
            found.setdefault(decision.to_json(), (file, decision))
    if not found:
        why = passed_over[0] if passed_over else f"no file beneath is called {' or '.join(NAMES)}"
        raise DataError(f"{', '.join(map(str, paths))}: no decision is there: {why}")
    ordered = sorted(found.values(), key=lambda past: (_when(past[1].created), natural_key(str(past[0]))))
    return History(tuple(ordered), tuple(passed_over))


def _files(path: Path) -> Iterator[Path]:
    """The file itself; of a folder those that are called as decisions are, links to other folders not followed."""
    if not path.is_dir():
        yield path
        return
    for folder, folders, names in os.walk(path):
        folders.sort(key=natural_key)
        yield from (
            Path(folder, name)
            for name in sorted(names, key=natural_key)
            if any(fnmatch(name, pattern) for pattern in NAMES)
        )


def _when(created: str) -> datetime:
    """When it was decided, in UTC; before all others where that cannot be read."""
    try:
        read = datetime.fromisoformat(created)
    except ValueError:
        return _LONG_AGO
    return read.replace(tzinfo=UTC) if read.tzinfo is None else read
