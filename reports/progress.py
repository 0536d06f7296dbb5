"""How a run goes, live on a terminal or as plain lines elsewhere."""

from __future__ import annotations

import time
from collections import Counter
from typing import Self

from rich.console import Console
from rich.live import Live
from rich.text import Text

from evals.endpoint import Fault
from evals.records import Request, Sample, Status
from reports.text import one_line

_PLAIN_EVERY_S = 10.0
_BAR_CELLS = 24


class RunProgress:
    """Counts a run's samples and shows: done, in flight, accuracy, errors, truncated, tokens per second, time left.

    Use as a context manager around the asking. `total` is what the whole run has, `held` what it held before.
    """

    def __init__(self, console: Console, label: str, total: int, held: list[Sample]) -> None:
        self._console = console
        self._label = label
        self._total = total
        self._statuses = Counter(sample.status for sample in held if sample.status is not Status.ERROR)
        self._scores = [sample.score for sample in held if sample.score is not None]
        self._at_start = sum(self._statuses.values())
        self._failed = 0
        self._in_flight = 0
        self._faults = 0
        self._last_fault = ""
        self._tokens = 0
        self._began = time.monotonic()
        self._last_line = self._began
        self._live = (
            Live(console=console, get_renderable=self._line, refresh_per_second=4, transient=True)
            if console.is_terminal
            else None
        )

    def __enter__(self) -> Self:
        self._began = self._last_line = time.monotonic()
        if self._live is not None:
            self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._live is not None:
            self._live.stop()
        self._console.print(self._line())

    def asked(self, request: Request) -> None:
        self._in_flight += 1

    def fault(self, request: Request, fault: Fault) -> None:
        self._faults += 1
        self._last_fault = str(fault)

    def finished(self, sample: Sample) -> None:
        self._in_flight -= 1
        if sample.status is Status.ERROR:
            self._failed += 1
        else:
            self._statuses[sample.status] += 1
        if sample.score is not None:
            self._scores.append(sample.score)
        if sample.usage is not None and isinstance(tokens := sample.usage.get("completion_tokens"), int):
            self._tokens += tokens
        if self._live is None and time.monotonic() - self._last_line >= _PLAIN_EVERY_S:
            self._last_line = time.monotonic()
            self._console.print(self._line())

    @property
    def _done(self) -> int:
        return sum(self._statuses.values())

    def _line(self) -> Text:
        done, elapsed = self._done, time.monotonic() - self._began
        parts = [f"{self._label}: {done}/{self._total}"]
        if self._live is not None:
            filled = round(_BAR_CELLS * done / self._total) if self._total else _BAR_CELLS
            parts[0] = f"{one_line(self._label, 24)} {'━' * filled}{'╌' * (_BAR_CELLS - filled)} {done}/{self._total}"
        if self._in_flight:
            parts.append(f"{self._in_flight} in flight")
        if self._scores:
            parts.append(f"accuracy {sum(self._scores) / len(self._scores):.3f}")
        parts.append(f"truncated {self._statuses[Status.TRUNCATED]}")
        if self._statuses[Status.EMPTY]:
            parts.append(f"empty {self._statuses[Status.EMPTY]}")
        parts.append(f"errors {self._failed}" + (f" ({self._faults} retried faults)" if self._faults else ""))
        if self._faults and not self._scores:
            parts.append(f"last fault: {one_line(self._last_fault, 60)}")
        if elapsed > 1 and self._tokens:
            parts.append(f"{self._tokens / elapsed:.0f} tok/s")
        asked_here = done - self._at_start
        if asked_here and done < self._total:
            parts.append(f"{duration(elapsed / asked_here * (self._total - done))} left")
        else:
            parts.append(duration(elapsed))
        return Text(", ".join(parts))


def duration(seconds: float) -> str:
    """Seconds as people say them: `48 s`, `3 min 20 s`, `2 h 05 min`."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02d} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02d} min"
