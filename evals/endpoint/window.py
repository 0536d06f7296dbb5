"""How many requests are in flight: a fixed number, or one that follows what the server can take."""

from __future__ import annotations

import asyncio

MAX_IN_FLIGHT = 1000
"""The most requests that are ever in flight at once: the size of the connection pool of `openai`'s client."""

_AUTO_START = 32
_AUTO_MOST = 256
_TOLERATED = 0.1


class Window:
    """Slots for requests in flight.

    A fixed window keeps its size. An adaptive one opens by one slot per answer until the server first proves
    overloaded, and from then on by one slot per window of answers; it halves when more than a tenth of a window's
    requests meet an overload (429, 503, a timeout): additive increase, multiplicative decrease, as TCP does (Chiu and
    Jain 1989; RFC 5681). One waiter at a time.
    """

    def __init__(self, size: int | None = None) -> None:
        """A window of `size` slots, or an adaptive one for `None`. Raises ValueError for a size outside 1 to 1000."""
        if size is not None and not 1 <= size <= MAX_IN_FLIGHT:
            raise ValueError(f"concurrency must lie between 1 and {MAX_IN_FLIGHT}, not {size}")
        self.adaptive = size is None
        self.in_flight = 0
        self._size = float(size if size is not None else _AUTO_START)
        self._slow_start = True
        self._outcomes = 0
        self._overloads = 0
        self._turn: asyncio.Event = asyncio.Event()

    @property
    def size(self) -> int:
        return int(self._size)

    async def acquire(self) -> None:
        """Wait for a free slot and take it."""
        while self.in_flight >= self.size:
            self._turn.clear()
            await self._turn.wait()
        self.in_flight += 1

    def release(self) -> None:
        """Give a slot back."""
        self.in_flight -= 1
        self._turn.set()

    def answered(self) -> None:
        """The server has given an answer."""
        self._count(overload=False)
        if self.adaptive and self._size < _AUTO_MOST:
            self._size = min(_AUTO_MOST, self._size + (1 if self._slow_start else 1 / self._size))
            self._turn.set()

    def overloaded(self) -> None:
        """The server has said, or shown by a timeout, that it has too much to do."""
        self._count(overload=True)
        if self.adaptive and self._overloads > self._size * _TOLERATED:
            self._slow_start = False
            self._size = max(1.0, self._size / 2)
            self._outcomes = self._overloads = 0

    def _count(self, *, overload: bool) -> None:
        if self._outcomes >= self._size:
            self._outcomes = self._overloads = 0
        self._outcomes += 1
        self._overloads += overload
