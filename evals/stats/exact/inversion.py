"""Finds the margin from which an exact test passes at every larger one, with none of them left out."""

from __future__ import annotations

import math
from collections.abc import Callable

from quantgate.evals.stats.exact.nuisance import GAMMA
from quantgate.evals.stats.roots import brentq

# How closely the place where failing turns into passing is found.
RESOLUTION = 1e-8
# Margins are written with at most six decimals: the search goes on until none lies between its two ends.
_MARGIN_STEPS = 1e6
_FINEST = 1e-13
# Parts that a cell is bounded in: as a rule, and where that has failed.
_FEW, _MANY = 8, 64
# The p-value's own error; a bound may not rest on less.
SAFETY = 1e-10

Worst = Callable[[float, float, int], float]
"""The lowest and the highest margin, and in how many pieces -> at least the p-value of every margin between."""


class Inversion:
    """The search over margins m (null difference -m; negative where superiority is shown) for one outcome.

    `worst` gives, of a range of margins, at least the p-value of each: the p-value itself where both ends are equal;
    in more pieces it is closer. A margin passes below `limit`. At `floor`, where nothing is shown, it fails, and at
    `top` it passes. The search begins at `start`, in steps of about `scale`.
    """

    def __init__(self, worst: Worst, limit: float, floor: float, top: float, start: float, scale: float) -> None:
        self.worst, self.limit, self.floor, self.top, self.start, self.scale = worst, limit, floor, top, start, scale
        self.known = {floor: -math.log(limit), top: math.log(GAMMA / limit)}

    def excess(self, margin: float) -> float:
        """log(p-value / limit): a margin fails at 0 and above. At both ends of the search the answer is known."""
        if margin not in self.known:
            self.known[margin] = math.log(self.worst(margin, margin, 1) / self.limit)
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
