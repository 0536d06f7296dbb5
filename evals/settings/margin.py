"""The largest loss that passes: in points, as a share of the baseline's accuracy that is recovered, as divergence."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, TypeAlias

from pydantic import PlainSerializer, PlainValidator

from quantgate.evals.contract.fidelity import KL_CLIP
from quantgate.evals.settings.requirements import SMALLEST_MARGIN

_LARGEST_RECOVERY = 1 - SMALLEST_MARGIN
RECOVERY_OF_BENCHMARK = (
    "the bounds of a recovery hold for questions like these; for these very questions give a margin in points"
)
"""Why the two do not go together."""
_KEYS = ("points", "recovery", "top1", "kl")

Written: TypeAlias = float | dict[str, float]
"""A margin as policies and JSON have it: a number of points as a fraction, or a mapping."""


@dataclass(frozen=True, slots=True)
class Margin:
    """What a candidate may lose; where it is said in both ways, both must be shown: the tighter counts.

    `points` is the largest difference of accuracies, a fraction: 0.02 is two points. `recovery` is the smallest ratio
    of the candidate's accuracy to the baseline's: 0.99 lets a hundredth of the baseline's accuracy be lost. At least
    one of them is said.

    Where the answers are log-probabilities of tokens, what the points are of is the share of positions at which both
    builds have the same likeliest token, written `top1`; `kl` is the largest mean divergence KL(baseline || candidate)
    in nats.
    """

    points: float | None = None
    recovery: float | None = None
    kl: float | None = None

    def __post_init__(self) -> None:
        if self.points is None and self.recovery is None and self.kl is None:
            raise ValueError("a margin says points, recovery, or both; of log-probabilities top1, kl, or both")
        if self.recovery is not None and self.kl is not None:
            raise ValueError("a margin of log-probabilities says top1, kl, or both, and no recovery")

    @property
    def both(self) -> bool:
        """Whether two things are asked, each of which must be shown."""
        return sum(said is not None for said in (self.points, self.recovery, self.kl)) > 1

    @property
    def written(self) -> Written:
        """As policies and JSON have it."""
        if self.points is not None and not self.both:
            return self.points
        said = {"points" if self.kl is None else "top1": self.points, "recovery": self.recovery, "kl": self.kl}
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
    if "points" in value and ("top1" in value or "kl" in value):
        raise ValueError("top1 is what the points are of where the answers are log-probabilities: write {top1: 0.01}")
    points = next((value[key] for key in ("points", "top1") if key in value), None)
    return Margin(
        points=None if points is None else _points(points),
        recovery=read_recovery(value["recovery"]) if "recovery" in value else None,
        kl=_kl(value["kl"]) if "kl" in value else None,
    )


def read_parts(text: str) -> dict[str, float]:
    """A margin as the command line has it in parts, as `top1:0.01,kl:0.05`. Raises ValueError that says what may be."""
    parts: dict[str, float] = {}
    for part in text.split(","):
        name, colon, number = (piece.strip() for piece in part.partition(":"))
        if not colon or name not in ("top1", "kl"):
            raise ValueError("write a number, or of log-probabilities top1:0.01,kl:0.05")
        if name in parts:
            raise ValueError(f"{name} is given twice")
        parts[name] = _points(number) if name == "top1" else _kl(number)
    return parts


def _kl(value: object) -> float:
    number = _number(value)
    if not SMALLEST_MARGIN <= number < KL_CLIP:
        raise ValueError(
            f"kl is a mean divergence in nats from {SMALLEST_MARGIN:g} to below {KL_CLIP:g}, as 0.05: more of a "
            "document does not count"
        )
    return number


_ALLOWED = (
    "; write points, as 0.02, or {recovery: 0.99}, or {points: 0.02, recovery: 0.99}; of log-probabilities "
    "{top1: 0.01, kl: 0.05}"
)


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
