"""Looks whether the sandbox of this machine holds, before a program of a model's making is run in it."""

from __future__ import annotations

import os
import tempfile
from functools import cache

from quantgate.evals.errors import UsageError
from quantgate.evals.sandbox.running import Call, Limits, SandboxError, run_apart, run_calls

_LIMITS = Limits(cpu_s=10, wall_s=30.0, memory=512 << 20, disk=1 << 20, file=1 << 20)

_TRIES = """
import ctypes, os, resource, signal, socket

def done(deed, *given):
    try:
        deed(*given)
    except BaseException:
        return False
    return True

def write(path, size=1):
    with open(path, "wb") as file:
        file.write(bytes(size))

def fork():
    if os.fork() == 0:
        os._exit(0)

def tried(outside, parent):
    deeds = {
        "reach a network": done(socket.socket) or done(socket.socket, socket.AF_UNIX),
        "read a file of this machine": done(os.stat, outside),
        "see the machine's processes": done(os.listdir, "/proc/1"),
        "write outside of its folder": any(done(write, f"{at}/new") for at in ("", "/root", "/etc", "/usr/lib")),
        "write more than it may": any([done(write, f"/tmp/{n}", 900_000) for n in range(3)][1:]),
        "signal the process that started it": parent > 2 and done(os.kill, parent, 0),
        "start another process": done(fork),
        "take more memory than it may": done(bytearray, 1 << 30),
        "raise its own limits": done(resource.setrlimit, resource.RLIMIT_AS, (-1, -1)),
        "see the machine's environment": bool(set(os.environ) - {"PWD", "LC_CTYPE", *KNOWN}),
        "become root": os.getuid() == 0 or done(os.setuid, 0),
        "keep memory that is not counted": ctypes.CDLL(None).shmget(0, 4096, 0o600) != -1,
    }
    return [deed for deed, succeeded in deeds.items() if succeeded]

KNOWN = {"OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"}
"""


@cache
def why_no_sandbox() -> str | None:
    """Why no program may be run here, and what to do; `None` where a sandbox was made and held.

    A program of ours tries in it what the sandbox is there to prevent, as it is run alone and in one of many processes;
    one thing that succeeds is enough.
    """
    with tempfile.NamedTemporaryFile() as outside:
        try:
            trial = Call((outside.name, os.getpid()), 5.0)
            both = run_calls(_TRIES, "tried", [[trial]], _LIMITS), run_apart(_TRIES, "tried", [trial], _LIMITS)
        except SandboxError as error:
            return str(error)
    for ran in both:
        if not ran.groups[0]:
            why = ran.raised.get(0) or ran.ended
            return f"bubblewrap cannot be used here: a trial run in it came to nothing ({why})"
        if succeeded := ran.groups[0][0].value:
            return (
                f"the sandbox does not hold: a program in it could {', '.join(succeeded)}. Grade on another machine: "
                "quantgate regrade RUN"
            )
    return None


def check_sandbox(task: str) -> None:
    """Raise UsageError, with what to do, where there is no sandbox that holds."""
    if (why := why_no_sandbox()) is not None:
        raise UsageError(f"{task} runs the programs that a model wrote, in a sandbox or not at all: {why}")
