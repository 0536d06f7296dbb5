"""What a release file is made of: its builds and budget, and the choices that it has."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path


class Stop(StrEnum):
    """Whether a task ends as soon as its verdict is certain, or is asked whole and decided once."""

    EARLY = "early"
    NEVER = "never"


class Order(StrEnum):
    """Whether the builds are asked side by side, or the baseline first: then one server may serve them in turn."""

    INTERLEAVED = "interleaved"
    BASELINE_FIRST = "baseline-first"


class Report(StrEnum):
    """A rendering of the decision that is written beside the run directories."""

    HTML = "html"
    MARKDOWN = "markdown"
    JUNIT = "junit"
    JSON = "json"
    PLOTS = "plots"

    def file(self, *, several: bool) -> str:
        """Its name under `out`; the decision over several candidates is a comparison."""
        if self is Report.JSON:
            return "compare.json" if several else "gate.json"
        return _FILES[self]


_FILES = {
    Report.HTML: "report.html",
    Report.MARKDOWN: "report.md",
    Report.JUNIT: "junit.xml",
    Report.PLOTS: "plots",
}
COPY = "release.yaml"
"""The name under `out` of the release file without secrets."""


@dataclass(frozen=True, slots=True)
class Budget:
    """What all builds and tasks may take together, `None` for as much as they need.

    Seconds are those of one call of the command, requests the answers in all, whatever call has asked them: those that
    are in the run directories of builds that are asked, and requests that are under way; another attempt after a fault
    is no other request.
    """

    max_time_s: float | None = None
    max_requests: int | None = None


@dataclass(frozen=True, slots=True)
class Build:
    """One side of a release: what it is called, and the finished run that stands for it, if it is not to be asked."""

    label: str
    run: Path | None = None


@dataclass(frozen=True, slots=True)
class Given:
    """A task's own option as it was given; `where` is how messages name it, as `release.yaml: tasks.tau2.domains`."""

    name: str
    value: object
    where: str
