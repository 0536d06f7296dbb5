"""Options that a task declares for itself, and readers of their values from the command line or from YAML."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any


def text(value: object) -> str:
    """Text that is not empty. Raises ValueError for anything else."""
    if not isinstance(value, str) or not value:
        raise ValueError("must be text")
    return value


def path(value: object) -> Path:
    """A path. Raises ValueError for anything else than text."""
    return value if isinstance(value, Path) else Path(text(value))


def names(value: object) -> tuple[str, ...]:
    """A list of names, or one text with commas between them. Raises ValueError for anything else."""
    parts = value.split(",") if isinstance(value, str) else value
    if not isinstance(parts, list | tuple) or not all(isinstance(part, str) and part.strip() for part in parts):
        raise ValueError("must be names with commas between them")
    return tuple(part.strip() for part in parts)


def json_object(value: object) -> dict[str, Any]:
    """An object of plain JSON, or the text of one. Raises ValueError for anything else."""
    try:
        plain = json.loads(
            value if isinstance(value, str) else json.dumps(value, allow_nan=False), object_pairs_hook=_each_once
        )
        json.dumps(plain, allow_nan=False)
    except (ValueError, TypeError, RecursionError) as error:
        raise ValueError(f"must be plain JSON ({error})") from None
    if not isinstance(plain, dict):
        raise ValueError("must be a JSON object")
    return plain


def _each_once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    made: dict[str, object] = {}
    for name, value in pairs:
        if name in made:
            raise ValueError(f"the key {name[:60]!r} is given twice")
        made[name] = value
    return made


def whole_number(least: int, most: int) -> Callable[[object], int]:
    """A reader of whole numbers from `least` to `most`; it raises ValueError for anything else.

    >>> whole_number(1, 8)("5")
    5
    """

    def read(value: object) -> int:
        try:
            number = int(value) if isinstance(value, str) else value
        except ValueError:
            number = None
        if isinstance(number, bool) or not isinstance(number, int) or not least <= number <= most:
            raise ValueError(f"must be a whole number from {least} to {most}")
        return number

    return read


@dataclass(frozen=True, slots=True)
class TaskOption:
    """One option that a task takes besides those that every task does.

    `read` makes a value of what was given, which is text from the command line and what YAML holds from a file; it
    raises ValueError with what is allowed (`must be ...`).
    """

    name: str
    help: str
    read: Callable[[object], object] = text
