"""Runs a job in the sandbox, hears it out within bounds of time and size, and leaves nothing of it behind."""

from __future__ import annotations

import contextlib
import json
import os
import selectors
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from quantgate.evals.sandbox.bubblewrap import (
    has_numpy,
    sandbox_command,
    user_inside,
    why_no_bubblewrap,
    why_not_started,
)
from quantgate.evals.sandbox.inside import LONGEST, decoded, encoded
from quantgate.evals.sandbox.processes import at_work, inner_processes
from quantgate.evals.sandbox.seccomp import filter_program

_CHUNK = 1 << 16
_KEPT_OF_NOISE = 2000
_TO_END_S = 10.0
_MOST_FILES = 10_000
"""That a program may make: an empty one is not counted in bytes, and takes a kilobyte of the kernel's memory."""
_LOOKS_S = 0.25
_MOST_LINES = 100_000
"""One for each call; as many empty ones as there are bytes would take eight times their memory."""
_MOST_VALUES = 8_000_000
"""In all that a program says; two bytes of JSON can be a list of sixty. No solution of a problem gives half as many."""


class SandboxError(Exception):
    """No sandbox could be made, or it did not end as it should: the fault of this machine, not of the program."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What a program may use. Processes are one, whatever else is said here; memory is address space, of all threads.

    `cpu_s` counts from the start of the interpreter. By the clock, a program is ended that is asleep for `asleep_s`
    seconds on end, or after `wall_s` in all. `disk` is the whole of what it can write, `file` one file of it, `results`
    what its calls give, written as JSON; all in bytes.
    """

    cpu_s: int = 60
    wall_s: float = 90.0
    asleep_s: float = 30.0
    memory: int = 2 << 30
    threads: int = 64
    disk: int = 32 << 20
    file: int = 16 << 20
    files_open: int = 64
    results: int = 128 << 20


@dataclass(frozen=True, slots=True)
class Call:
    """One call of the function: its arguments, values of Python's own types, and how much CPU time it may take."""

    arguments: Sequence[Any]
    cpu_s: float


@dataclass(frozen=True, slots=True, eq=False)
class Opaque:
    """A value that did not cross the border, as it holds what is none of Python's own types; equal to nothing else."""


@dataclass(frozen=True, slots=True)
class Given:
    """What a call gave: a value of Python's own types or an `Opaque`, the name of its type, the CPU time it took."""

    value: Any
    type_name: str
    cpu_s: float


@dataclass(frozen=True, slots=True)
class Ran:
    """What came of a job: per group what its calls gave, in order, up to the first that failed.

    `raised` has the exception's name by group where there was one; `ended` says how the program ended otherwise before
    its calls were made: out of time, killed, too much said. All of it is what the program claims.
    """

    groups: tuple[tuple[Given, ...], ...]
    raised: dict[int, str] = field(default_factory=dict)
    ended: str | None = None


def run_calls(
    program: str, entry: str, groups: Sequence[Sequence[Call]], limits: Limits = Limits(), longest: int | None = LONGEST
) -> Ran:
    """Execute a program in the sandbox, anew for each group, and call its function `entry`.

    Texts and lists that are longer than `longest` are told in part, as `inside.encoded` does.

    Raises
    ------
    SandboxError
        When there is no sandbox, or it did not start or end, or still had not had its CPU time when its time by the
        clock was over: nothing is known of the program then.
    """
    return _ran({"program": program, "entry": entry, "filter": None, "longest": longest}, groups, limits)


def run_apart(harness: str, entry: str, calls: Sequence[Call], limits: Limits = Limits()) -> Ran:
    """Execute a harness in the sandbox and call its `entry`, each call in a process of its own, until one fails.

    The harness is quantgate's own, and a call hands it the program. Of what comes back each call is a group, and values
    are whole.

    Raises
    ------
    SandboxError
        As `run_calls`.
    """
    job = {"program": harness, "entry": entry, "filter": filter_program().hex(), "longest": None}
    return _ran(job, [[call] for call in calls], limits)


def _ran(job: dict[str, Any], groups: Sequence[Sequence[Call]], limits: Limits) -> Ran:
    if (why := why_no_bubblewrap()) is not None:
        raise SandboxError(why)
    job |= {
        "groups": [[[encoded(list(call.arguments)), call.cpu_s] for call in calls] for calls in groups],
        "user": user_inside(),
        "numpy": has_numpy(),
        "limits": {
            "CPU": limits.cpu_s,
            "AS": limits.memory,
            "NPROC": limits.threads,
            "FSIZE": limits.file,
            "NOFILE": limits.files_open,
            "CORE": 0,
            "MEMLOCK": 0,
            "MSGQUEUE": 0,
        },
    }
    lines, ended, said = _heard(json.dumps(job).encode(), limits, filter_program(forks=job["filter"] is not None))
    if not lines or lines[0] != b'{"began": true}':
        raise SandboxError(why_not_started(said))
    return _read(lines[1:], [len(calls) for calls in groups], ended)


def _read(lines: Sequence[bytes], expected: Sequence[int], ended: str | None) -> Ran:
    """What the lines claim; what is no such line is as if the program had stopped there."""
    given: list[list[Given]] = [[] for _ in expected]
    raised: dict[int, str] = {}
    values = 0
    for line in lines:
        more = line.count(b",") + line.count(b"[") + line.count(b"{")
        if values + more > _MOST_VALUES:
            ended = ended or "said too much"
            break
        try:
            said = json.loads(line)
            values += 0 if isinstance(said.get("value"), str) else more  # one text, whatever stands in it
            if "raised" in said:
                raised[int(said["group"])] = str(said["raised"])[:100]
            else:
                value = Opaque() if said.get("opaque") else decoded(said["value"])
                given[said["group"]].append(Given(value, str(said["type"])[:100], float(said["cpu_s"])))
        except (ValueError, TypeError, LookupError, RecursionError, OverflowError, AttributeError):
            ended = ended or "said what cannot be read"
            break
    missing = any(len(calls) != count for calls, count in zip(given, expected, strict=True))
    if missing and ended is None and not raised:
        ended = "ended before its calls were made"
    return Ran(tuple(tuple(calls) for calls in given), raised, ended)


def _heard(job: bytes, limits: Limits, rules: bytes) -> tuple[list[bytes], str | None, str]:
    """Give the job to a sandbox: the whole lines that it says, how it was ended if it was, and what else was heard."""
    with _started(limits, rules) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stderr is not None
        deadline, watch = time.monotonic() + limits.wall_s, _Watch(process.pid, limits.asleep_s)
        results, noise, ended = bytearray(), bytearray(), None
        pending = memoryview(job)
        with selectors.DefaultSelector() as waiting:
            for stream, event in (
                (process.stdin, selectors.EVENT_WRITE),
                (process.stdout, selectors.EVENT_READ),
                (process.stderr, selectors.EVENT_READ),
            ):
                os.set_blocking(stream.fileno(), False)
                waiting.register(stream, event)
            while waiting.get_map():
                left = deadline - time.monotonic()
                if ended is None and left <= 0 and at_work(process.pid):
                    raise SandboxError(f"in {limits.wall_s:g} s the machine gave it too little CPU time to end")
                if ended is None and (left <= 0 or watch.slept_too_long()):
                    ended, deadline = "out of time", time.monotonic() + _TO_END_S
                    _kill(process)
                elif left <= 0:
                    raise SandboxError("the sandbox does not end when it is killed")
                # Before it has said anything, its /tmp may still be that of this machine.
                if results and ended is None and _files_made(process.pid) > _MOST_FILES:
                    ended, deadline = "made too many files", time.monotonic() + _TO_END_S
                    _kill(process)
                for key, _ in waiting.select(min(max(0.0, left), _LOOKS_S)):
                    if key.fileobj is process.stdin:
                        pending = _written(process.stdin.fileno(), pending)
                        if not pending:
                            waiting.unregister(process.stdin)
                            process.stdin.close()
                        continue
                    chunk = os.read(key.fd, _CHUNK)
                    if not chunk:
                        waiting.unregister(key.fileobj)
                    elif key.fileobj is process.stderr:
                        noise += chunk[: max(0, _KEPT_OF_NOISE - len(noise))]
                    elif len(results) + len(chunk) <= limits.results:
                        results += chunk
                    elif ended is None:
                        ended, deadline = "said too much", time.monotonic() + _TO_END_S
                        _kill(process)
        return bytes(results).split(b"\n", _MOST_LINES)[:-1], ended, noise.decode("utf-8", "replace")


def _kill(process: subprocess.Popen[bytes]) -> None:
    """End the sandbox; while it is being made, what is inside does not die with what is outside."""
    if process.returncode is None:
        for pid in (*inner_processes(process.pid), process.pid):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)


class _Watch:
    """Looks now and then whether a sandbox sleeps."""

    def __init__(self, outer: int, longest_s: float) -> None:
        self._outer, self._longest_s = outer, longest_s
        self._looked = self._awake = time.monotonic()

    def slept_too_long(self) -> bool:
        now = time.monotonic()
        if now - self._looked < _LOOKS_S:
            return False
        # A look that is late tells of a machine that is busy, and nothing of the time before it.
        if now - self._looked > 4 * _LOOKS_S or at_work(self._outer) is not False:
            self._awake = now
        self._looked = now
        return now - self._awake > self._longest_s


def _files_made(outer: int) -> int:
    """How many files and folders lie in the sandbox's `/tmp`; 0 where that cannot be seen."""
    try:
        space = os.statvfs(f"/proc/{inner_processes(outer)[0]}/root/tmp")
    except (OSError, IndexError):
        return 0
    return space.f_files - space.f_ffree


def _written(descriptor: int, pending: memoryview) -> memoryview:
    try:
        return pending[os.write(descriptor, pending[:_CHUNK]) :]
    except BlockingIOError:
        return pending
    except BrokenPipeError:
        return memoryview(b"")  # it has ended; how, the other streams tell


@contextlib.contextmanager
def _started(limits: Limits, rules: bytes) -> Iterator[subprocess.Popen[bytes]]:
    """The sandbox's outer process, which is killed, and all in it, when the context is left."""
    with tempfile.TemporaryFile() as filtering:
        filtering.write(rules)
        filtering.flush()
        filtering.seek(0)
        command = sandbox_command(filtering.fileno(), limits.disk)
        # Pipes alone: a descriptor of a file or device of this machine could be used to change it.
        pipe = subprocess.PIPE
        try:
            process = subprocess.Popen(
                command, stdin=pipe, stdout=pipe, stderr=pipe, pass_fds=(filtering.fileno(),), cwd="/",
                start_new_session=True, bufsize=0,
            )  # fmt: skip
        except OSError as error:
            raise SandboxError(f"bubblewrap could not be started: {error.strerror or error}") from None
    try:
        yield process
    finally:
        _kill(process)
        process.wait()
        for stream in (process.stdin, process.stdout, process.stderr):
            if stream is not None:
                with contextlib.suppress(OSError):
                    stream.close()
