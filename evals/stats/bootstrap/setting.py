"""The plain bootstraps, and what the false-pass rate of one depends on."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Bootstrap(StrEnum):
    """The plain bootstrap intervals."""

    PERCENTILE = "percentile"
    BCA = "bca"
    STUDENTISED = "studentised"

    @property
    def words(self) -> str:
        """Its name in a sentence."""
        return {"percentile": "percentile bootstrap", "bca": "BCa bootstrap"}.get(self.value, "studentised bootstrap")


@dataclass(frozen=True, slots=True)
class Pool:
    """The units of one stratum: its weight in the mean, and the number of items of each unit, ascending."""

    weight: float
    sizes: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Setting:
    """What a false-pass rate depends on.

    `margin` is the loss that the build truly has, `alpha` the error probability that is asked of the bound, `repeats`
    the answers to each item. `pools` are the strata with their units.
    """

    method: Bootstrap
    margin: float
    alpha: float
    repeats: int
    pools: tuple[Pool, ...]

    @property
    def alike(self) -> bool:
        """Whether the units are one pool, of one size."""
        return len(self.pools) == 1 and self.pools[0].sizes[0] == self.pools[0].sizes[-1]


@dataclass(frozen=True, slots=True)
class WorstFalsePass:
    """The largest probability of a pass of a build exactly the margin worse that was found.

    `error` is its standard error, 0 where it was enumerated. `how` says how it was measured.
    """

    rate: float
    error: float
    how: str
