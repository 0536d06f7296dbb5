"""How a release goes: one live screen on a terminal, plain lines elsewhere, and nothing where nothing is wanted."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.text import Text

from quantgate.evals.contract.fault import Fault
from quantgate.evals.contract.records import Request, Sample
from quantgate.evals.decision.sequential.state import Stage, State
from quantgate.evals.endpoint.window import Window
from quantgate.evals.text import one_line
from quantgate.reports.terminal.fitting import LONGEST_NAME, Column, FittingLine, FittingTable, Part, joined
from quantgate.reports.terminal.progress import duration, every
from quantgate.reports.terminal.release_counts import (
    TaskCount,
    TaskOnScreen,
    bounds,
    looks,
    points,
    share,
    standing,
)
from quantgate.reports.words import numbers

PLAIN_EVERY_S = 10.0
_STYLE = {
    Stage.PASSED: "green",
    Stage.REGRESSED: "red",
    Stage.FUTILE: "yellow",
    Stage.BLOCKED: "yellow",
    Stage.ENDED: "yellow",
}
_LOG = logging.getLogger("quantgate.check")


class ReleaseScreen:
    """Counts what comes of a release's requests and shows it; told of everything by whoever asks.

    `tasks` in the order in which they are shown, `candidates` by their labels, the baseline's label before them.
    """

    def __init__(
        self, console: Console, baseline: str, candidates: Sequence[str], tasks: Sequence[TaskOnScreen]
    ) -> None:
        self._console = console
        self._baseline = baseline
        self._candidates = tuple(candidates)
        self._counts = {task.task: TaskCount(task) for task in tasks}
        self._states: dict[tuple[str, str], State] = {}
        self._windows: dict[str, Window] = {}
        self._began = time.monotonic()
        self._lock = threading.Lock()
        self._tells = False

    def follow(self, build: str, window: Window) -> None:
        """Say from now on what a build's window of requests in flight says of itself."""
        self._windows[build] = window

    def asked(self, build: str, request: Request) -> None:
        """A request leaves."""
        self._counts[request.task].in_flight += 1
        _LOG.debug("%s: asked %s %s, repeat %d", build, request.task, request.item.item_id, request.repeat)

    def fault(self, build: str, request: Request, fault: Fault) -> None:
        """An attempt has failed."""
        count = self._counts[request.task]
        count.faults += 1
        count.last_fault = str(fault)
        _LOG.info("%s: fault at %s %s, repeat %d: %s", build, request.task, request.item.item_id, request.repeat, fault)

    def finished(self, build: str, sample: Sample) -> None:
        """A sample has arrived."""
        self._counts[sample.task].finished(sample)
        _LOG.debug(
            "%s: %s %s, repeat %d: %s, score %s",
            *(build, sample.task, sample.item_id, sample.repeat, sample.status.value, sample.score),
        )

    def state(self, task: str, candidate: str, state: State) -> None:
        """A candidate stands so in a task from now on; a look that was taken is a line of its own off a terminal."""
        before = self._states.get((candidate, task))
        self._states[candidate, task] = state
        taken = state.looks_done > (0 if before is None else before.looks_done)
        if taken or (state.settled and (before is None or not before.settled)):
            said = self._looked(candidate, task, state)
            _LOG.info("%s", said)
            if self._tells:
                self._print(Text(said))

    @contextmanager
    def shown(self) -> Iterator[None]:
        """Show it as long as the context lasts: live on a terminal, elsewhere as plain lines every ten seconds."""
        if self._console.is_terminal:
            with Live(console=self._console, get_renderable=self.rendered, refresh_per_second=4, transient=True):
                yield
        else:
            self._tells = True
            with every(PLAIN_EVERY_S, lambda: self._print(*self.lines())):
                yield
            self._tells = False

    def rendered(self) -> Group:
        """The screen: what it is about, a row for each task and candidate, and under each task how its requests go."""
        names = ("task", "baseline", "candidate", "diff", "bounds", "margin", "looks", "stands")
        table = FittingTable(None, [Column(name, words=name in ("task", "stands")) for name in names])
        for name, count in self._counts.items():
            if len(self._candidates) > 1:
                table.add(one_line(name, LONGEST_NAME))
            for candidate in self._candidates:
                state = self._states.get((candidate, name))
                table.add(
                    *(
                        one_line(name, LONGEST_NAME)
                        if len(self._candidates) == 1
                        else f"  {one_line(candidate, LONGEST_NAME)}",
                        share(None if state is None else state.baseline),
                        share(None if state is None else state.candidate),
                        points(None if state is None else state.difference),
                        bounds(state),
                        numbers.margin_cell(count.shown.margin),
                        looks(state),
                        Text(standing(state), style="" if state is None else _STYLE.get(state.stage, "")),
                    )
                )
        rows: list[RenderableType] = [self._headline(), table]
        rows += [self._went(name) for name in self._counts]
        rows += [
            FittingLine((Part(f"{one_line(build, 48)}: {', '.join(map(one_line, window.said()))}"),), "dim")
            for build, window in self._windows.items()
        ]
        return Group(*rows)

    def lines(self) -> list[Text]:
        """The same as plain lines, one for each task that is still open, with the candidates that are."""
        told = []
        for name in self._counts:
            if self._is_settled(name):
                continue
            parts = [f"{one_line(name, 40)}: {joined(self._parts(name))}"]
            for candidate in self._candidates:
                state = self._states.get((candidate, name))
                if state is not None and not state.settled:
                    label = "" if len(self._candidates) == 1 else f"{one_line(candidate, 24)} "
                    parts.append(f"{label}{self._figures(state)}")
            told.append(Text("; ".join(parts)))
        return told

    def tally(self) -> str:
        """How far it is, in a few words."""
        done = sum(count.answered for count in self._counts.values())
        total = sum(count.shown.requests for count in self._counts.values())
        return f"{done:,} of at most {total:,} requests are answered"

    def _headline(self) -> FittingLine:
        done = sum(count.answered for count in self._counts.values())
        total = sum(count.shown.requests for count in self._counts.values())
        elapsed = time.monotonic() - self._began
        parts = [
            Part(one_line(f"{', '.join(self._candidates)} against {self._baseline}", 200), 2),
            Part(f"{done:,} of at most {total:,} requests"),
            Part(f"{duration(elapsed)} so far", 3),
        ]
        new = sum(count.done for count in self._counts.values())
        open_left = sum(
            count.shown.requests - count.answered for name, count in self._counts.items() if not self._is_settled(name)
        )
        if new and open_left > 0:
            parts.append(Part(f"{duration(elapsed / new * open_left)} left at most", 1))
        return FittingLine(tuple(parts), "bold")

    def _went(self, task: str) -> FittingLine:
        first, *others = self._parts(task)
        return FittingLine((Part(f"{one_line(task, 48)}: {first.text}"), *others), "dim")

    def _parts(self, task: str) -> list[Part]:
        in_flight = sum(window.in_flight for window in self._windows.values())
        return self._counts[task].parts(in_flight, is_settled=self._is_settled(task))

    def _is_settled(self, task: str) -> bool:
        states = [self._states.get((candidate, task)) for candidate in self._candidates]
        return all(state is not None and state.settled for state in states)

    def _name(self, candidate: str, task: str) -> str:
        return one_line(task, 40) if len(self._candidates) == 1 else f"{one_line(task, 40)} {one_line(candidate, 24)}"

    def _figures(self, state: State) -> str:
        if state.difference is None:
            return f"look {looks(state)}"
        within = "" if bounds(state) == numbers.NONE else f" ({bounds(state)})"
        taken = f", looks {looks(state)}" if state.looks else ""
        return f"{share(state.baseline)} and {share(state.candidate)}, {points(state.difference)}{within}{taken}"

    def _looked(self, candidate: str, task: str, state: State) -> str:
        said = f"{self._name(candidate, task)}: {self._figures(state)}"
        if state.settled:
            return one_line(f"{said}: {standing(state)}: {state.message}", 600)
        asked = f"{state.items:,} items" + ("" if state.repeats == 1 else f" × {state.repeats}")
        return one_line(f"{said} after {asked}: goes on", 600)

    def _print(self, *lines: Text) -> None:
        # Two threads write: the one that asks, and the one that counts the seconds.
        with self._lock:
            for line in lines:
                self._console.print(line, soft_wrap=True)
