"""What the answers of a prefix give to doubt, as one look asks for it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from quantgate.evals.checks.finding import Finding, FindingCode

LASTING = frozenset(
    {FindingCode.DAMAGED, FindingCode.SAME_ENDPOINT, FindingCode.SAME_WEIGHTS, FindingCode.PROMPTS_UNLIKE}
)
"""What blocks whatever more is answered; the other findings that block are of shares, which may fall."""


@dataclass(frozen=True, slots=True)
class Doubts:
    """Findings about a prefix, and why it cannot be compared or trusted at all, where that is so.

    `one` says why repeats of an item are one answer over and over; empty where they are several.
    """

    findings: tuple[Finding, ...] = ()
    reason: str = ""
    one: str = ""

    @property
    def blocking(self) -> str:
        """What keeps the prefix from passing, in words; empty where nothing does."""
        return self.reason or next((found.message for found in self.findings if found.blocks), "")

    @property
    def lasting(self) -> str:
        """The same, of what no further answer changes."""
        return next((one.message for one in self.findings if one.blocks and one.code in LASTING), "")


DoubtsOf: TypeAlias = Callable[[int, int, float], Doubts]
"""What there is to doubt in so many items of the drawn order, each asked so often, at a level of the bounds."""


def no_doubts(_items: int, _repeats: int, _level: float) -> Doubts:
    """Where only the scores are known."""
    return Doubts()
