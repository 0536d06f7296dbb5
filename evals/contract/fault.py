"""A failed attempt that another may heal."""

from __future__ import annotations

from typing import Protocol, runtime_checkable


class Fault(Exception):
    """One failed attempt that another may heal."""

    def __init__(self, message: str, *, overload: bool = False, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.overload = overload
        self.retry_after = retry_after


@runtime_checkable
class Turn(Protocol):
    """A request's slot among those in flight. Where faults are told to one, the next attempt waits for its turn.

    While a server is down, one request at a time is sent in place of all. `vain` is how many of those have failed in a
    row, `down_s` how many seconds that has lasted; both are 0 otherwise.
    """

    def __call__(self, fault: Fault) -> None: ...

    @property
    def vain(self) -> int: ...

    @property
    def down_s(self) -> float: ...

    async def again(self, wait_s: float) -> None:
        """Give the slot back, wait so long and then for a free slot. Raises Fault when the server is given up."""
        ...
