"""The processes of a sandbox as the machine sees them: which they are, and whether one has work to do."""

from __future__ import annotations

from pathlib import Path

_AT_WORK = {"R", "D"}
"""States in `/proc`: runs or waits for a processor, waits for a disk or for memory. All others wait for an event."""


def inner_processes(outer: int) -> list[int]:
    """The children of a process; of a sandbox's the first one inside, with which all others end. Empty if unseen."""
    try:
        return [int(pid) for pid in Path(f"/proc/{outer}/task/{outer}/children").read_text().split()]
    except OSError:
        return []


def at_work(outer: int) -> bool | None:
    """Whether a thread of a process or of its descendants runs or would run; `None` where that cannot be seen."""
    states: set[str] = set()
    waiting = [outer]
    while waiting:
        pid = waiting.pop()
        waiting += inner_processes(pid)
        states.update(_states(pid))
    return bool(states & _AT_WORK) if states else None


def _states(pid: int) -> list[str]:
    """The letters of a process' threads; a thread that ends meanwhile has none."""
    found = []
    for file in Path(f"/proc/{pid}/task").glob("*/stat"):
        try:
            found.append(file.read_text(errors="replace").rpartition(")")[2].split()[0])
        except (OSError, IndexError):
            continue
    return found
