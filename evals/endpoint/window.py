"""How many requests are in flight: a fixed number, or what the server can take; and who is next."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress

from quantgate.evals.contract.fault import Fault
from quantgate.evals.endpoint.connection import MAX_IN_FLIGHT as MAX_IN_FLIGHT
from quantgate.evals.endpoint.knee import Knee
from quantgate.evals.endpoint.outage import Outage
from quantgate.evals.errors import EndpointUnreachable

_MOST_RETRIED = 16
"""So many failed requests may wait for their next attempt before no new ones are begun, or a window's worth."""

_FIRST_SECOND = 8
"""That part of what was in flight before an outage is sent in the first second after it."""

_TOLD_FROM_S = 5.0
_NOTICE_S = 60.0


class Slot:
    """The place of one request among those in flight, a `Turn`: given up between two attempts, and at the end."""

    def __init__(self, window: Window, on_fault: Callable[[Fault], None] | None = None) -> None:
        self._window = window
        self._on_fault = on_fault
        self._held = False
        self._has_ended = False
        self._looked = False
        self._asked_to_wait = False
        self._last = ""
        self.sent = 0.0
        self.in_flight = 0

    def __call__(self, fault: Fault) -> None:
        """An attempt has failed."""
        self.failed()
        self._last = str(fault)
        self._asked_to_wait = fault.retry_after is not None
        self.told(fault)

    @property
    def vain(self) -> int:
        return self._window.vain

    @property
    def down_s(self) -> float:
        return self._window.down_s

    async def again(self, wait_s: float) -> None:
        """Give the slot back, wait so long, and then for a free slot."""
        holds_all = self._looked and self._window.adaptive
        if holds_all:
            self._window.close_for(wait_s)
        self.release()
        await self._window.retry(self, wait_s, sleeps=not holds_all, asked=self._asked_to_wait)

    def taken(self, now: float, in_flight: int) -> None:
        self._held, self._has_ended = True, False
        self.sent, self.in_flight = now, in_flight

    def told(self, fault: Fault) -> None:
        """Something has failed, and whoever told it tries again by itself."""
        if fault.overload:
            self._window.overloaded(self)
        if self._on_fault is not None:
            self._on_fault(fault)

    def failed(self) -> None:
        """The attempt has ended without an answer."""
        if not self._has_ended:
            self._has_ended = True
            self._looked = self._window.failed(self)

    def gave_up(self) -> None:
        """The request is not tried any more."""
        self.failed()
        self._window.lose(self._last)

    def answered(self, size: float | None) -> None:
        """The server has answered, with so many tokens; `None` where it took the request for none that it could."""
        if not self._has_ended:
            self._has_ended = True
            self._window.answered(self, size)

    def release(self) -> None:
        """Give the slot back, if it is held."""
        if self._held:
            self._held = False
            self._window.released()


class Window:
    """Slots for requests in flight.

    A fixed window keeps its size, an adaptive one follows a `Knee`. Requests that failed before go first. While a
    server is down, an adaptive window lets one request at a time look whether it is back.
    """

    def __init__(self, size: int | None = None) -> None:
        """A window of `size` slots, or an adaptive one for `None`. Raises ValueError for a size outside 1 to 1000."""
        self.in_flight = 0
        self._notice = ("", 0.0)
        self._knee = Knee(MAX_IN_FLIGHT)
        self._outage = Outage()
        self._retries: deque[asyncio.Future[None]] = deque()
        self._new: deque[asyncio.Future[None]] = deque()
        self._retried = 0
        self._waits: dict[Slot, tuple[float, float]] = {}
        self._closed_until = 0.0
        self._lost: str | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._fixed: int | None = None
        self._how = ""
        self.resize(size)

    @property
    def adaptive(self) -> bool:
        return self._fixed is None

    @property
    def size(self) -> int:
        if self._fixed is not None:
            return self._fixed
        return 1 if self._outage.is_down else self._knee.limit

    @property
    def vain(self) -> int:
        """How many attempts in a row have found the server down; none where the number is fixed."""
        return self._outage.vain if self.adaptive else 0

    @property
    def down_s(self) -> float:
        """How many seconds the server is known to be down; 0 where the number is fixed."""
        return self._outage.down_s(time.monotonic()) if self.adaptive else 0.0

    @property
    def is_silent(self) -> bool:
        """Whether nothing but faults has come of all that was under way when they began."""
        return self._outage.is_silent

    @property
    def notice(self) -> str:
        """What was told of it last, for a minute."""
        text, until = self._notice
        return text if time.monotonic() < until else ""

    def notify(self, text: str) -> None:
        """Tell a text with the next lines."""
        self._notice = (text, time.monotonic() + _NOTICE_S)

    def resize(self, size: int | None, how: str = "") -> None:
        """Go on with so many slots, or find them by itself for `None`; `how` says who wants it. Raises ValueError."""
        if size is not None and not 1 <= size <= MAX_IN_FLIGHT:
            raise ValueError(f"concurrency must lie between 1 and {MAX_IN_FLIGHT}, not {size}")
        if size is None and self._fixed is not None:
            self._knee.set(self._fixed, time.monotonic())
        self._fixed, self._how = size, how
        self._wake()

    def scale(self, factor: float, how: str = "") -> None:
        """Go on with so many times as many slots, and find them by itself from there if it did before."""
        size = min(MAX_IN_FLIGHT, max(1, int(self.size * factor)))
        if self._fixed is None:
            self._knee.set(size, time.monotonic())
            self._wake()
        else:
            self.resize(size, how)

    async def acquire(self, on_fault: Callable[[Fault], None] | None = None) -> Slot:
        """Wait for a free slot for a new request, and take it; `on_fault` is told of its faults.

        Raises
        ------
        EndpointUnreachable
            When a request was given up that looked whether the server is back.
        """
        slot = Slot(self, on_fault)
        if self._lost is not None:
            raise self._unreachable(self._lost)
        if self._retries or not self._admits_new() or not self._is_open():
            await self._wait(self._new)
        else:
            self.in_flight += 1
        self._take(slot)
        return slot

    def close_for(self, wait_s: float) -> None:
        """Let nothing be sent for so long."""
        self._closed_until = time.monotonic() + wait_s
        self._outage.looks_again(self._closed_until)

    async def retry(self, slot: Slot, wait_s: float, *, sleeps: bool, asked: bool) -> None:
        """Wait, unless the window is closed for that long, and then for a free slot, before the next attempt."""
        now = time.monotonic()
        self._retried += 1
        try:
            if asked and wait_s >= _TOLD_FROM_S:
                self._waits[slot] = (wait_s, now + wait_s)
            if sleeps:
                await asyncio.sleep(wait_s)
            if self._lost is not None:
                raise Fault(self._lost)
            if self._retries or not self._is_open():
                await self._wait(self._retries)
            else:
                self.in_flight += 1
        finally:
            self._retried -= 1
            self._waits.pop(slot, None)
        self._take(slot)

    def answered(self, slot: Slot, size: float | None) -> None:
        """The server has answered the request that holds the slot."""
        now = time.monotonic()
        self._lost = None
        if self._outage.answered(slot.sent, self._knee.level // _FIRST_SECOND) and self.adaptive:
            self._closed_until = 0.0
            self._knee.reopen(now)
        elif self.adaptive and size is not None:
            self._knee.answered(slot.sent, now, slot.in_flight, size)
        self._wake()

    def failed(self, slot: Slot) -> bool:
        """An attempt has failed; whether it was the one that looked if the server is back."""
        return self._outage.failed(slot.sent, time.monotonic())

    def lose(self, fault: str) -> None:
        """A request was given up. If it stood for all that wait for a server that is down, they are given up, too."""
        if not (self.adaptive and self._outage.is_down):
            return
        self._lost = fault
        for queue, said in ((self._retries, Fault(fault)), (self._new, self._unreachable(fault))):
            while queue:
                if not (turn := queue.popleft()).done():
                    turn.set_exception(said)

    def _unreachable(self, fault: str) -> EndpointUnreachable:
        return EndpointUnreachable(
            f"the endpoint has stopped answering: nothing came of the last {self._outage.vain} attempts, one after the "
            f"other, the last with: {fault}. The same command goes on"
        )

    def overloaded(self, slot: Slot) -> None:
        """The server has said, or shown by a timeout, that it has too much to do."""
        if self.adaptive and not self._outage.is_down:
            self._knee.overloaded(slot.sent, time.monotonic())

    def released(self) -> None:
        self.in_flight -= 1
        self._wake()

    def said(self) -> list[str]:
        """What to tell of it on a line: how many are in flight, who has decided that, and what it waits for."""
        parts = [f"{self.in_flight} in flight{self._decided()}"]
        if self.adaptive and self._outage.is_down:
            parts.append("the server does not answer: one request at a time looks whether it is back")
        # Lines are written by another thread than the one in which requests come and go.
        if waits := list(self._waits.values()):
            asked, until = max(waits, key=lambda wait: wait[1])
            left = max(0.0, until - time.monotonic())
            parts.append(f"the server asks to wait {asked:,.0f} s ({left:,.0f} s left)")
        parts += filter(None, [self.notice])
        return parts

    def _decided(self) -> str:
        if self._fixed is not None:
            return f" of {self._fixed} ({self._how})" if self._how else ""
        return f" of {self.size}, found by itself{'' if self._outage.is_down else self._knee.doing()}"

    def _take(self, slot: Slot) -> None:
        self._outage.sent()
        slot.taken(time.monotonic(), self.in_flight)

    def _admits_new(self) -> bool:
        return self._retried < (1 if self._outage.is_down and self.adaptive else max(_MOST_RETRIED, self.size))

    def _is_open(self) -> bool:
        """Whether an attempt may be sent now; where only time is missing, it is looked again then."""
        if self.in_flight >= self.size:
            return False
        now = time.monotonic()
        opens = max(self._closed_until, self._outage.opens(now)) if self.adaptive else now
        if opens <= now:
            return True
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(opens - now, self._look_again)
        return False

    def _look_again(self) -> None:
        self._timer = None
        self._wake()

    async def _wait(self, queue: deque[asyncio.Future[None]]) -> None:
        turn = asyncio.get_running_loop().create_future()
        queue.append(turn)
        try:
            await turn
        except asyncio.CancelledError:
            if turn.cancelled():
                with suppress(ValueError):
                    queue.remove(turn)
            elif turn.exception() is None:
                self.released()
            raise

    def _wake(self) -> None:
        """Hand free slots to those who wait: to failed requests first, then to new ones."""
        while self._retries or (self._new and self._admits_new()):
            if not self._is_open():
                return
            turn = (self._retries or self._new).popleft()
            if not turn.done():
                self.in_flight += 1
                turn.set_result(None)
