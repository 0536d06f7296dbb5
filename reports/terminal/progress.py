"""How a run goes, live on a terminal or as plain lines elsewhere."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, Group, RenderResult
from rich.live import Live
from rich.progress import BarColumn, Progress, ProgressColumn, Task, TaskProgressColumn
from rich.table import Column
from rich.text import Text

from quantgate.evals.contract.fault import Fault
from quantgate.evals.contract.records import Request, Sample, Status
from quantgate.evals.endpoint.window import Window
from quantgate.evals.runs.standing import Standing
from quantgate.evals.text import one_line
from quantgate.reports.terminal.fitting import FittingLine, Part, joined

_PLAIN_EVERY_S = 10.0
_BAR_CELLS = (24, 12, 6)
_PERCENTAGE = 6
_WITH_BAR = 60
_MOST_TOKENS = 10**9


class RunProgress:
    """Counts a run's samples and says: done, in flight, accuracy, errors, truncated, tokens per second, time left.

    `total` is what the whole run has, `before` what it had before.
    """

    def __init__(self, label: str, total: int, before: Standing) -> None:
        self._label = one_line(label, 24)
        self._total = total
        self._statuses = Counter(before.statuses)
        self._done = self._at_start = self._statuses.total()
        self._scored, self._score_sum = before.scored, before.score_sum
        self._failed = 0
        self._in_flight = 0
        self._faults = 0
        self._last_fault = ""
        self._tokens = 0
        self._began = time.monotonic()
        self._ended: float | None = None
        self._window: Window | None = None

    def follow(self, window: Window) -> None:
        """Say from now on what the window of requests in flight says of itself."""
        self._window = window

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
            self._done += 1
        if sample.score is not None:
            self._scored += 1
            self._score_sum += sample.score
        tokens = (sample.usage or {}).get("completion_tokens")
        if isinstance(tokens, int) and 0 <= tokens < _MOST_TOKENS:
            self._tokens += tokens
        if self._done + self._failed >= self._total:
            self._ended = time.monotonic()

    def line(self) -> Text:
        """How it goes, on one line, whole."""
        return Text(joined([Part(self._counted()), *self._parts()]))

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """The same on one line of a terminal, with a bar; what matters least is left out where there is no room."""
        half = options.max_width // 2
        bar = next((cells for cells in _BAR_CELLS if cell_len(self._counted(cells)) <= half), 0)
        yield FittingLine((Part(self._counted(bar)), *self._parts()))

    def _counted(self, bar: int = 0) -> str:
        done = f"{self._done}/{self._total}"
        if not bar:
            return f"{self._label}: {done}"
        filled = round(bar * self._done / self._total) if self._total else bar
        return f"{self._label} {'━' * filled}{'╌' * (bar - filled)} {done}"

    def _parts(self) -> list[Part]:
        """What is said after the count, in its order."""
        done = self._done
        elapsed = (self._ended or time.monotonic()) - self._began
        parts: list[Part] = []
        if self._window is not None and self._ended is None:
            parts += (Part(one_line(said), 5) for said in self._window.said())
        elif self._in_flight:
            parts.append(Part(f"{self._in_flight} in flight", 5))
        if self._scored:
            parts.append(Part(f"accuracy {self._score_sum / self._scored:.3f}", 2))
        parts.append(Part(f"truncated {self._statuses[Status.TRUNCATED]}", 4))
        for status in (Status.EMPTY, Status.REFUSED, Status.UNGRADED):
            if self._statuses[status]:
                parts.append(Part(f"{status.value} {self._statuses[status]}", 4))
        parts.append(Part(f"errors {self._failed}" + (f" ({self._faults} retried faults)" if self._faults else ""), 3))
        if self._faults and not self._scored:
            parts.append(Part(f"last fault: {one_line(self._last_fault, 60)}", 0))
        asked_here = done - self._at_start
        if elapsed > 1 and self._tokens:
            parts.append(Part(f"{self._tokens / elapsed:.0f} tok/s", 7))
        if elapsed > 1 and asked_here:
            parts.append(Part(f"{60 * asked_here / elapsed:.0f} a minute", 6))
        if asked_here and done < self._total:
            parts.append(Part(f"{duration(elapsed / asked_here * (self._total - done))} left", 1))
        else:
            parts.append(Part(duration(elapsed), 1))
        return parts


@contextmanager
def shown(console: Console, *runs: RunProgress) -> Iterator[None]:
    """Show runs live on a terminal, elsewhere as plain lines every ten seconds; at the end a last line for each."""
    on_one_line = Group(*runs)

    def tell() -> None:
        for run in runs:
            console.print(run.line(), soft_wrap=True)

    try:
        if console.is_terminal:
            with Live(console=console, get_renderable=lambda: on_one_line, refresh_per_second=4, transient=True):
                yield
        else:
            with every(_PLAIN_EVERY_S, tell):
                yield
    finally:
        if console.is_terminal:
            console.print(on_one_line)
        else:
            tell()


@contextmanager
def every(seconds: float, act: Callable[[], None]) -> Iterator[None]:
    """Do something again and again, as long as the context lasts."""
    ended = threading.Event()

    def repeat() -> None:
        while not ended.wait(seconds):
            act()

    thread = threading.Thread(target=repeat, daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def duration(seconds: float) -> str:
    """Seconds as people say them: `48 s`, `3 min 20 s`, `2 h 05 min`."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02d} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02d} min"


class _Description(ProgressColumn):
    """What a step is, on one line, which leaves room for how far it is."""

    def __init__(self, console: Console) -> None:
        super().__init__(Column(no_wrap=True))
        self._console = console

    def render(self, task: Task) -> Text:
        text = Text(task.description)
        text.truncate(self._console.width - _PERCENTAGE, overflow="ellipsis")
        return text


Step = Callable[[str], Callable[[int, int], None]]


@contextmanager
def steps(console: Console) -> Iterator[Step]:
    """Progress of steps that count: each call names a step and gives what it is to be told, done and total.

    On a terminal every step has a bar; elsewhere it is a line when it begins.
    """
    bar_column = [BarColumn()] if console.width >= _WITH_BAR else []
    with Progress(_Description(console), *bar_column, TaskProgressColumn(), console=console) as bars:

        def begin(description: str) -> Callable[[int, int], None]:
            if not console.is_terminal:
                started = False

                def say_once(done: int, total: int) -> None:
                    nonlocal started
                    if not started:
                        started = True
                        console.print(Text(description))

                return say_once
            bar = bars.add_task(description, visible=False)
            return lambda done, total: bars.update(bar, completed=done, total=total, visible=True)

        yield begin
