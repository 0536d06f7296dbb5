"""The damage of a file of samples."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Damage:
    """Lines that are no samples: how many, the number of the first, from 1, and what is wrong with it."""

    lines: int = 0
    first: int = 0
    reason: str = ""

    @property
    def told(self) -> str:
        """What was passed over, in a line."""
        lines = "1 line" if self.lines == 1 else f"{self.lines:,} lines"
        verb, found = ("is", "") if self.lines == 1 else ("are", "the first ")
        return (
            f"{lines} of samples.jsonl {verb} damaged and passed over as if never written ({found}line {self.first:,}: "
            f"{self.reason})"
        )

    def and_then(self, other: Damage) -> Damage:
        """The damage of two parts of a file, `other` being the later one."""
        if not self.lines:
            return other
        return Damage(self.lines + other.lines, self.first, self.reason)


NO_DAMAGE = Damage()
