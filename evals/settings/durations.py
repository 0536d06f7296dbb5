"""Lengths of time as people write them: `4h`, `1h30m`, `90m`, `30s`, or a number of seconds."""

from __future__ import annotations

import math
import re

_PARTS = {"d": 86_400, "h": 3_600, "m": 60, "s": 1}
_WRITTEN = re.compile(r"\s*".join(rf"(?:(?P<{unit}>\d+(?:\.\d+)?)\s*{unit})?" for unit in _PARTS), re.IGNORECASE)
_ALLOWED = "write a length of time as 4h, 90m or 1h30m, or a number of seconds"


def read_duration(value: object) -> float:
    """Seconds.

    Raises
    ------
    ValueError
        With what may be written, for what is no length of time above 0.

    Examples
    --------
    >>> read_duration("1h30m"), read_duration(90)
    (5400.0, 90.0)
    """
    seconds = _seconds(value)
    if seconds is None or not 0 < seconds < math.inf:
        raise ValueError(_ALLOWED)
    return seconds


def _seconds(value: object) -> float | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        return float(value)
    found = _WRITTEN.fullmatch(value.strip()) if isinstance(value, str) and len(value) < 40 else None
    given = {unit: float(number) for unit, number in found.groupdict().items() if number} if found else {}
    return sum(number * _PARTS[unit] for unit, number in given.items()) if given else None


def told_duration(seconds: float) -> str:
    """A length of time in few words, as it may be written: in its largest unit that leaves nothing over.

    Examples
    --------
    >>> told_duration(1800), told_duration(90), told_duration(0.5)
    ('30m', '90s', '0.5s')
    """
    unit, size = next(
        (unit, size) for unit, size in _PARTS.items() if size == 1 or (seconds >= size and seconds % size == 0)
    )
    return f"{seconds / size:g}{unit}"
