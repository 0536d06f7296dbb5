"""What a policy may ask of a task, in the words that policies and gate JSON use."""

from __future__ import annotations

from enum import StrEnum

SMALLEST_MARGIN = 0.0001
SMALLEST_ALPHA = 0.001


class Tier(StrEnum):
    """Whether a task takes part in the release's verdict; an advisory one is shown and never blocks."""

    REQUIRED = "required"
    ADVISORY = "advisory"


class Requirement(StrEnum):
    """What a task must show: no loss of the margin, or no difference of the margin either way."""

    NON_INFERIOR = "non_inferior"
    EQUIVALENT = "equivalent"


class PassIf(StrEnum):
    """Which of several formats must pass for their comparison to: all of them, or any."""

    ALL = "all"
    ANY = "any"
