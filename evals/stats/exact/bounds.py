"""Confidence bounds of the paired difference that agree with the exact test, found by inverting it."""

from __future__ import annotations

import math

from scipy.optimize import brentq
from scipy.special import ndtri

from quantgate.evals.stats.checks import check_alpha, check_counts
from quantgate.evals.stats.exact.noninferiority import GAMMA, discordance_interval, largest_pvalue
from quantgate.evals.stats.exact.tango import tango_interval

# How closely the place where failing turns into passing is found.
RESOLUTION = 1e-8
# Margins are written with at most six decimals: the search goes on until none lies between its two ends.
_MARGIN_STEPS = 1e6
_FINEST = 1e-13
# Parts that a cell is bounded in: as a rule, and where that has failed.
_FEW, _MANY = 8, 64
# The p-value's own error; a bound may not rest on less.
_SAFETY = 1e-10


def exact_lower_bound(losses: int, gains: int, n: int, alpha: float = 0.05) -> float:
    """One-sided lower confidence bound of the true difference, at confidence 1 - alpha.

    The p-value against d = -m is not monotone in m: as m grows the order of outcomes changes, and at such a change it
    may jump up. So the bound is L = -inf{m : p(m') < alpha for all m' >= m}. Hence L > -m always implies
    p(m) < alpha. The reverse holds but for an island of small p-values below a margin that fails, where the bound
    says no (at alpha = .05 up to one outcome in twelve has one, reaching at most 3e-4 below at n = 20 and less at
    larger n). A decision taken by the bound alone is consistent: a wider margin never turns a pass into a fail.

    That *all* m' >= m pass is not sampled: the margins above are covered by cells, in each of which an upper bound of
    the p-value (`evals.stats.exact.noninferiority.largest_pvalue`) is below alpha. Where a cell of 2.5e-9 cannot be
    covered, which happens just above a jump, the bound moves past it. So errors fall on the conservative side, to which
    they stayed within 2e-8 in thousands of outcomes.

    Parameters
    ----------
    losses
        Items that only the baseline got right.
    gains
        Items that only the candidate got right.
    n
        Items in all.
    alpha
        One-sided error probability, at least 0.001 and below 0.5.

    Returns
    -------
    float
        The bound, a proportion in [-1, (gains - losses)/n].

    Raises
    ------
    ValueError
        Counts that do not fit, or alpha out of its range.

    References
    ----------
    As `evals.stats.exact.noninferiority.noninferiority_pvalue`.
    """
    check_counts(losses, gains, n)
    check_alpha(alpha)
    if losses == n:
        return -1.0
    return -_Inversion(losses, gains, n, alpha).smallest_passing()


def exact_upper_bound(losses: int, gains: int, n: int, alpha: float = 0.05) -> float:
    """One-sided upper confidence bound: the mirror image, -exact_lower_bound(gains, losses, n, alpha)."""
    return -exact_lower_bound(gains, losses, n, alpha)


class _Inversion:
    """The search over margins m (null difference -m; negative where superiority is shown) for one outcome."""

    def __init__(self, losses: int, gains: int, n: int, alpha: float) -> None:
        self.losses, self.gains, self.n = losses, gains, n
        self.limit = alpha - _SAFETY
        self.interval = discordance_interval(losses + gains, n)
        # Above the discordance interval the p-value is GAMMA. At minus the estimate nothing is shown.
        self.top = min(self.interval[1], 1 - RESOLUTION)
        self.floor = (losses - gains) / n
        tango = -tango_interval(losses, gains, n, 1 - 2 * alpha)[0]
        self.start = min(max(tango, self.floor), self.top)
        self.scale = max((self.start - self.floor) / float(-ndtri(alpha)), 1e-6)
        self.known = {self.floor: -math.log(self.limit), self.top: math.log(GAMMA / self.limit)}

    def worst(self, low: float, high: float, pieces: int = 1) -> float:
        """At least the p-value of every margin in [low, high]; the p-value itself where they are equal."""
        return largest_pvalue(self.losses, self.gains, self.n, -high, -low, self.interval, pieces)

    def excess(self, margin: float) -> float:
        """log(p-value / limit): a margin fails at 0 and above. At both ends of the search the answer is known."""
        if margin not in self.known:
            self.known[margin] = math.log(self.worst(margin, margin) / self.limit)
        return self.known[margin]

    def smallest_passing(self) -> float:
        """The smallest margin that passes together with all above it, to RESOLUTION."""
        failing, passing = self._bracket()
        while True:
            passing, higher = self._cover(self._narrow(failing, passing))
            if higher is None:
                return passing
            failing, passing = higher, self.top

    def _bracket(self) -> tuple[float, float]:
        """A margin that fails and one that passes, on either side of a place where that changes."""
        here, step = self.start, self.scale / 32
        if self.excess(here) >= 0:
            while self.excess(higher := min(here + step, self.top)) >= 0:
                here, step = higher, step * 4
            return here, higher
        while self.excess(lower := max(here - step, self.floor)) < 0:
            here, step = lower, step * 4
        return lower, here

    def _narrow(self, failing: float, passing: float) -> float:
        """The passing end of the bracket, shrunk around a place where failing turns into passing."""

        def excess(margin: float) -> float:
            nonlocal failing, passing
            height = self.excess(margin)
            if height >= 0:
                failing = max(failing, margin)
            else:
                passing = min(passing, margin)
            return height

        if passing - failing > RESOLUTION:
            brentq(excess, failing, passing, xtol=RESOLUTION / 4)
        while passing - failing > RESOLUTION or (
            passing - failing > _FINEST and math.floor(passing * _MARGIN_STEPS) > math.floor(failing * _MARGIN_STEPS)
        ):
            excess((failing + passing) / 2)
        return passing

    def _cover(self, passing: float) -> tuple[float, float | None]:
        """Cover the margins above one that passes with cells that pass.

        Returns the margin above which all pass, and None; or, once it has met one, a larger margin that fails. Cells
        grow with the distance from the failing margins, and shrink just above a jump, where closer bounds pay.
        """
        low, width, pieces = passing, self.scale / 64, _FEW
        while low < self.top:
            tries = 0
            while self.worst(low, high := min(low + width, self.top), pieces) >= self.limit:
                tries, pieces = tries + 1, _MANY
                tiny = high - low < RESOLUTION / 4
                if (tiny or tries % 3 == 0) and self.excess(high) >= 0:
                    return passing, high
                if tiny:
                    passing = high
                    break
                width = (high - low) / 4
            width = 2 * (high - low)
            if tries == 0:
                width, pieces = max(width, 1.5 * (high - passing)), max(pieces // 2, _FEW)
            low = high
        return passing, None
