"""When an exchange is given up: by its own time, which begins once the server can have come to it."""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import dataclass
from typing import Protocol, Self

_REMEMBERED = 4096
"""So many answers' times are kept: several times what can be in flight."""

_SLOWER_THAN_ANY = 2.0
_STALLED_S = 0.05


class SoFar(Protocol):
    """What has come of a streamed answer: an `evals.endpoint.stream.StreamedCompletion`."""

    def so_far(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Patience:
    """Seconds that an answer may take: to its next token, where it is streamed, and in all; `None` for no limit.

    `lengthens` says that `total_s` is a guess: an answer may take twice as long as the longest that has come.
    """

    stall_s: float
    total_s: float | None
    lengthens: bool = False


class Finished:
    """What a server has finished, and when: it tells a request that hangs from one that waits in the server's queue."""

    def __init__(self) -> None:
        self.in_flight = 0
        self.count = 0
        self.longest_s = 0.0
        self._times: deque[float] = deque(maxlen=_REMEMBERED)

    def answer(self, now: float, took_s: float) -> None:
        """An answer has come, `took_s` seconds after its request was sent."""
        self.count += 1
        self.longest_s = max(self.longest_s, took_s)
        self._times.append(now)

    def time_of(self, number: int) -> float | None:
        """When the answer of this number came, counted from 1, or the oldest that is remembered; `None` before it."""
        if number > self.count:
            return None
        return self._times[max(0, len(self._times) - 1 - (self.count - number))]

    @property
    def last(self) -> float | None:
        return self._times[-1] if self._times else None


class Deadline:
    """The moment at which an exchange is given up. Use as an async context manager, which raises TimeoutError then.

    A server with fewer slots than requests lets some wait. The request that was sent as the n-th in flight is worked on
    once n - 1 others have been answered, at the latest, and its time begins then. As long as fewer have been, it begins
    anew with each answer: only a server that finishes nothing for that long is taken to hang. Every token of a stream
    moves the moment on.
    """

    def __init__(self, patience: Patience, finished: Finished, *, streamed: bool) -> None:
        self._loop = asyncio.get_running_loop()
        self._patience = patience
        self._finished = finished
        self._streamed = streamed
        self.began = self._turn = self._loop.time()
        self._turn_answer = finished.count + finished.in_flight
        self._has_turn = not finished.in_flight
        self._token: float | None = None
        self._has_ended = False
        self._planned = self.began
        self._waits_longer = False
        self._timer: asyncio.TimerHandle | None = None
        self._limit = asyncio.timeout(None)
        self.completion: SoFar | None = None

    async def __aenter__(self) -> Self:
        self._finished.in_flight += 1
        await self._limit.__aenter__()
        self._set()
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        self._finished.in_flight -= 1
        if self._timer is not None:
            self._timer.cancel()
        if kind is None:
            self._finished.answer(self._loop.time(), self.since())
        await self._limit.__aexit__(kind, error, None)

    def since(self) -> float:
        return self._loop.time() - self.began

    def token(self) -> None:
        """A token has come, or a stream has begun: the next may take as long again."""
        self._streamed = True
        self._token = self._loop.time()
        if self._timer is None:
            self._set()

    def ended(self) -> None:
        """The answer is whole: what may still follow has a limit of its own."""
        self._has_ended = True

    def said(self) -> str:
        """What the limit was, and how far the answer came, for the message of a fault."""
        total, stall = self._patience.total_s, self._patience.stall_s
        so_far = "" if self.completion is None else f", {self.completion.so_far()}"
        if total is not None and self._loop.time() >= self._turn + total:
            return f"no answer within {total:g} s{so_far}"
        return f"no token for {stall:g} s{so_far}" if so_far else f"no answer within {stall:g} s"

    def _set(self) -> None:
        """Look again at the moment that is the limit by what is known now, or give up if it is over."""
        self._timer = None
        moment, now = self._moment(), self._loop.time()
        if moment is None:
            return
        late = now - self._planned
        if moment <= now and late > _STALLED_S and not self._waits_longer:
            # This process has stood still: what has come meanwhile is still to be read.
            self._waits_longer = True
            moment = now + late
        if moment <= now:
            self._limit.reschedule(moment)
        else:
            self._planned = moment
            self._timer = self._loop.call_at(moment, self._set)

    def _moment(self) -> float | None:
        if self._has_ended:
            return None
        turn = self._find_turn()
        total = self._patience.total_s
        if total is not None and self._patience.lengthens:
            total = max(total, _SLOWER_THAN_ANY * self._finished.longest_s)
        moments = [] if total is None else [turn + total]
        if self._streamed:
            moments.append((turn if self._token is None else self._token) + self._patience.stall_s)
        return min(moments, default=None)

    def _find_turn(self) -> float:
        if not self._has_turn:
            came = self._finished.time_of(self._turn_answer)
            self._has_turn = came is not None
            last = self._finished.last if came is None else came
            self._turn = max(self.began, last or 0.0)
        return self._turn
