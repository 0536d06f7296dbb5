"""How a fleet goes: one live screen on a terminal, where the comparison grows; plain lines elsewhere."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.text import Text

from quantgate.evals.contract.fault import Fault
from quantgate.evals.contract.records import Request, Sample, Status
from quantgate.evals.decision.comparison import Comparison
from quantgate.evals.decision.sequential.state import State
from quantgate.evals.endpoint.url import redact_url
from quantgate.evals.endpoint.window import Window
from quantgate.evals.fleet.types import Failure, Lot, Stage
from quantgate.evals.secrets import without_keys
from quantgate.evals.settings.fleet.serve import PORT
from quantgate.evals.text import one_line
from quantgate.reports.terminal.compare import comparison_table
from quantgate.reports.terminal.fitting import LONGEST_NAME, Column, FittingTable
from quantgate.reports.terminal.progress import duration, every
from quantgate.reports.words.palette import MARK, verdict_word

PLAIN_EVERY_S = 10.0
_UNDER_WAY = (Stage.STARTING, Stage.LOOKED_AT, Stage.ASKED, Stage.STOPPING)
_STYLE = {Stage.DONE: "green", Stage.FAILED: "red", Stage.WAITING: "dim"}
_LOG = logging.getLogger("quantgate.sweep")


@dataclass(slots=True)
class _Build:
    stage: Stage = Stage.WAITING
    detail: str = ""
    since: float = 0.0
    total: int = 0
    answered: int = 0
    faults: int = 0
    last_fault: str = ""
    verdict: str = ""
    log: tuple[str, ...] = field(default=())


class FleetScreen:
    """Counts what comes of a fleet's requests and shows it; told of everything by whoever asks.

    `builds` are their labels, the baseline's first.
    """

    def __init__(self, console: Console, builds: Sequence[str]) -> None:
        self._console = console
        self._builds = {label: _Build() for label in builds}
        self._comparison: Comparison | None = None
        self._lock = threading.Lock()
        self._is_live = False
        self._tells = False

    def begins(self, build: str, total: int, missing: int) -> None:
        """Of so many answers at most so many are missing, and are asked for now."""
        self._builds[build].total, self._builds[build].answered = total, total - missing
        self.stands(build, Stage.ASKED)

    def stands(self, build: str, stage: Stage, detail: str = "") -> None:
        """A build is so far now."""
        one, took = self._builds[build], time.monotonic() - self._builds[build].since
        moved, before = one.stage is not stage, one.stage
        one.detail = detail
        if not moved:
            return
        one.stage, one.since = stage, time.monotonic()
        up = f" (up after {duration(took)})" if before is Stage.STARTING and stage is Stage.LOOKED_AT else ""
        if stage is not Stage.DONE or before is not Stage.WAITING:
            self._say(f"{build}: {_SAID[stage]}{up}")
        else:
            self._say(f"{build}: all of it is there already")

    def failed(self, build: str, failure: Failure) -> None:
        """A build is not complete: why, and the last lines of its server's log."""
        one = self._builds[build]
        one.stage, one.detail, one.log = Stage.FAILED, failure.reason, failure.log
        self._say(f"{build}: not complete: {failure.reason}", style="red", always=True)
        for line in failure.log:
            self._say(line, "  │ ", always=True)

    def decided(self, comparison: Comparison) -> None:
        """The comparison of what is complete by now."""
        for build in comparison.formats:
            said = f"{MARK[build.verdict.value]} {verdict_word(build.verdict.value)}"
            if self._builds[build.name].verdict != said:
                self._builds[build.name].verdict = said
                self._say(f"{build.name}: {said}")
        self._comparison = comparison

    def follow(self, build: str, window: Window) -> None:
        """A build's window of requests in flight; its counts are shown."""

    def asked(self, build: str, request: Request) -> None:
        """A request leaves."""
        _LOG.debug("%s: asked %s %s, repeat %d", build, request.task, request.item.item_id, request.repeat)

    def fault(self, build: str, request: Request, fault: Fault) -> None:
        """An attempt has failed."""
        self._builds[build].faults += 1
        self._builds[build].last_fault = str(fault)
        _LOG.info("%s: fault at %s %s, repeat %d: %s", build, request.task, request.item.item_id, request.repeat, fault)

    def finished(self, build: str, sample: Sample) -> None:
        """A sample has arrived."""
        if sample.status is not Status.ERROR:
            self._builds[build].answered += 1

    def state(self, task: str, candidate: str, state: State) -> None:
        """A candidate stands so in a task from now on."""
        if state.settled and candidate in self._builds:
            self._builds[candidate].detail = f"{task}: {state.message}"

    @contextmanager
    def shown(self) -> Iterator[None]:
        """Show it as long as the context lasts: live on a terminal, elsewhere as plain lines every ten seconds."""
        if self._console.is_terminal:
            self._is_live = True
            with Live(console=self._console, get_renderable=self.rendered, refresh_per_second=4, transient=True):
                yield
            self._is_live = False
        else:
            self._tells = True
            with every(PLAIN_EVERY_S, self._say_how_it_goes):
                yield
            self._tells = False

    def rendered(self) -> Group:
        """The screen: the comparison as far as it goes, and a row for each build."""
        table = FittingTable(None, [Column("build", words=True), Column("stands", words=True), Column("answers")])
        rows: list[RenderableType] = [] if self._comparison is None else [comparison_table(self._comparison)]
        for label, one in self._builds.items():
            stands = Text(one.verdict or _standing(one), style=_STYLE.get(one.stage, ""))
            table.add(one_line(label, LONGEST_NAME), stands, _answers(one))
        rows.append(table)
        rows += [
            Text(one_line(f"{label}: {one.detail or one.last_fault}", 200), style="dim", no_wrap=True)
            for label, one in self._builds.items()
            if one.stage in _UNDER_WAY and (one.detail or one.last_fault)
        ]
        return Group(*rows)

    def tally(self) -> str:
        """How far it is, in a few words."""
        done = sum(one.stage is Stage.DONE for one in self._builds.values())
        return f"{done} of {len(self._builds)} builds are complete"

    def _say_how_it_goes(self) -> None:
        for label, one in self._builds.items():
            if one.stage in _UNDER_WAY:
                parts = [_standing(one), _answers(one), one.detail]
                if one.faults:
                    parts.append(f"{one.faults:,} faults, the last: {one.last_fault}")
                self._say(f"{label}: {', '.join(part for part in parts if part)}")

    def _say(self, text: str, before: str = "", style: str = "", *, always: bool = False) -> None:
        if self._is_live or self._tells or always:
            # Two threads write: the one that asks, and the one that counts the seconds.
            with self._lock:
                self._console.print(Text(before + one_line(text, 1000), style=style), soft_wrap=True)


def print_servers(console: Console, lots: Iterable[Lot]) -> None:
    """Print by which command each build would be served, a free port still to be chosen."""
    for lot in lots:
        if lot.serve is None:
            continue
        command = lot.serve.at(PORT, model=lot.model, label=lot.label).command
        said = f"is waited for at {redact_url(lot.serve.base_url)}" if command is None else f"is started: {command}"
        console.print(Text(one_line(without_keys(f"{lot.label} {said}"), 2000)), soft_wrap=True)


_SAID = {
    Stage.STARTING: "its server is started",
    Stage.LOOKED_AT: "its endpoint is looked at",
    Stage.ASKED: "it is asked",
    Stage.STOPPING: "its server is stopped",
    Stage.DONE: "complete",
}


def _standing(one: _Build) -> str:
    if one.stage in _UNDER_WAY:
        return f"{one.stage}, {duration(time.monotonic() - one.since)}"
    return one.stage.value


def _answers(one: _Build) -> str:
    return f"{one.answered:,} of {one.total:,}" if one.total else ""
