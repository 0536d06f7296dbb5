"""How the samples of one build ended, counted."""

from __future__ import annotations

from dataclasses import asdict, astuple, dataclass


@dataclass(frozen=True, slots=True)
class StatusCounts:
    """How many samples of one build ended how. `unparsed` are among `ok` and `truncated`; `missing` never came.

    `ungraded` came, and could not be graded: they count as missing.
    """

    ok: int = 0
    truncated: int = 0
    empty: int = 0
    refused: int = 0
    error: int = 0
    unparsed: int = 0
    missing: int = 0
    ungraded: int = 0

    @property
    def unscored(self) -> int:
        return self.error + self.missing + self.ungraded

    def plus(self, other: StatusCounts) -> StatusCounts:
        """The counts of both together."""
        return StatusCounts(*(mine + theirs for mine, theirs in zip(astuple(self), astuple(other), strict=True)))

    def as_dict(self) -> dict[str, int]:
        """The counts by name; `refused` and `ungraded` only where there are any."""
        return {name: count for name, count in asdict(self).items() if count or name not in ("refused", "ungraded")}
