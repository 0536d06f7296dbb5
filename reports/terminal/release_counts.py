"""What a release's screen counts: the requests of each task, and where its candidates stand."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from quantgate.evals.contract.records import Sample, Status
from quantgate.evals.decision.sequential.state import State
from quantgate.evals.settings.margin import Margin
from quantgate.evals.text import one_line
from quantgate.reports.terminal.fitting import Part
from quantgate.reports.terminal.progress import duration
from quantgate.reports.words import numbers


@dataclass(frozen=True, slots=True)
class TaskOnScreen:
    """A task as it is shown: its margin, the most requests that it takes, and how many answers are there already."""

    task: str
    margin: Margin
    requests: int
    before: int = 0


@dataclass(slots=True)
class TaskCount:
    """What has come of a task's requests since the screen was opened, of all builds together."""

    shown: TaskOnScreen
    began: float = field(default_factory=time.monotonic)
    in_flight: int = 0
    done: int = 0
    failed: int = 0
    faults: int = 0
    cut: int = 0
    last_fault: str = ""
    ended: float | None = None

    @property
    def answered(self) -> int:
        """Answers that are there, those of before among them."""
        return self.shown.before + self.done

    def finished(self, sample: Sample) -> None:
        """Count a sample that has arrived."""
        self.in_flight -= 1
        if sample.status is Status.ERROR:
            self.failed += 1
        else:
            self.done += 1
        self.cut += sample.status is Status.TRUNCATED

    def left_s(self, requests: int | None = None) -> float | None:
        """Seconds that so many more requests take at the pace so far, all of the task's where none are given."""
        elapsed = time.monotonic() - self.began
        left = max(self.shown.requests - self.answered, 0) if requests is None else requests
        return None if not self.done or not left else elapsed / self.done * left

    def parts(self, in_flight: int, *, is_settled: bool) -> list[Part]:
        """How it goes, in the parts of a line.

        `in_flight` counts the requests of all tasks: others are answered and not graded.
        """
        parts = [Part(f"{self.answered:,} of at most {self.shown.requests:,}")]
        if flying := min(self.in_flight, in_flight):
            parts.append(Part(f"{flying} in flight", 3))
        parts.append(Part(f"faults {self.faults}" + (f", given up {self.failed}" if self.failed else ""), 1))
        parts.append(Part(f"cut {self.cut}", 2))
        if self.faults and not self.done:
            parts.append(Part(f"last fault: {one_line(self.last_fault, 60)}", 1))
        if not is_settled and (left := self.left_s()) is not None:
            parts.append(Part(f"{duration(left)} left at most", 4))
        return parts


_WORDS = {
    "open": "open",
    "passed": "✓ passes",
    "regressed": "✗ regressed",
    "futile": "? given up",
    "blocked": "? blocked",
    "ended": "? undecided",
}


def standing(state: State | None) -> str:
    """Where a candidate stands in a task, in a word with its mark."""
    return _WORDS["open" if state is None else state.stage.value]


def looks(state: State | None) -> str:
    """Looks that were taken, of how many: `3 of 8`; `—` where there is no design."""
    return numbers.NONE if state is None or not state.looks else f"{state.looks_done} of {state.looks}"


def bounds(state: State | None) -> str:
    """The bounds that hold over all looks, in points, to a tenth; `—` where a look claims nothing."""
    if state is None or state.lower is None or state.upper is None or (state.lower <= -1 and state.upper >= 1):
        return numbers.NONE
    return f"{100 * state.lower:+.1f} to {100 * state.upper:+.1f}"


def share(value: float | None) -> str:
    """An accuracy, in percent to a tenth."""
    return numbers.NONE if value is None else f"{100 * value:.1f}%"


def points(value: float | None) -> str:
    """A difference in points, to a tenth."""
    return numbers.NONE if value is None else f"{100 * value:+.1f}"
