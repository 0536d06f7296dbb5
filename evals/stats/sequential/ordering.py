"""Which outcomes the exact test passes at a level, of all numbers of flips at once."""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
from scipy.special import bdtr, betaincinv, gammaln, ndtri

from quantgate.evals.stats.checks import SMALLEST_ALPHA, BoolArray, FloatArray, IntArray
from quantgate.evals.stats.exact.edges import largest_true
from quantgate.evals.stats.exact.nuisance import GAMMA, TIE
from quantgate.evals.stats.exact.tango import most_losses_reaching, score_statistic

CANNOT_PASS = 0.0
"""The level of a look at which nothing passes, since it may not err as often as the exact test can be held to."""

# Discordance rates lie this part of their estimate's standard deviation apart. Of few items, where one outcome weighs
# much, the ends of their credible intervals are among them. The p-value is a maximum over them: it came out up to 0.2 %
# of itself below the one that is searched for between them, and never above.
_STEP, _FEW = 0.3, 200
# So many standard deviations and counts from its mean, the number of flips is not met (1e-13).
_DEVIATIONS, _COUNTS = 7.5, 12
# Losses on either side of where the normal approximation puts the edge, and more for the square root of the flips.
_BESIDE, _BESIDE_ROOT = 4, 0.05
_ZERO = 1e-300
_LEAST_RATE = 1e-12


class PassingOutcomes:
    """What the exact test passes at each of some levels that are close together.

    `noninferiority_pvalue` is a supremum over discordance rates psi; here it is the maximum over a grid of them, which
    is never more. So what passes there passes here: probabilities of passing are, if anything, too high. At one psi the
    p-value depends on the outcome by Tango's statistic alone; so each psi has, for each level, a critical value, and an
    outcome passes where its statistic exceeds those of all psi that its number of flips makes credible.

    Parameters
    ----------
    n
        Items.
    margin
        Largest tolerated loss, in (-1, 1): where it is negative a gain of more than so much is to be shown.
    levels
        Growing, shape (k,), above GAMMA and below 0.5.
    """

    def __init__(self, n: int, margin: float, levels: FloatArray) -> None:
        self.levels = levels
        self._flips = np.arange(n + 1)
        beside = 1.0
        while not self._tabulate(n, margin, beside):
            beside *= 2

    def most_losses(self, place: int) -> IntArray:
        """The most losses among t flips that pass at level number `place`; -1 where none do. Shape (n + 1,)."""
        needed = np.full(len(self._flips), self._incredible)
        credible = self._from < self._to
        spans = np.column_stack([self._from[credible], self._to[credible]]).ravel()
        critical = np.append(self._critical[:, place], -np.inf)
        needed[credible] = np.maximum.reduceat(critical, spans)[::2]
        # A tie with the critical value fails; half of what counts as one, so that rounding errs on the passing side.
        tied = needed + np.where(credible, TIE / 2 * (1 + np.abs(np.where(credible, needed, 0.0))), 0.0)
        passing = (self._statistic > tied[:, None]).sum(axis=1)
        # A row that passes to its end may go on.
        most = np.where(passing == self._statistic.shape[1], self._flips, self._first + passing - 1)
        return closed(most)

    def _tabulate(self, n: int, margin: float, beside: float) -> bool:
        """Find the critical values, among outcomes near the edge; whether there were enough of these."""
        flips = self._flips
        edges = [reaching(flips, n, margin, float(level)) for level in (self.levels[0], self.levels[-1])]
        reach = beside * (_BESIDE + _BESIDE_ROOT * np.sqrt(flips))
        first = np.maximum(np.floor(edges[0] - reach), 0).astype(np.int64)
        width = int(np.ceil(edges[1] + reach - first).max()) + 1
        losses = first[:, None] + np.arange(width)
        possible = losses <= flips[:, None]
        losses = np.minimum(losses, flips[:, None])
        gains = flips[:, None] - losses
        statistic = np.where(possible, score_statistic(losses, gains, n, -margin), -np.inf)
        before, after = np.maximum(first - 1, 0), np.minimum(first + width, flips)
        above = np.where(first > 0, score_statistic(before, flips - before, n, -margin), np.inf)
        below = np.where(first + width <= flips, score_statistic(after, flips - after, n, -margin), -np.inf)
        log_factorial = gammaln(np.arange(n + 1) + 1.0)
        log_ways = log_factorial[n] - log_factorial[n - flips][:, None] - log_factorial[losses] - log_factorial[gains]

        low = np.where(flips > 0, betaincinv(np.maximum(flips, 1), n - flips + 1, GAMMA / 2), 0.0)
        high = np.where(flips < n, betaincinv(flips + 1, np.maximum(n - flips, 1), 1 - GAMMA / 2), 1.0)
        rates = _discordance_rates(n, abs(margin), np.concatenate([low, high]) if n <= _FEW else np.empty(0))
        critical = np.empty((len(rates), len(self.levels)))
        for node, psi in enumerate(rates):
            spread = _DEVIATIONS * math.sqrt(n * psi * (1 - psi)) + _COUNTS
            rows = slice(max(math.floor(n * psi - spread), 0), min(math.ceil(n * psi + spread), n) + 1)
            log_loss, log_gain, log_stay = (
                math.log(max(rate, _ZERO)) for rate in ((psi + margin) / 2, (psi - margin) / 2, 1 - psi)
            )
            flipped = flips[rows]
            log_flips = flipped * math.log(psi) + (n - flipped) * log_stay
            log_flips += log_factorial[n] - log_factorial[flipped] - log_factorial[n - flipped]
            fewer = first[rows] > 0
            fewer_losses = bdtr(first[rows][fewer] - 1, flipped[fewer], (1 + margin / psi) / 2)
            better = float(np.exp(log_flips[fewer]) @ fewer_losses)
            log_chance = losses[rows] * log_loss + gains[rows] * log_gain + ((n - flipped) * log_stay)[:, None]
            chance = np.where(possible[rows], np.exp(log_ways[rows] + log_chance), 0.0).ravel()
            order = np.argsort(-statistic[rows].ravel(), kind="stable")
            ranked = statistic[rows].ravel()[order]
            places = np.searchsorted(better + np.cumsum(chance[order]), self.levels - GAMMA)
            critical[node] = np.append(ranked, -np.inf)[places]
            # What lies before the outcomes looked at must rank above the critical values, what lies behind below.
            if critical[node].max() >= above[rows].min() or critical[node].min() < below[rows].max():
                return False
        # So few flips that no rate is credible at which a build can lose, or gain, the margin.
        self._incredible = -np.inf if margin > 0 else np.inf
        self._from, self._to = np.searchsorted(rates, low, "left"), np.searchsorted(rates, high, "right")
        self._first, self._statistic, self._critical = first, statistic, critical
        return True


def _discordance_rates(n: int, least: float, others: FloatArray) -> FloatArray:
    """Rates from the least to 1, both included, closer than n items tell them apart; and others, where they lie so."""
    lowest = math.asin(math.sqrt(max(least, _LEAST_RATE)))
    count = math.ceil((math.pi / 2 - lowest) * 2 * math.sqrt(n) / _STEP) + 1
    rates = np.sin(np.linspace(lowest, math.pi / 2, count)) ** 2
    rates[0], rates[-1] = max(least, _LEAST_RATE), 1.0
    return np.union1d(rates, others[(others > rates[0]) & (others < 1)])


def reaching(flips: IntArray, n: int, margin: float, level: float) -> IntArray:
    """The most losses among t flips that Tango's asymptotic test passes at a level; -1 where none do."""
    critical = -float(ndtri(level))

    def passes(losses: IntArray) -> BoolArray:
        return np.asarray(score_statistic(losses, flips - losses, n, -margin) >= critical)

    guess = (flips + n * margin - critical * np.sqrt(flips)) / 2
    return largest_true(passes, np.clip(guess, -1, flips).astype(np.int64), flips)


def closed(most_losses: IntArray) -> IntArray:
    """The smallest set around one of outcomes that a loss fewer, or a gain more, never leaves.

    Parameters
    ----------
    most_losses
        By number of flips, -1 where none is in the set.
    """
    flips = np.arange(len(most_losses))
    more_gains = np.maximum.accumulate(most_losses)
    return np.asarray(np.maximum.accumulate((more_gains - flips)[::-1])[::-1] + flips, dtype=np.int64)


@lru_cache(maxsize=256)
def passing_outcomes(items: int, margin: float, level: float) -> IntArray:
    """The most losses that pass at a level, by number of flips; -1 where none do. Shape (items + 1,)."""
    most_losses = PassingOutcomes(items, margin, np.array([level])).most_losses(0)
    most_losses.setflags(write=False)
    return most_losses


@lru_cache(maxsize=256)
def most_losses_passing(n: int, margin: float, level: float) -> IntArray:
    """Per number of gains, 0 to n, the most losses of n items that pass the exact test at a level, or -1.

    Below the level that the exact test can be held to, that of Tango's asymptotic one.
    """
    most = most_losses_reaching(n, -margin, -float(ndtri(level)), (0, n))
    if level >= SMALLEST_ALPHA:
        gains, of_flips = np.arange(n + 1), passing_outcomes(n, margin, level)
        most = largest_true(lambda losses: np.asarray(losses <= of_flips[losses + gains]), most, n - gains)
    most.setflags(write=False)
    return most
