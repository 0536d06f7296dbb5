"""How many requests are in flight: a fixed number, or one that follows what the server can take."""

from __future__ import annotations

import asyncio
from collections import deque

MAX_IN_FLIGHT = 1000
"""The most requests that are ever in flight at once: the size of the connection pool of `openai`'s client."""

_AUTO_START = 32
_AUTO_MOST = 256


class Window:
    """Slots for requests in flight.

    A fixed window keeps its size. An adaptive one opens by one slot per answer until the server first says that it is
    overloaded (429, 503, a timeout); from then on it halves at every such sign and opens by one slot per window of
    answers: additive increase, multiplicative decrease, as TCP does (Chiu and Jain 1989; RFC 5681).
    Signs that come from requests sent before the last halving count once.
    """

    def __init__(self, size: int | None = None) -> None:
        """A window of `size` slots, or an adaptive one for `None`. Raises ValueError for a size outside 1 to 1000."""
        if size is not None and not 1 <= size <= MAX_IN_FLIGHT:
            raise ValueError(f"concurrency must lie between 1 and {MAX_IN_FLIGHT}, not {size}")
        self.adaptive = size is None
        self.in_flight = 0
        self._size = float(size if size is not None else _AUTO_START)
        self._slow_start = True
        self._answers_until_next_cut = 0
        self._waiting: deque[asyncio.Future[None]] = deque()

    @property
    def size(self) -> int:
        return int(self._size)

    async def acquire(self) -> None:
        """Wait for a free slot and take it."""
        while self.in_flight >= self.size:
            turn = asyncio.get_running_loop().create_future()
            self._waiting.append(turn)
            try:
                await turn
            finally:
                if turn in self._waiting:
                    self._waiting.remove(turn)
        self.in_flight += 1

    def release(self) -> None:
        """Give a slot back."""
        self.in_flight -= 1
        self._wake()

    def answered(self) -> None:
        """The server has given an answer."""
        self._answers_until_next_cut = max(0, self._answers_until_next_cut - 1)
        if self.adaptive and self._size < _AUTO_MOST:
            self._size = min(_AUTO_MOST, self._size + (1 if self._slow_start else 1 / self._size))
            self._wake()

    def overloaded(self) -> None:
        """The server has said, or shown by a timeout, that it has too much to do."""
        if self.adaptive and self._answers_until_next_cut == 0:
            self._slow_start = False
            self._size = max(1.0, self._size / 2)
            self._answers_until_next_cut = self.in_flight

    def _wake(self) -> None:
        free = self.size - self.in_flight
        while free > 0 and self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():
                turn.set_result(None)
                free -= 1
