"""Which of LiveCodeBench's problems are asked: those of a release whose contest was held in a window of days."""

from __future__ import annotations

import calendar
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from types import MappingProxyType
from typing import Any

from quantgate.evals.errors import UsageError

FILES: Mapping[str, date] = MappingProxyType({
    "test": date(2024, 3, 31),
    "test2": date(2024, 5, 31),
    "test3": date(2024, 7, 31),
    "test4": date(2024, 9, 30),
    "test5": date(2025, 1, 31),
    "test6": date(2025, 4, 30),
})  # fmt: skip
"""The published files, each with what a release added to those before, and until when, as the authors say."""

_FIRST = date(2023, 5, 1)
_LEEWAY = timedelta(days=30)
"""How much later a contest may have been than the month that the authors name: a file is left out only beyond that."""


@dataclass(frozen=True, slots=True)
class Window:
    """A release, counted from 1, and the first and the last day of a contest."""

    release: int
    first: date
    last: date

    @property
    def files(self) -> tuple[str, ...]:
        """The published files that it can have problems in."""
        of_release = list(FILES.items())[: self.release]
        return tuple(name for name, until in of_release if until + _LEEWAY >= self.first)

    @property
    def count(self) -> int | None:
        """How many problems it holds, where that is published."""
        return PUBLISHED.get(self)

    def __str__(self) -> str:
        return f"{self.first} to {self.last}"


NVIDIA = Window(6, date(2024, 8, 1), date(2025, 5, 31))
ARTIFICIAL_ANALYSIS = Window(5, date(2024, 7, 1), date(2024, 12, 31))

_ENDS = [until + _LEEWAY for until in FILES.values()]

PUBLISHED: Mapping[Window, int] = MappingProxyType({
    Window(1, _FIRST, _ENDS[0]): 400,
    Window(2, _FIRST, _ENDS[1]): 511,
    Window(3, _FIRST, _ENDS[2]): 612,
    Window(4, _FIRST, _ENDS[3]): 713,
    Window(6, _FIRST, NVIDIA.last): 1055,
    NVIDIA: 454,
    ARTIFICIAL_ANALYSIS: 315,
    Window(5, date(2024, 7, 1), date(2025, 1, 1)): 315,
    Window(5, date(2024, 8, 1), date(2025, 2, 28)): 279,
    Window(5, date(2024, 10, 1), date(2025, 2, 28)): 166,
})  # fmt: skip
"""Windows that scores are published for, and their sizes: releases, NVIDIA's evaluations, Artificial Analysis."""

_USUAL = {6: NVIDIA, 5: ARTIFICIAL_ANALYSIS}


def release(value: object) -> int:
    """Which release is meant: `v6`, `release_v6` or 6. Raises ValueError for one that there is not."""
    found = re.fullmatch(r"(?:release_)?v?(\d)", str(value))
    number = int(found[1]) if found and not isinstance(value, bool) else 0
    if not 1 <= number <= len(FILES):
        raise ValueError(f"must be one of v1 to v{len(FILES)}")
    return number


def first_day(value: object) -> date:
    """A day, or the first one of a month (`2024-08`). Raises ValueError for anything else."""
    return _day(value, at_end=False)


def last_day(value: object) -> date:
    """A day, or the last one of a month (`2025-05`). Raises ValueError for anything else."""
    return _day(value, at_end=True)


def _day(value: object, *, at_end: bool) -> date:
    try:
        text = str(value)
        if re.fullmatch(r"\d{4}-\d\d", text):
            month = date.fromisoformat(f"{text}-01")
            return month.replace(day=calendar.monthrange(month.year, month.month)[1]) if at_end else month
        if re.fullmatch(r"\d{4}-\d\d-\d\d", text):
            return date.fromisoformat(text)
    except ValueError:
        pass
    raise ValueError("must be a day or a month, as 2024-08-01 or 2024-08")


def window_of(own: Mapping[str, Any]) -> Window:
    """The window that the task's own options give: of releases 5 and 6 the published one unless days are given.

    Raises
    ------
    UsageError
        When it ends before it begins.
    """
    number = own.get("release", len(FILES))
    usual = _USUAL.get(number, Window(number, _FIRST, _ENDS[number - 1]))
    window = Window(number, own.get("from", usual.first), own.get("to", usual.last))
    if window.first > window.last:
        raise UsageError(f"livecodebench: the window of days ends before it begins ({window}): give both from and to")
    return window
