"""How often a build passes at each look, for any truth, by summing over all paths of losses and gains."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from quantgate.evals.stats.checks import check_truth
from quantgate.evals.stats.sequential.ordering import CANNOT_PASS, passing_outcomes
from quantgate.evals.stats.sequential.walk import Walk


@dataclass(frozen=True, slots=True)
class Crossing:
    """The probability of passing at each look and not before."""

    sizes: tuple[int, ...]
    first: tuple[float, ...]

    @property
    def power(self) -> float:
        """The probability of passing at any look."""
        return min(sum(self.first), 1.0)

    @property
    def expected_items(self) -> float:
        """Mean number of items asked, where nothing but a pass stops before the last look."""
        stopped = sum(size * chance for size, chance in zip(self.sizes, self.first, strict=True))
        return stopped + self.sizes[-1] * (1 - self.power)


def crossing(
    sizes: Sequence[int], levels: Sequence[float], margin: float, discordance: float, difference: float
) -> Crossing:
    """How often a build with this truth passes at each look; where builds lose the margin, how often the looks err.

    Parameters
    ----------
    sizes
        Items at the looks, growing.
    levels
        Of the exact test at each look; `CANNOT_PASS` where nothing passes.
    margin
        Largest tolerated loss, in (0, 1).
    discordance
        True share psi of items that flip, in [|difference|, 1].
    difference
        True candidate - baseline, a proportion.

    Returns
    -------
    Crossing
        Probabilities that are right to about 1e-8 and, at the edge of what passes, up to 0.2 % of themselves too high
        rather than too low (`evals.stats.sequential.ordering`).

    Raises
    ------
    ValueError
        An argument out of its range.
    """
    check_truth(sizes[-1], margin, discordance, difference)
    return _crossing(sizes, levels, margin, discordance, difference)


def missed(sizes: Sequence[int], levels: Sequence[float], discordance: float, difference: float) -> float:
    """The probability that a lower bound at the looks' levels is above the true difference, at any look.

    These bounds are those of a design at whatever margin: each inverts the exact test at the level of its look, so that
    it is above the truth where the test at the truth, as a margin, would pass.

    Parameters
    ----------
    sizes, levels
        As in `crossing`.
    discordance, difference
        The truth: psi in [|difference|, 1], and candidate - baseline in (-1, 1).

    Raises
    ------
    ValueError
        A truth that there cannot be.
    """
    if not abs(difference) <= discordance <= 1 or abs(difference) == 1:
        raise ValueError(f"no builds flip on {discordance} of the items and differ by {difference}")
    return _crossing(sizes, levels, -difference, discordance, difference).power


def _crossing(
    sizes: Sequence[int], levels: Sequence[float], margin: float, discordance: float, difference: float
) -> Crossing:
    rates = np.array([[max(discordance - difference, 0.0) / 2, max(discordance + difference, 0.0) / 2]])
    walk = Walk((float(rates[0, 0]), float(rates[0, 1])), rates)
    first = []
    for items, level in zip(sizes, levels, strict=True):
        walk.advance(items)
        chance = 0.0 if level == CANNOT_PASS else float(walk.pass_over(passing_outcomes(items, margin, level))[0])
        first.append(chance)
    return Crossing(tuple(sizes), tuple(first))
