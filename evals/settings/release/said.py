"""What a release file says and where: a value with its place, as messages name it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from quantgate.evals.errors import UsageError
from quantgate.evals.secrets import without_keys
from quantgate.evals.text import excerpt

_SHOWN = 60


class Level(StrEnum):
    """Where a name stands: in a release file, on the command line, or in a suite."""

    TOP = "at the top"
    BUILD = "under a build"
    TASK = "under a task"
    COMMAND_LINE = "on the command line"
    SUITE = "at the top of a suite"
    SUITE_TASK = "under a task of a suite"


@dataclass(frozen=True, slots=True)
class Said:
    """A value and where it was said, as messages name it."""

    value: Any
    where: str


@dataclass(frozen=True, slots=True)
class Layer:
    """What one place says of how tasks are asked: options of `run`, and the tasks' own."""

    level: Level
    options: Mapping[str, Said]
    own: Mapping[str, Said]


@dataclass(frozen=True, slots=True)
class OwnOption:
    """An option that a task declares itself; `is_path` where its value is the name of a file."""

    name: str
    is_path: bool = False


def at(file: Path, place: str, name: str = "") -> str:
    """The beginning of a message: file and place, with a colon behind them where no name is said."""
    where = f"{file}: {excerpt(without_keys(place), _SHOWN)}" if place else f"{file}"
    if not name:
        return f"{where}: "
    return f"{where}{'.' if place else ': '}{excerpt(without_keys(name), _SHOWN)}"


def path_in(folder: Path, written: str, where: str) -> Path:
    """A path of a release file: of the file's folder where it is relative, with the user's own folder for `~`.

    Raises UsageError, with `where` it stands, for what no file can be called.
    """
    if "\0" in written:
        raise UsageError(f"{where}: no file can be called so: it has a character with the code 0")
    try:
        return folder / Path(written).expanduser()
    except RuntimeError:
        return folder / written
