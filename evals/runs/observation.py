"""What a doctor observes of an endpoint."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Health(StrEnum):
    """How an observation is to be taken."""

    GOOD = "good"
    NOTE = "note"
    BAD = "bad"


@dataclass(frozen=True, slots=True)
class Observation:
    """One thing that was found out about an endpoint."""

    subject: str
    health: Health
    text: str
    details: tuple[tuple[str, str], ...] = ()
    """What it was found out by, each with what that is: `asked`, `answered`, `read`; of any length."""
