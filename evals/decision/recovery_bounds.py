"""The bounds of a recovery, as a frozen type."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RecoveryBounds:
    """One-sided bounds of the ratio of the accuracies, candidate / baseline.

    `upper` is `None` where none is known; where the baseline may have nothing right `lower` is 0. `missing` is how much
    of their distance is there because answers are missing, whatever the sample.
    """

    lower: float
    upper: float | None
    method: str = ""
    missing: float = 0.0

    @property
    def undefined(self) -> bool:
        """Whether the baseline may have nothing right, so that there is no ratio."""
        return self.lower == 0 and self.upper is None
