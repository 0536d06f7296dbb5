"""What two builds are taken to be, where a plan simulates them."""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True)
class Population:
    """What the builds are taken to be: items of each stratum, its weight, and its variances as in `solve_rates`.

    `benchmark` says that the verdict is to hold for these very items, so that pairs of answers are the unit, but for
    the strata of `once`, whose answers to an item are one over and over: their mean counts once. Empty where none are.
    """

    sizes: tuple[int, ...]
    weights: tuple[float, ...]
    between: tuple[float, ...]
    within: tuple[float, ...]
    benchmark: bool = False
    once: tuple[bool, ...] = ()

    @property
    def counted_once(self) -> tuple[bool, ...]:
        """Of each stratum whether an item's answers count once."""
        return self.once or (False,) * len(self.sizes)

    @property
    def shares(self) -> list[float]:
        """The weights, scaled to sum to 1."""
        total = math.fsum(self.weights)
        return [weight / total for weight in self.weights]
