"""One worker as the run knows it: what it has in hand, and what it is told and says."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Any, NoReturn

from quantgate.cluster.frames import framed
from quantgate.cluster.links import Link, LinkLost
from quantgate.cluster.messages import (
    Answered,
    Ask,
    Drop,
    Failed,
    Faulted,
    GiveUp,
    Go,
    Judge,
    Marked,
    Outage,
    Ping,
    Waits,
)
from quantgate.evals.contract.fault import Fault, Turn
from quantgate.evals.errors import QuantgateError

_PING_EVERY_S = 15.0
_SILENT_S = 90.0
"""A worker that has said nothing for so long is lost: it is asked for a sign of life meanwhile."""

OnFault = Callable[[Fault], None]


class WorkerLost(Exception):
    """The worker was lost with this in hand; how, in words."""


@dataclass(slots=True)
class _InHand:
    done: asyncio.Future[Any]
    on_fault: OnFault | None
    waiting: asyncio.Task[None] | None = None


@dataclass(eq=False, slots=True)
class Hand:
    """One worker. `error_of` makes the error that it tells by its kind and message."""

    link: Link
    error_of: Callable[[str, str], QuantgateError]
    _in_hand: dict[int, _InHand] = field(default_factory=dict)
    _to_say: list[Any] = field(default_factory=list)
    _has_to_say: asyncio.Event = field(default_factory=asyncio.Event)
    _number: int = 0
    _heard: float = 0.0
    _outage: Outage = field(default_factory=lambda: Outage(0, 0.0))

    @property
    def busy(self) -> int:
        """How much it has in hand."""
        return len(self._in_hand)

    def next_number(self) -> int:
        self._number += 1
        return self._number

    async def does(self, wanted: Ask | Judge, on_fault: OnFault | None) -> Any:
        """Have it done, and return what the worker says to it; `on_fault` is told of failed attempts.

        Raises
        ------
        WorkerLost
            When the worker ends before.
        QuantgateError
            As the worker tells it.
        """
        held = _InHand(asyncio.get_running_loop().create_future(), on_fault)
        self._in_hand[wanted.number] = held
        self._say(wanted)
        try:
            return await held.done
        except asyncio.CancelledError:
            self._say(Drop(wanted.number))
            raise
        finally:
            del self._in_hand[wanted.number]
            if held.waiting is not None:
                held.waiting.cancel()

    async def work(self, heard: AsyncIterator[Any]) -> NoReturn:
        """Speak and listen until the worker is lost. Raises LinkLost, after which nobody waits for it any more."""
        self._heard = asyncio.get_running_loop().time()
        doing = [asyncio.create_task(each) for each in (self._listen(heard), self._speak(), self._feel_its_pulse())]
        lost = "the run has ended"
        try:
            await asyncio.wait(doing, return_when=asyncio.FIRST_COMPLETED)
            lost = "; ".join(str(error) for each in doing if each.done() and (error := each.exception()) is not None)
        finally:
            for each in doing:
                each.cancel()
            await asyncio.gather(*doing, return_exceptions=True)
            for held in self._in_hand.values():
                if not held.done.done():
                    held.done.set_exception(WorkerLost(f"{self.link.where}: {lost}"))
        raise LinkLost(lost)

    def fail(self, failure: QuantgateError) -> None:
        """Let all that wait for the worker fail."""
        for held in self._in_hand.values():
            if not held.done.done():
                held.done.set_exception(failure)

    def _say(self, message: Any) -> None:
        self._to_say.append(message)
        self._has_to_say.set()

    async def _speak(self) -> None:
        while True:
            await self._has_to_say.wait()
            self._has_to_say.clear()
            said, self._to_say = self._to_say, []
            await self.link.send(framed(said))

    async def _feel_its_pulse(self) -> None:
        while True:
            await asyncio.sleep(_PING_EVERY_S)
            silent_s = asyncio.get_running_loop().time() - self._heard
            if silent_s > _SILENT_S:
                raise LinkLost(f"it has said nothing for {silent_s:.0f} s")
            self._say(Ping())

    async def _listen(self, heard: AsyncIterator[Any]) -> None:
        async for message in heard:
            self._heard = asyncio.get_running_loop().time()
            if not isinstance(message, Ping) and (held := self._in_hand.get(message.number)) is not None:
                self._hear(message, held)

    def _hear(self, message: Any, held: _InHand) -> None:
        if held.done.done():
            return
        match message:
            case Faulted(message=said, overload=overload, retry_after=retry_after):
                if held.on_fault is not None:
                    held.on_fault(Fault(said, overload=overload, retry_after=retry_after))
                    self._tell_outage(held)
            case Waits(number=number, wait_s=wait_s):
                held.waiting = asyncio.create_task(self._wait(number, held, wait_s))
            case Answered() | Marked():
                held.done.set_result(message)
            case Failed(kind=kind, message=said):
                held.done.set_exception(self.error_of(kind, said))

    async def _wait(self, number: int, held: _InHand, wait_s: float) -> None:
        """Wait for the request's next turn, and say when it has come."""
        assert isinstance(held.on_fault, Turn)
        try:
            await held.on_fault.again(wait_s)
        except Fault as fault:
            self._say(GiveUp(number, str(fault)))
        else:
            self._tell_outage(held)
            self._say(Go(number))

    def _tell_outage(self, held: _InHand) -> None:
        if isinstance(held.on_fault, Turn) and (held.on_fault.vain or self._outage.vain):
            self._outage = Outage(held.on_fault.vain, held.on_fault.down_s)
            self._say(self._outage)
