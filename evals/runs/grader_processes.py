"""Graders in processes of their own: one that hangs, crashes or prints stalls nothing, and is ended in time.

A regular expression holds Python's lock for as long as it runs, so a thread would not do. The tasks are not loaded
again: `GraderProcesses` forks one process, the nursery, before anything is asked, while there are no connections that
it could inherit; the nursery forks the graders themselves, when they are needed and after each that had to be ended. A
grader is spoken to by lines of JSON. When the run ends, however it ends, so does the nursery, and with it the graders.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import socket
import struct
import sys
import threading
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, NoReturn, Self

from quantgate.evals.contract.records import Grade, Item
from quantgate.evals.contract.task import GradedSlowly, LoadedLater, Orchestrated, Task
from quantgate.evals.errors import QuantgateError
from quantgate.evals.processors import processors
from quantgate.evals.runs.grader_process import serve
from quantgate.evals.runs.grading import Judged

GRADING_LIMIT_S = 30.0
"""Seconds that the grading of one answer may take."""

_MOST = 4
_LONGEST_LINE = 2**30
_COMMAND = struct.Struct("!ci")
_START, _END = b"+", b"-"


@dataclass(slots=True)
class _Grader:
    pid: int
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter


class GraderProcesses:
    """Grades with the given tasks; a context manager, to be entered before any event loop runs.

    Parameters
    ----------
    tasks
        Whose answers are graded; those that are orchestrated grade themselves.
    limit_s
        Seconds that one answer may take, unless its task says otherwise.
    """

    def __init__(self, tasks: Sequence[Task], limit_s: float = GRADING_LIMIT_S) -> None:
        self._tasks = tuple(task for task in tasks if not isinstance(task, Orchestrated))
        self._limit_s = limit_s
        self._idle: list[_Grader] = []
        self._places = asyncio.Semaphore(max(1, min(_MOST, processors())))
        self._talking = threading.Lock()
        self._nursery: int | None = None
        self._any_started = False
        self._control: socket.socket

    def __enter__(self) -> Self:
        self._control, theirs = socket.socketpair()
        for stream in (sys.stdout, sys.stderr):
            stream.flush()  # or the child would hold, and one day write, what is still in their buffers
        self._nursery = os.fork()
        if self._nursery == 0:
            _nursery(self._control, theirs, self._tasks)
        theirs.close()
        return self

    def __exit__(self, *_: object) -> None:
        self._control.close()
        if self._nursery is not None:
            if not self._any_started:
                os.kill(self._nursery, signal.SIGKILL)  # it may be loading, and has no graders to end
            os.waitpid(self._nursery, 0)
            self._nursery = None

    def release(self) -> None:
        """Let go of the graders that are idle; for the end of an event loop."""
        while self._idle:
            self._idle.pop().writer.close()

    async def judge(self, task: Task, item: Item, repeat: int, text: str) -> Judged:
        """Grade a text, or say in a line why that failed: too slow, crashed, or whatever the grader raised."""
        limit_s = task.grading_limit_s if isinstance(task, GradedSlowly) else self._limit_s
        number = next(place for place, known in enumerate(self._tasks) if known is task)
        async with self._places:
            asked = json.dumps({"task": number, "item": asdict(item), "repeat": repeat, "text": text})
            try:
                grader = self._idle.pop() if self._idle else await self._started()
            except OSError as error:
                return Judged(None, f"no process could be started for its grader: {error.strerror or error}")
            try:
                async with asyncio.timeout(limit_s):
                    grader.writer.write(asked.encode() + b"\n")
                    await grader.writer.drain()
                    answer = await grader.reader.readline()
            except TimeoutError:
                await self._ended(grader)
                return Judged(None, f"the grader took longer than {limit_s:g} s")
            except OSError:
                answer = b""
            except BaseException:
                grader.writer.close()  # cancelled: the run is being stopped, and the nursery ends the grader
                raise
            if not answer.endswith(b"\n"):
                status = await self._ended(grader)
                how = f"was killed by signal {-status}" if status < 0 else f"exited with code {status}"
                return Judged(None, f"the grader's process {how}")
            self._idle.append(grader)
        return _judged(json.loads(answer))

    async def _started(self) -> _Grader:
        pid, connection = await asyncio.to_thread(self._fork)
        reader, writer = await asyncio.open_connection(sock=connection, limit=_LONGEST_LINE)
        return _Grader(pid, reader, writer)

    async def _ended(self, grader: _Grader) -> int:
        """End a grader; how it had ended, as `os.waitstatus_to_exitcode` says."""
        grader.writer.close()
        return await asyncio.to_thread(self._reap, grader.pid)

    def _fork(self) -> tuple[int, socket.socket]:
        self._any_started = True
        with self._talking:
            self._control.sendall(_COMMAND.pack(_START, 0))
            said, descriptors, _, _ = socket.recv_fds(self._control, _COMMAND.size, 1)
        if not descriptors:
            raise OSError("the process that starts them has ended")
        return _COMMAND.unpack(said)[1], socket.socket(fileno=descriptors[0])

    def _reap(self, pid: int) -> int:
        try:
            with self._talking:
                self._control.sendall(_COMMAND.pack(_END, pid))
                said = self._control.recv(_COMMAND.size, socket.MSG_WAITALL)
        except OSError:
            said = b""
        return int(_COMMAND.unpack(said)[1]) if said else -signal.SIGKILL


def _judged(answer: dict[str, Any]) -> Judged:
    grade = answer.pop("grade")
    return Judged(None if grade is None else Grade(**grade), **answer)


def _nursery(ours: socket.socket, control: socket.socket, tasks: Sequence[Task]) -> NoReturn:
    """Fork and end graders as the run commands, until it is gone."""
    children: set[int] = set()
    code = 1
    try:
        ours.close()
        # Whoever reads what the run prints waits for the end of it, and not for that of a loading orphan.
        nowhere = os.open(os.devnull, os.O_WRONLY)
        for descriptor in (1, 2):
            os.dup2(nowhere, descriptor)
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the run, which ends this process when it is done
        for number in (signal.SIGTERM, signal.SIGUSR1, signal.SIGUSR2):
            signal.signal(number, signal.SIG_IGN)
        _load(tasks)
        while command := control.recv(_COMMAND.size, socket.MSG_WAITALL):
            what, pid = _COMMAND.unpack(command)
            if what == _START:
                theirs, mine = socket.socketpair()
                child = os.fork()
                if child == 0:
                    control.close()
                    theirs.close()
                    _grade(mine, tasks)
                children.add(child)
                socket.send_fds(control, [_COMMAND.pack(_START, child)], [theirs.fileno()])
                theirs.close()
                mine.close()
            else:
                control.sendall(_COMMAND.pack(_END, _end(pid) if pid in children else 0))
                children.discard(pid)
        code = 0
    finally:
        for child in children:
            _end(child)
        os._exit(code)


def _load(tasks: Sequence[Task]) -> None:
    """Load what the tasks grade with, so that the graders have it; one that fails says so when it grades."""
    for task in tasks:
        if isinstance(task, LoadedLater):
            with contextlib.suppress(QuantgateError):
                task.load()


def _end(pid: int) -> int:
    """Kill a child; how it had ended by then."""
    gone, status = os.waitpid(pid, os.WNOHANG)
    if gone == 0:
        os.kill(pid, signal.SIGKILL)
        status = os.waitpid(pid, 0)[1]
    return os.waitstatus_to_exitcode(status)


def _grade(connection: socket.socket, tasks: Sequence[Task]) -> NoReturn:
    code = 1
    try:
        serve(connection.makefile("rb"), connection.makefile("wb"), tasks)
        code = 0
    finally:
        os._exit(code)
