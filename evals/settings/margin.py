"""The largest loss that passes: in points, as a share of the baseline's accuracy that must be recovered, or both."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, TypeAlias

from pydantic import PlainSerializer, PlainValidator

from quantgate.evals.settings.requirements import SMALLEST_MARGIN

_LARGEST_RECOVERY = 1 - SMALLEST_MARGIN
RECOVERY_OF_BENCHMARK = (
    "the bounds of a recovery hold for questions like these; for these very questions give a margin in points"
)
"""Why the two do not go together."""
_KEYS = ("points", "recovery")

Written: TypeAlias = float | dict[str, float]
"""A margin as policies and JSON have it: a number of points as a fraction, or a mapping."""


@dataclass(frozen=True, slots=True)
class Margin:
    """What a candidate may lose; where it is said in both ways, both must be shown: the tighter counts.

    `points` is the largest difference of accuracies, a fraction: 0.02 is two points. `recovery` is the smallest ratio
    of the candidate's accuracy to the baseline's: 0.99 lets a hundredth of the baseline's accuracy be lost. At least
    one of them is said.
    """

    points: float | None = None
    recovery: float | None = None

    def __post_init__(self) -> None:
        if self.points is None and self.recovery is None:
            raise ValueError("a margin says points, recovery, or both")

    @property
    def both(self) -> bool:
        return self.points is not None and self.recovery is not None

    @property
    def written(self) -> Written:
        """As policies and JSON have it."""
        if self.points is not None and self.recovery is None:
            return self.points
        said = {"points": self.points, "recovery": self.recovery}
        return {name: value for name, value in said.items() if value is not None}

    def at(self, baseline: float) -> float:
        """The loss, a fraction, that is tolerated where the baseline has such an accuracy."""
        relative = 1.0 if self.recovery is None else (1 - self.recovery) * baseline
        return relative if self.points is None else min(self.points, relative)

    def binds_by_recovery(self, baseline: float) -> bool:
        """Whether it is the recovery that is the tighter where the baseline has such an accuracy."""
        return self.recovery is not None and (self.points is None or self.at(baseline) < self.points)


def read_margin(value: object) -> Margin:
    """A margin as it is written. Raises ValueError that says what may be written."""
    if isinstance(value, Margin):
        return value
    if not isinstance(value, Mapping):
        return Margin(points=_points(value))
    for key in value:
        if key not in _KEYS:
            near = difflib.get_close_matches(str(key), _KEYS, n=1)
            raise ValueError(f"{key} is not known here" + (f"; did you mean {near[0]}?" if near else _ALLOWED))
    if not value or None in value.values():
        raise ValueError(f"it says nothing{_ALLOWED}")
    return Margin(
        points=_points(value["points"]) if "points" in value else None,
        recovery=read_recovery(value["recovery"]) if "recovery" in value else None,
    )


_ALLOWED = "; write points, as 0.02, or {recovery: 0.99}, or {points: 0.02, recovery: 0.99}"


def _points(value: object) -> float:
    number = _number(value)
    if not number >= SMALLEST_MARGIN:
        raise ValueError(f"input should be greater than or equal to {SMALLEST_MARGIN:g}")
    if not number < 1:
        raise ValueError("input should be less than 1")
    return number


def read_recovery(value: object) -> float:
    """A share of the baseline's accuracy that must be recovered. Raises ValueError that says what may be written."""
    if isinstance(value, str) and value.strip().endswith("%"):
        raise ValueError(f"recovery is a share, as 0.99{_of_percent(value.strip()[:-1])}")
    number = _number(value)
    if not 0 < number <= _LARGEST_RECOVERY:
        hint = _of_percent(str(number)) if number > 1 else ""
        raise ValueError(
            f"recovery is a share of the baseline's accuracy above 0 and up to {_LARGEST_RECOVERY:g}, as 0.99{hint}"
        )
    return number


def _of_percent(value: str) -> str:
    """What to write for so many percent; empty where they are none."""
    try:
        number = float(value)
    except ValueError:
        return ""
    return f": for {number:g}% write {number / 100:g}" if 0 < number < 100 else ""


def _number(value: object) -> float:
    if isinstance(value, str):
        try:
            return float(value)
        except ValueError:
            pass
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError(f"input should be a valid number{_ALLOWED}")
    return float(value)


MarginField: TypeAlias = Annotated[Margin, PlainValidator(read_margin), PlainSerializer(lambda margin: margin.written)]
"""A margin in a document, read and written as above."""
