"""What a user may choose about a report; light, so that the command line can name it in its help."""

from __future__ import annotations

from enum import StrEnum


class Inconclusive(StrEnum):
    """What the JUnit test case of a task is that cannot be told: a failure, as the exit code says, or skipped."""

    FAILURE = "failure"
    SKIPPED = "skipped"
