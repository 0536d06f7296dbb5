"""Changes the number of requests in flight of runs that are going on: by signals and by their control files."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

from quantgate.evals.endpoint.window import Window
from quantgate.evals.runs.control import CONTROL_FILE, ControlError, ControlFile, parse_concurrency

_LOOK_EVERY_S = 1.0
_FACTORS = {signal.SIGUSR1: 2.0, signal.SIGUSR2: 0.5}


class Steering:
    """The windows of the runs that are going on: SIGUSR1 doubles what is in flight, SIGUSR2 halves it."""

    def __init__(self) -> None:
        self._windows: list[Window] = []

    @contextmanager
    def by_signals(self) -> Iterator[None]:
        """Heed the signals, for the time of the context. Call it from the main thread's event loop."""
        loop = asyncio.get_running_loop()
        for number in _FACTORS:
            loop.add_signal_handler(number, self._scale, number)
        try:
            yield
        finally:
            for number in _FACTORS:
                loop.remove_signal_handler(number)
                # What comes too late ends nothing.
                signal.signal(number, signal.SIG_IGN)

    @asynccontextmanager
    async def of(self, window: Window, directory: Path) -> AsyncIterator[None]:
        """Steer the window of a run, whose control file is in `directory`, for the time of the context."""
        file = ControlFile(directory)
        file.clear()
        self._windows.append(window)
        watching = asyncio.create_task(_watch(file, window))
        try:
            yield
        finally:
            watching.cancel()
            self._windows.remove(window)

    def _scale(self, number: signal.Signals) -> None:
        for window in self._windows:
            window.scale(_FACTORS[number], f"by {number.name}")
            window.notify(f"changed by {number.name}")


async def _watch(file: ControlFile, window: Window) -> None:
    while True:
        await asyncio.sleep(_LOOK_EVERY_S)
        try:
            wanted = file.take()
        except ControlError as error:
            window.notify(str(error))
            continue
        if wanted is not None:
            window.resize(parse_concurrency(wanted), f"by {CONTROL_FILE}")
