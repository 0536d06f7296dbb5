"""The damage of a file of samples."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Damage:
    """Lines that are no samples: how many, the number of the first, from 1, and what is wrong with it."""

    lines: int = 0
    first: int = 0
    reason: str = ""

    def and_then(self, other: Damage) -> Damage:
        """The damage of two parts of a file, `other` being the later one."""
        if not self.lines:
            return other
        return Damage(self.lines + other.lines, self.first, self.reason)


NO_DAMAGE = Damage()
