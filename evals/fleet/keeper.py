"""The process that keeps one server: starts its command, and ends all of it with the sweep. Started by path.

It stands between the sweep and the server so that nothing is left over, whatever ends the sweep: stdin is a pipe that
closes with it, also when it is killed. What the server prints goes through it, and only the end of that is kept. On
stdout it says in one line of JSON how the command has ended, once nothing of it runs any more.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

MOST_LOG = 256 * 1024
"""Bytes of the log's end that are kept."""

_LOOK_EVERY_S = 0.1
_BECOME_SUBREAPER = 36
_PROC = Path("/proc")


def main() -> None:
    """Keep the command that the JSON object in the first argument names: `command`, `log`, `grace_s`."""
    settings = json.loads(sys.argv[1])
    parent = os.getppid()
    # What the sweep does not heed itself, a server need not be deaf to.
    for number in (signal.SIGUSR1, signal.SIGUSR2, signal.SIGINT):
        signal.signal(number, signal.SIG_DFL)
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: stop.set())
    _adopt_orphans()
    threading.Thread(target=_wait_for_end_of_input, args=(stop,), daemon=True).start()
    server = subprocess.Popen(
        ["/bin/sh", "-c", settings["command"]],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )
    assert server.stdout is not None
    log = _Log(server.stdout.fileno(), Path(settings["log"]))
    threading.Thread(target=log.read, daemon=True).start()
    while not _has_ended(server.pid) and os.getppid() == parent:
        log.write()
        if stop.wait(_LOOK_EVERY_S):
            break
    by_itself = _has_ended(server.pid)
    _end_all(server.pid, settings["grace_s"], log)
    code = server.wait()
    log.drain()
    with contextlib.suppress(BrokenPipeError):
        print(json.dumps({"by_itself": by_itself, "code": code}), flush=True)


class _Log:
    """The end of what the server prints, in a file that is replaced as a whole."""

    def __init__(self, descriptor: int, file: Path) -> None:
        self._descriptor = descriptor
        self._file = file
        self._held = b""
        self._written = b""
        self._lock = threading.Lock()
        self._ended = threading.Event()

    def read(self) -> None:
        with contextlib.suppress(OSError):
            while piece := os.read(self._descriptor, 1 << 16):
                with self._lock:
                    self._held = (self._held + piece)[-MOST_LOG:]
        self._ended.set()

    def write(self) -> None:
        with self._lock:
            held = self._held
        if held == self._written:
            return
        with contextlib.suppress(OSError):
            partial = self._file.with_suffix(".part")
            partial.write_bytes(held)
            partial.replace(self._file)
        self._written = held

    def drain(self) -> None:
        """Write the rest. Whoever may still hold the pipe open is not waited for."""
        self._ended.wait(1.0)
        self.write()


@dataclass(frozen=True, slots=True)
class _Process:
    pid: int
    parent: int
    group: int


def _adopt_orphans() -> None:
    """Become the parent of what the server's processes leave behind, on Linux; elsewhere its group alone is ended."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_BECOME_SUBREAPER, 1, 0, 0, 0)


def _wait_for_end_of_input(stop: threading.Event) -> None:
    with contextlib.suppress(OSError):
        while os.read(0, 4096):
            pass
    stop.set()


def _has_ended(leader: int) -> bool:
    """Whether the command has ended; it is left as it is, so that its number stays the group's and nobody else's."""
    while (found := os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)) is not None:
        if found.si_pid == leader:
            return True
        os.waitpid(found.si_pid, 0)
    return False


def _end_all(leader: int, grace_s: float, log: _Log) -> None:
    """SIGTERM to all that the command has started, then SIGKILL to what has not ended in time."""
    _send(signal.SIGTERM, leader)
    deadline = time.monotonic() + grace_s
    while time.monotonic() < deadline and _is_running(leader):
        log.write()
        time.sleep(_LOOK_EVERY_S / 2)
    # Whoever starts others faster than they are ended does so until none is left to start one.
    while _is_running(leader):
        _send(signal.SIGKILL, leader)
        time.sleep(_LOOK_EVERY_S / 10)
    if not _PROC.is_dir():
        _send(signal.SIGKILL, leader)


def _is_running(leader: int) -> bool:
    ended = _has_ended(leader)
    return bool(list(_kept(leader))) if _PROC.is_dir() else not ended


def _send(number: signal.Signals, leader: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(leader, number)
    for process in _kept(leader):
        if process.group != leader:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(process.pid, number)


def _kept(leader: int) -> Iterator[_Process]:
    """What runs of the command: this process' descendants, and whoever is in the command's group."""
    processes = list(_processes())
    kin = {os.getpid()}
    while more := {one.pid for one in processes if one.parent in kin} - kin:
        kin |= more
    yield from (one for one in processes if one.pid != os.getpid() and (one.pid in kin or one.group == leader))


def _processes() -> Iterator[_Process]:
    for entry in _PROC.iterdir() if _PROC.is_dir() else ():
        if not entry.name.isdecimal():
            continue
        with contextlib.suppress(OSError, ValueError):
            # The name of the program, in brackets, may hold anything.
            state, parent, group, *_ = (entry / "stat").read_text(errors="replace").rpartition(")")[2].split()
            if state not in "ZX":
                yield _Process(int(entry.name), int(parent), int(group))


if __name__ == "__main__":
    main()
