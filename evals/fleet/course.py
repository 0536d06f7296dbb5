"""The course of a fleet: its baseline, then its candidates in turn or several at once, each served meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

from quantgate.evals.errors import OutOfTime, QuantgateError
from quantgate.evals.fleet.begun import Begun
from quantgate.evals.fleet.ports import Ports
from quantgate.evals.fleet.server import GRACE_S, ServerTrouble, serving
from quantgate.evals.fleet.types import Failure, FleetProgress, Lot, Stage
from quantgate.evals.secrets import without_keys
from quantgate.evals.text import unbroken

_NOTICED_S = 2.0
"""Seconds in which it shows that a request failed because the server has ended."""


class Builds(Protocol):
    """What is done with the builds of a fleet. All but `ask` are called in a thread, and touch no network."""

    def lacks(self, label: str) -> bool:
        """Whether anything is wanted of a build. Raises QuantgateError where that cannot be asked for now."""
        ...

    async def ask(self, label: str, base_url: str | None) -> None:
        """Ask what is wanted, at that address. Raises QuantgateError where it is not complete then."""
        ...

    def arrived(self, label: str) -> None:
        """All that is wanted of a candidate is there."""
        ...


class Course:
    """Asks the builds of a fleet.

    Parameters
    ----------
    builds
        What is done with each.
    parallel
        So many candidates are served and asked at once.
    ports
        Gives a free port to each server that takes one.
    logs
        The folder under `out` of what the servers have printed, and with which commands they were started.
    progress
        Is told how it goes.
    grace_s
        Seconds that a server has to end by itself.
    """

    def __init__(
        self,
        builds: Builds,
        *,
        parallel: int,
        ports: Ports,
        logs: Path,
        progress: FleetProgress,
        grace_s: float = GRACE_S,
    ) -> None:
        self._builds = builds
        self._parallel = parallel
        self._ports = ports
        self._logs = logs
        self._begun = Begun(logs)
        self._progress = progress
        self._grace_s = grace_s
        self._deciding = asyncio.Lock()
        self.failures: dict[str, Failure] = {}
        """By label why a build is not complete."""

    async def run(self, baseline: Lot, candidates: Sequence[Lot]) -> None:
        """Ask the baseline, and the candidates once it is complete; one that fails does not stop the others."""
        if not await self._complete(baseline):
            return
        room = asyncio.Semaphore(self._parallel)

        async def in_turn(lot: Lot) -> None:
            async with room:
                if await self._complete(lot):
                    async with self._deciding:
                        with self._told(lot):
                            await asyncio.to_thread(self._builds.arrived, lot.label)

        async with asyncio.TaskGroup() as group:
            for lot in candidates:
                group.create_task(in_turn(lot))

    async def _complete(self, lot: Lot) -> bool:
        """Whether a build is complete after it was asked what it lacks."""
        with self._told(lot):
            self._begun.check(lot.label, lot.serve)
            if await asyncio.to_thread(self._builds.lacks, lot.label):
                await self._ask(lot)
            self._progress.stands(lot.label, Stage.DONE)
        return lot.label not in self.failures

    @contextmanager
    def _told(self, lot: Lot) -> Iterator[None]:
        """Keep and tell of what keeps a build from being complete."""
        try:
            yield
        except QuantgateError as error:
            known = error.failure if isinstance(error, ServerTrouble) else Failure("")
            said = known.reason or str(error)
            failure = Failure(unbroken(without_keys(said)), known.log)
            self.failures[lot.label] = failure
            self._progress.failed(lot.label, failure)

    async def _ask(self, lot: Lot) -> None:
        if lot.serve is None:
            self._progress.stands(lot.label, Stage.LOOKED_AT)
            await self._builds.ask(lot.label, None)
            return
        port = self._ports.free() if lot.serve.wants_port else 0
        address = lot.serve.at(port, model=lot.model, label=lot.label)
        self._progress.stands(lot.label, Stage.STARTING)

        def tell(line: str) -> None:
            self._progress.stands(lot.label, Stage.STARTING, line)

        async with serving(lot.serve, address, self._logs / f"{lot.label}.log", tell, self._grace_s) as server:
            self._progress.stands(lot.label, Stage.LOOKED_AT)
            self._begun.keep(lot.label, lot.serve)
            asking = asyncio.create_task(self._builds.ask(lot.label, server.base_url))
            try:
                waited: list[asyncio.Future[Any]] = [asking, server.ended]
                await asyncio.wait(waited, return_when=asyncio.FIRST_COMPLETED)
                if not asking.done():
                    raise server.trouble()
                failed = asking.exception()
                if isinstance(failed, QuantgateError) and not isinstance(failed, OutOfTime):
                    # Its requests may have failed before it was seen that the server has ended.
                    await asyncio.wait([server.ended], timeout=_NOTICED_S)
                    raise server.trouble() if server.ended.done() else server.beside(failed)
                await asking
            finally:
                asking.cancel()
                await asyncio.wait([asking])
                self._progress.stands(lot.label, Stage.STOPPING)
