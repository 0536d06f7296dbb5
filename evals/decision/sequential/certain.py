"""When it is certain that more of a build's answers are cut, refused or unread than the policy allows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from quantgate.evals.checks.finding import FindingCode
from quantgate.evals.contract.records import Status

_NEVER = 1e-6
"""A share that is as large as allowed stops a task with no larger probability, at any one answer."""

_ABOUT = {
    Status.TRUNCATED: frozenset({FindingCode.TRUNCATED, FindingCode.BROKEN_OFF, FindingCode.CONTEXT_OVERFLOW}),
    Status.REFUSED: frozenset({FindingCode.REFUSED}),
    Status.OK: frozenset({FindingCode.UNPARSED}),
}


@dataclass(slots=True)
class Endings:
    """Counts how one build's answers ended, one after the other, of `planned` in all.

    `most` has the shares that a policy allows to be cut, refused, and complete but unread (`Status.OK`). `seen` counts
    answers, `counts` those of these kinds.
    """

    most: Mapping[Status, float]
    planned: int
    seen: int = 0
    counts: dict[Status, int] = field(default_factory=lambda: dict.fromkeys(_ABOUT, 0))

    def add(self, status: Status, *, unread: bool) -> frozenset[FindingCode]:
        """One answer more. Gives the findings of which it is now certain that they block; none as a rule."""
        self.seen += 1
        if status not in _ABOUT or (status is Status.OK and not unread):
            return frozenset()
        self.counts[status] += 1
        return _ABOUT[status] if self._certain(self.counts[status], self.most[status]) else frozenset()

    def _certain(self, count: int, most: float) -> bool:
        """More than is allowed of the full size already; or more than chance makes of the share that is allowed."""
        from scipy.special import bdtrc

        return count > most * self.planned or (0 < most < 1 and float(bdtrc(count - 1, self.seen, most)) < _NEVER)
