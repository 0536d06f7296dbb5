"""How often and how soon the bets show a regression, by summing over all paths of single answers."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from quantgate.evals.stats.checks import BoolArray, FloatArray, IntArray, check_truth
from quantgate.evals.stats.exact.edges import largest_true
from quantgate.evals.stats.exact.trinomial import likely_gains
from quantgate.evals.stats.sequential.betting import log_wealth_of_counts


@dataclass(frozen=True, eq=False)
class Shown:
    """The probability that the bets show a regression after each item and not before, shape (n,)."""

    first: FloatArray

    @property
    def power(self) -> float:
        """The probability that they show it at all."""
        return float(self.first.sum())

    @property
    def mean_items(self) -> float:
        """The mean number of items asked, where nothing else stops."""
        size = len(self.first)
        return float(self.first @ np.arange(1, size + 1) + size * (1 - self.first.sum()))


def regression_shown(n: int, margin: float, discordance: float, difference: float, alpha: float = 0.05) -> Shown:
    """How often the bets against "the loss is `margin` or less" have 1 / alpha after up to n single 0/1 answers.

    What they are worth rests on the numbers of losses and gains alone, whatever their order, so that the paths are
    summed over by a recursion from item to item. Numbers with a probability below 1e-14 are left out.

    Parameters
    ----------
    n
        Items in all.
    margin
        The loss that is bet against, in (0, 1).
    discordance, difference
        True share of items that flip, and true candidate - baseline.
    alpha
        Of the bets.

    Raises
    ------
    ValueError
        A truth that cannot be.

    Examples
    --------
    >>> shown = regression_shown(300, 0.02, 0.4, -0.3)
    >>> print(f"{shown.power:.3f} after {shown.mean_items:.1f} items")
    1.000 after 32.6 items
    """
    check_truth(n, margin, discordance, difference)
    loss, gain = max(discordance - difference, 0.0) / 2, max(discordance + difference, 0.0) / 2
    most_losses, most_gains = (likely_gains(n, rate, rate)[1] for rate in (loss, gain))
    mass = np.zeros((most_losses + 1, most_gains + 1))
    mass[0, 0] = 1.0
    losses, first = np.arange(most_losses + 1)[:, None], np.zeros(n)
    for place, fewest in enumerate(_fewest_losses(n, most_gains, margin, alpha)):
        stepped = mass * (1 - discordance)
        stepped[1:] += mass[:-1] * loss
        stepped[:, 1:] += mass[:, :-1] * gain
        shown = losses >= fewest
        first[place] = stepped[shown].sum()
        mass = np.where(shown, 0.0, stepped)
    return Shown(first)


def _fewest_losses(n: int, most_gains: int, margin: float, alpha: float) -> Iterator[IntArray]:
    """After each item, the fewest losses at which the bets have 1 / alpha, per number of gains."""
    gains = np.arange(most_gains + 1)
    guess = np.zeros(len(gains), dtype=np.int64)
    for items in range(1, n + 1):
        last = np.maximum(items - gains, -1)

        def too_few(losses: IntArray, items: int = items) -> BoolArray:
            return np.asarray(log_wealth_of_counts(losses, gains, items, -margin) < -math.log(alpha))

        guess = largest_true(too_few, np.minimum(guess, last), last)
        yield guess + 1
