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


class Target(StrEnum):
    """What a verdict is to hold for: questions like those that were asked, or these very ones and nothing beyond."""

    QUESTIONS = "questions"
    BENCHMARK = "benchmark"

    @property
    def other(self) -> Target:
        return Target.BENCHMARK if self is Target.QUESTIONS else Target.QUESTIONS

    def about(self, items: int, whole: int | None = None) -> str:
        """What a verdict holds for, in words; of a part of a benchmark never that it is the whole."""
        if self is Target.QUESTIONS:
            return "for questions like these"
        of_whole = f" of the benchmark's {whole:,}" if whole is not None and whole > items else ""
        return f"on these {items:,} questions{of_whole}"


class PassIf(StrEnum):
    """Which of several formats must pass for their comparison to: all of them, or any."""

    ALL = "all"
    ANY = "any"


class DecidingMethod(StrEnum):
    """Which bounds decide: those that hold, or a plain bootstrap's, whose errors are then told beside the verdict."""

    AUTO = "auto"
    PERCENTILE = "percentile"
    BCA = "bca"
    STUDENTISED = "studentised"
