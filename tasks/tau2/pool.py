"""Worker processes: a command goes to the least busy; one that dies is replaced, and its commands are sent again."""

from __future__ import annotations

import asyncio
import contextlib
import json
from asyncio.subprocess import PIPE, Process
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self

from quantgate.evals.secrets import redacted
from quantgate.evals.text import excerpt
from quantgate.tasks.tau2.wire import Ending, Outcome

_TRIES = 4
"""So often a command is sent before a dying worker is taken for its doing."""

_LINE_LIMIT = 2**28
"""Bytes that one answer may have; a long conversation has some hundred thousand."""

_SHUTDOWN_S = 5.0
_STDERR_LINES = 20

OnFault = Callable[[str, str, bool], None]
"""Is told of a failed attempt of a model's call: role, message, overload."""


class _WorkerDied(Exception):
    """The process has ended with commands unanswered; its text is the last that it said."""


@dataclass
class _Pending:
    answered: asyncio.Future[Outcome]
    on_fault: OnFault


@dataclass
class _Worker:
    """One process and the commands that it has not answered yet."""

    process: Process
    pending: dict[int, _Pending] = field(default_factory=dict)
    said: deque[str] = field(default_factory=lambda: deque(maxlen=_STDERR_LINES))
    alive: bool = True
    broken: bool = False
    readers: list[asyncio.Task[None]] = field(default_factory=list)


class Pool:
    """A fixed number of worker processes, started when they are first needed. Use as an async context manager.

    Leaving it ends every worker: each ends itself when its standard input does, so none outlives a run that is killed.
    """

    def __init__(self, command: Sequence[str], environment: Mapping[str, str], size: int) -> None:
        self._command = list(command)
        self._environment = dict(environment)
        self._workers: list[_Worker | None] = [None] * size
        self._starting = asyncio.Lock()
        self._number = 0

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        workers = [worker for worker in self._workers if worker is not None]
        self._workers = [None] * len(self._workers)
        await asyncio.gather(*(self._end(worker) for worker in workers))

    @property
    def process_ids(self) -> list[int]:
        """The processes that are alive now."""
        return [worker.process.pid for worker in self._workers if worker is not None and worker.alive]

    async def obey(self, command: Mapping[str, Any], on_fault: OnFault) -> Outcome:
        """Have a worker obey a command; a worker's death is met by sending it to another.

        The outcome is a fault when workers keep dying of it.
        """
        died = ""
        for _ in range(_TRIES):
            try:
                return await self._obey_once(command, on_fault)
            except _WorkerDied as death:
                died = str(death)
                on_fault("worker", f"a worker process died: {died}", False)
        message = f"{_TRIES} worker processes died one after the other, the last with: {died}"
        return Outcome(Ending.FAULT, message=message)

    async def _obey_once(self, command: Mapping[str, Any], on_fault: OnFault) -> Outcome:
        worker = await self._least_busy()
        self._number += 1
        number = self._number
        pending = _Pending(asyncio.get_running_loop().create_future(), on_fault)
        worker.pending[number] = pending
        try:
            assert worker.process.stdin is not None
            worker.process.stdin.write((json.dumps({"id": number, **command}) + "\n").encode())
            with contextlib.suppress(ConnectionError):
                await worker.process.stdin.drain()
            return await pending.answered
        finally:
            worker.pending.pop(number, None)

    async def _least_busy(self) -> _Worker:
        async with self._starting:
            for place, worker in enumerate(self._workers):
                if worker is None or not worker.alive:
                    self._workers[place] = worker = await self._start()
                if not worker.pending:
                    return worker
            return min((worker for worker in self._workers if worker is not None), key=lambda it: len(it.pending))

    async def _start(self) -> _Worker:
        try:
            process = await asyncio.create_subprocess_exec(
                *self._command,
                env=self._environment,
                stdin=PIPE,
                stdout=PIPE,
                stderr=PIPE,
                limit=_LINE_LIMIT,
                # Ctrl-C is for the run, which ends its workers itself.
                start_new_session=True,
            )
        except OSError as error:
            raise _WorkerDied(f"it cannot be started: {error.strerror or error}") from None
        worker = _Worker(process)
        worker.readers = [asyncio.create_task(self._listen(worker)), asyncio.create_task(_overhear(worker))]
        return worker

    async def _listen(self, worker: _Worker) -> None:
        assert worker.process.stdout is not None
        try:
            async for line in worker.process.stdout:
                said = json.loads(line)
                pending = worker.pending.get(said["id"])
                if pending is None or pending.answered.done():
                    continue
                if "fault" in said:
                    fault = said["fault"]
                    pending.on_fault(fault["role"], fault["message"], fault["overload"])
                else:
                    pending.answered.set_result(Outcome.parse(said["outcome"]))
        except (ValueError, KeyError, TypeError) as error:
            worker.broken = True
            worker.said.append(f"it answered with something else than was agreed ({error})")
            worker.process.kill()
        finally:
            worker.alive = False
            await worker.process.wait()
            how = _death(worker)
            for pending in worker.pending.values():
                if not pending.answered.done():
                    pending.answered.set_exception(_WorkerDied(how))

    async def _end(self, worker: _Worker) -> None:
        assert worker.process.stdin is not None
        worker.process.stdin.close()
        try:
            async with asyncio.timeout(_SHUTDOWN_S):
                await worker.process.wait()
        except TimeoutError:
            worker.process.kill()
            await worker.process.wait()
        finally:
            for reader in worker.readers:
                reader.cancel()
            await asyncio.gather(*worker.readers, return_exceptions=True)


def _death(worker: _Worker) -> str:
    code = worker.process.returncode
    if code is not None and code < 0 and not worker.broken:
        return f"killed by signal {-code}"
    return f"exit code {code}, it said last: {excerpt(redacted(worker.said[-1])) if worker.said else 'nothing'}"


async def _overhear(worker: _Worker) -> None:
    assert worker.process.stderr is not None
    async for line in worker.process.stderr:
        if text := line.decode("utf-8", "replace").strip():
            worker.said.append(text)
