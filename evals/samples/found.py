"""What reading a file of samples has found: their columns, and the damage."""

from __future__ import annotations

from dataclasses import dataclass

from quantgate.evals.samples.columns import Columns


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


@dataclass(frozen=True, slots=True, eq=False)
class Lines:
    """All samples that were read, in the order of their lines.

    `count` has the lines, damaged ones too, `end` the bytes of the file that they are.
    """

    columns: Columns
    count: int
    end: int
    damage: Damage
