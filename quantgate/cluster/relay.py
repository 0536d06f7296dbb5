"""Starts a worker's process on its machine and hands on what is said; needs nothing but the standard library.

It is sent to a machine as it is: what may be missing there, quantgate itself, can so be told.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import sys
from collections import deque
from collections.abc import AsyncIterator, Sequence

_PIECE = 1 << 20
_KEPT_LINES = 20


class Relay:
    """One worker's process."""

    def __init__(self, processors: int = 1) -> None:
        self._processors = processors
        self._said: deque[str] = deque(maxlen=_KEPT_LINES)
        self._process: asyncio.subprocess.Process | None = None
        self._overhearing: asyncio.Task[None] | None = None

    async def start(self, command: Sequence[str] = ("-P", "-m", "quantgate.cluster.worker")) -> str:
        """Start it under this process's Python; where that is."""
        # numpy's threads, and those of its kind, would take the processors of other workers.
        threads = {name: str(self._processors) for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS")}
        self._process = await asyncio.create_subprocess_exec(
            sys.executable,
            *command,
            env=os.environ | threads,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            limit=_PIECE,
            start_new_session=True,
        )
        self._overhearing = asyncio.create_task(self._overhear())
        return socket.gethostname()

    async def send(self, data: bytes) -> None:
        """Write to its standard input; what it does not read any more is lost."""
        assert self._process is not None
        assert self._process.stdin is not None
        with contextlib.suppress(ConnectionError):
            self._process.stdin.write(data)
            await self._process.stdin.drain()

    async def listen(self) -> AsyncIterator[bytes]:
        """What it writes, piece by piece, until it ends."""
        assert self._process is not None
        assert self._process.stdout is not None
        while piece := await self._process.stdout.read(_PIECE):
            yield piece

    async def ended(self) -> str:
        """How it has ended, in words."""
        assert self._process is not None
        assert self._overhearing is not None
        code = await self._process.wait()
        await self._overhearing
        said = self._said[-1] if self._said else "nothing"
        return f"killed by signal {-code}" if code < 0 else f"exit code {code}, it said last: {said}"

    async def _overhear(self) -> None:
        assert self._process is not None
        assert self._process.stderr is not None
        with contextlib.suppress(ValueError):
            async for line in self._process.stderr:
                if text := line.decode("utf-8", "replace").strip():
                    self._said.append(text)
