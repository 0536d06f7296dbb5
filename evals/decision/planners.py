"""The planning of the exact test of recovery, for where that is tighter than points."""

from __future__ import annotations

from dataclasses import dataclass

from quantgate.evals.settings.margin import Margin
from quantgate.evals.stats.ratio.planning import ratio_items, ratio_power


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


def recovery_planning(margin: Margin, accuracy: float) -> RecoveryPlanning | None:
    """The planning of recovery where that binds at the baseline's accuracy, else None."""
    if margin.recovery is None or not margin.binds_by_recovery(accuracy):
        return None
    return RecoveryPlanning(margin.recovery, accuracy)
