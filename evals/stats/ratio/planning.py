"""The power of the exact test of recovery, and how many items it takes."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from scipy.special import bdtr, ndtri

from quantgate.evals.stats.checks import IntArray, check_alpha, check_asked
from quantgate.evals.stats.exact.edges import largest_beside
from quantgate.evals.stats.exact.nuisance import GAMMA
from quantgate.evals.stats.exact.trinomial import RejectionSet, likely_gains, tail_probability
from quantgate.evals.stats.planning.search import plan_items, search_items
from quantgate.evals.stats.ratio.exact import ratio_pvalue
from quantgate.evals.stats.ratio.score import most_losses_at, ratio_statistic

_NODES = 5
# Beyond so many the power of the asymptotic test is right to a point, and enumerating takes seconds.
_MOST_ENUMERATED = 1000


def ratio_power(
    n: int, recovery: float, accuracy: float, discordance: float, difference: float = 0.0, alpha: float = 0.05
) -> float:
    """Probability that a build passes the exact test of recovery, on n items.

    The test is conditional on how many items some build has right; the power is averaged over a few such numbers, as
    likely as one another, which simulation bore out to two points (`benchmarks/recovery.py`).

    Parameters
    ----------
    n
        Items.
    recovery
        The ratio of accuracies that is to be shown, in (0, 1).
    accuracy
        The baseline's true accuracy, above 0.
    discordance
        True share of items that flip.
    difference
        True candidate - baseline, a proportion.
    alpha
        One-sided error probability, in [0.001, 0.5).

    Raises
    ------
    ValueError
        An argument out of its range, or a baseline that cannot be so.
    """
    check_alpha(alpha)
    share, psi, net = _informative(n, recovery, accuracy, discordance, difference)
    powers = [_power_given(known, recovery, psi, net, alpha) for known in _known(n, share)]
    return math.fsum(powers) / len(powers)


def ratio_items(
    recovery: float,
    accuracy: float,
    discordance: float,
    difference: float = 0.0,
    alpha: float = 0.05,
    power: float = 0.8,
    largest: int = 20_000,
) -> int | None:
    """About the fewest items at which the exact test of recovery passes with probability `power`, as `items_for_power`.

    None where a true recovery of no more than that which is asked, or more than `largest` items, puts it out of reach.
    """
    margin = (1 - recovery) * accuracy
    if difference <= -margin:
        return None
    start = plan_items(discordance, margin, difference=difference, alpha=alpha, power=power)
    informative = min(accuracy + (discordance + difference) / 2, 1.0)
    # Of so many items right in some build not one loss: as likely as alpha where the recovery is just missed.
    fewest = math.ceil(math.log(alpha - GAMMA) / math.log(recovery) / informative)

    def expected(n: int) -> tuple[int, float, float]:
        share, psi, net = _informative(n, recovery, accuracy, discordance, difference)
        return max(round(n * share), 1), psi, net

    def asymptotic(n: int) -> bool:
        known, psi, net = expected(n)
        return _nearly(known, recovery, psi, net, alpha) >= power

    def exact(n: int) -> bool:
        known, psi, net = expected(n)
        return _power_given(known, recovery, psi, net, alpha) >= power

    return search_items(fewest, start, asymptotic, exact, largest)


@dataclass(frozen=True, slots=True)
class RecoveryPlanning:
    """Items for a power, and the power of items, of a baseline's accuracy and the recovery that is asked.

    Both take a margin in points, as the planning of a difference does, and do without it.
    """

    recovery: float
    accuracy: float

    def items_for(
        self, _: float, discordance: float, difference: float, alpha: float, power: float, most: int
    ) -> int | None:
        psi = self._possible(discordance, difference)
        return ratio_items(self.recovery, self.accuracy, psi, difference, alpha, power, most)

    def power_of(self, items: int, _: float, discordance: float, difference: float, alpha: float) -> float:
        psi = self._possible(discordance, difference)
        return ratio_power(items, self.recovery, self.accuracy, psi, difference, alpha)

    def _possible(self, discordance: float, difference: float) -> float:
        """So many flips, or as many as such a baseline can have: no more losses than it has items right."""
        return max(min(discordance, 2 * self.accuracy + difference), abs(difference))


def _power_given(known: int, recovery: float, psi: float, net: float, alpha: float) -> float:
    """The power where so many items are right in some build; of many nearly."""
    if known > _MOST_ENUMERATED:
        return _nearly(known, recovery, psi, net, alpha)
    first, last = _span(known, psi, net)
    most = [_most_losses(gains, known, recovery, alpha) for gains in range(first, last + 1)]
    return _probability(first, np.array(most, dtype=np.int64), known, psi, net)


def _nearly(known: int, recovery: float, psi: float, net: float, alpha: float) -> float:
    """The power of the asymptotic test, as the score statistic has it."""
    span = _span(known, psi, net)
    most = most_losses_at(known, recovery, -float(ndtri(alpha)), span)
    return _probability(span[0], most, known, psi, net)


def _informative(
    n: int, recovery: float, accuracy: float, discordance: float, difference: float
) -> tuple[float, float, float]:
    """The share of items that some build has right, and the rate and net rate of flips among them."""
    check_asked(n)
    gain = (discordance + difference) / 2
    if not 0 < recovery < 1:
        raise ValueError(f"recovery must lie between 0 and 1, got {recovery}")
    if not (0 < accuracy <= 1 and abs(difference) <= discordance and discordance - gain <= accuracy + 1e-12):
        raise ValueError(
            f"a baseline with an accuracy of {accuracy} cannot differ on {discordance} of the items, net {difference}"
        )
    share = min(accuracy + gain, 1.0)
    return share, min(discordance / share, 1.0), difference / share


def _known(n: int, share: float) -> list[int]:
    """Numbers of items that some build has right, as likely as one another: power is a sawtooth in them."""
    chances = bdtr(np.arange(n + 1.0), n, share)
    quantiles = np.searchsorted(chances, (np.arange(_NODES) + 0.5) / _NODES)
    return [max(int(known), 1) for known in quantiles]


def _span(known: int, psi: float, net: float) -> tuple[int, int]:
    rate = min(max((psi + net) / 2, 0.0), 1.0)
    return likely_gains(known, rate, rate)


def _probability(first: int, most: IntArray, known: int, psi: float, net: float) -> float:
    return min(float(tail_probability(RejectionSet(first, most), known, np.array([psi]), net)[0]), 1.0)


@lru_cache(maxsize=200_000)
def _most_losses(gains: int, n: int, recovery: float, alpha: float) -> int:
    """The largest number of losses that passes beside `gains` gains, or -1: a walk from where the score test's is."""
    critical = -float(ndtri(alpha))
    return largest_beside(
        lambda losses: float(ratio_statistic(losses, gains, n, recovery)) >= critical,
        lambda losses: ratio_pvalue(losses, gains, n, recovery) < alpha,
        n - gains,
    )
