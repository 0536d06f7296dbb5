"""What a finding is: something seen in the answers that a reader must know before trusting the scores."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    """`BLOCKS` keeps a task from passing whatever its bounds say; `WARNS` is for the reader."""

    BLOCKS = "blocks"
    WARNS = "warns"


@dataclass(frozen=True, slots=True)
class Finding:
    """One finding: a stable code for machines, a sentence for people that says what was seen and what to do.

    `build` is `baseline` or `candidate`, or `None` where it is about both.
    """

    code: str
    severity: Severity
    message: str
    build: str | None = None
