"""The workers of one run: hands each request to the least busy, and to another where that is lost.

A worker only asks and grades. Whose turn it is, how many requests are in flight, which model answers and what is stored
is decided where the run is, as on one machine: so the answers are the same however many workers there are, each is
stored once, and what a lost worker had in hand is all that is asked again.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from typing import Any, NoReturn

from quantgate import __version__
from quantgate.cluster.frames import Frames, framed
from quantgate.cluster.hands import Hand, WorkerLost
from quantgate.cluster.kept import kept_of, put
from quantgate.cluster.links import Link, LinkLost, Workplace
from quantgate.cluster.messages import Answered, Ask, Files, Judge, Marked, Orders, Ready, Unfit
from quantgate.evals.contract.fault import Fault, Turn
from quantgate.evals.contract.found import TakesIn
from quantgate.evals.contract.kept import Kept
from quantgate.evals.contract.records import Answer, Item, Request, SampleKey, Status
from quantgate.evals.contract.task import Task
from quantgate.evals.endpoint.window import Window
from quantgate.evals.errors import QuantgateError, Unfinished, UsageError
from quantgate.evals.runs.elsewhere import Work
from quantgate.evals.runs.grading import Judged
from quantgate.evals.secrets import redacted
from quantgate.evals.text import excerpt

_TRIES = 4
"""So many workers are lost over one request before it is taken for its doing."""

_MOST_IN_VAIN = 5
"""So many workers, and one for each place, may be lost one after the other before any is ready."""

_AGAIN_S = 0.5
_LOOK_EVERY_S = 5.0
_WAITING_S = 10.0


class Crew:
    """The `Staff` of a run (`evals.runs.elsewhere`), and its `Graders`; use as an async context manager.

    Parameters
    ----------
    place
        Where the workers are started.
    work
        What is to be asked.
    files, orders
        What each worker is told first.
    window
        The requests in flight of all of them; what befalls workers is told with its lines.
    most
        How many workers there may be at most, `None` for as many as there are places.
    crews
        How many crews share the places, and the most that there may be.
    """

    def __init__(
        self,
        place: Workplace,
        work: Work,
        files: Files,
        orders: Orders,
        window: Window,
        most: int | None = None,
        crews: int = 1,
    ) -> None:
        self._place = place
        self._work = work
        self._files = place.shared(framed([files]))
        self._orders = framed([orders])
        self._window = window
        self._most = most
        self._crews = crews
        self._kept = {name for name, task in work.tasks.items() if isinstance(task, Kept)}
        self._hands: list[Hand] = []
        self._places: set[asyncio.Task[None]] = set()
        self._changed = asyncio.Event()
        self._vacant = asyncio.Event()
        self._failure: QuantgateError | None = None
        self._in_vain = 0
        self._judged: dict[SampleKey, Judged] = {}
        self._found: dict[str, Any] = {}

    @asynccontextmanager
    async def working(self) -> AsyncIterator[Crew]:
        """Have workers for the length of the context; leaving it ends them and what they do."""
        keeping = asyncio.create_task(self._keep_places())
        try:
            yield self
        finally:
            keeping.cancel()
            for each in self._places:
                each.cancel()
            await asyncio.gather(keeping, *self._places, return_exceptions=True)

    @property
    def graders(self) -> Crew:
        return self

    def asker(self, task: str) -> _Asker:
        return _Asker(self, task)

    def found(self) -> dict[str, Any]:
        return self._found

    def release(self) -> None:
        """Nothing is kept for an event loop."""

    async def ask(self, request: Request, on_fault: Callable[[Fault], None]) -> Answer:
        """The answer of a worker, who has graded it where that takes long.

        Raises
        ------
        QuantgateError
            Whatever ends the run on the worker, or that there are no workers to be had.
        """
        task = self._work.tasks[request.task]
        lost = ""
        for _ in range(_TRIES):
            keeps = request.task in self._kept
            kept = await asyncio.to_thread(kept_of, self._work.out, task, request) if keeps else None
            turn = on_fault if isinstance(on_fault, Turn) else None
            hand = await self._free_hand()
            number = hand.next_number()
            ask = Ask(
                number,
                request.task,
                request.item,
                request.repeat,
                request.prompt.prompt_hash,
                request.sampling,
                waits=turn is not None,
                kept=kept,
            )
            try:
                answered: Answered = await hand.does(ask, on_fault)
            except WorkerLost as loss:
                lost = str(loss)
                on_fault(Fault(f"a worker was lost ({lost})"))
                if turn is not None:
                    try:
                        await turn.again(_AGAIN_S)
                    except Fault as fault:
                        return Answer(Status.ERROR, error=str(fault))
                continue
            self._found |= answered.found
            if answered.settings and isinstance(finder := self._work.askers.get(request.task), TakesIn):
                finder.take_in(answered.settings)
            if answered.kept is not None:
                await asyncio.to_thread(put, self._work.out, task, request, answered.kept)
            if answered.judged is not None:
                self._judged[request.key] = answered.judged
            return answered.answer
        return Answer(Status.ERROR, error=_lost_over_it(lost))

    async def judge(self, task: Task, item: Item, repeat: int, text: str) -> Judged:
        """The grade of an answer: the one that came with it, else a worker's."""
        name = next(name for name, known in self._work.tasks.items() if known is task)
        if (known := self._judged.pop((name, item.item_id, repeat), None)) is not None:
            return known
        lost = ""
        for _ in range(_TRIES):
            hand = await self._free_hand()
            try:
                marked: Marked = await hand.does(Judge(hand.next_number(), name, item, repeat, text), None)
            except WorkerLost as loss:
                lost = str(loss)
                continue
            return marked.judged
        return Judged(None, _lost_over_it(lost))

    async def _free_hand(self) -> Hand:
        """The least busy worker, waiting until there is one. Raises what has ended the run."""
        while not self._hands:
            self._check()
            self._changed.clear()
            await self._changed.wait()
        self._check()
        return min(self._hands, key=lambda hand: hand.busy)

    def _check(self) -> None:
        if self._failure is not None:
            raise self._failure

    def _fail(self, failure: QuantgateError) -> None:
        """End the run: everybody who waits for a worker is told."""
        if self._failure is None:
            self._failure = failure
        for hand in self._hands:
            hand.fail(failure)
        self._changed.set()

    async def _keep_places(self) -> None:
        """Fill all places that there are, again when a worker is lost or a machine comes."""
        began = asyncio.get_running_loop().time()
        while self._failure is None:
            try:
                wanted = self._wanted(await self._place.places())
            except LinkLost:
                pass  # it is asked again
            except QuantgateError as failure:
                self._fail(failure)
            else:
                for _ in range(wanted - len(self._places)):
                    place = asyncio.create_task(self._fill())
                    self._places.add(place)
                    place.add_done_callback(self._left)
            if not self._hands and asyncio.get_running_loop().time() - began > _WAITING_S:
                self._window.notify("no worker is ready: the cluster has no free processor, or they are still loading")
            self._vacant.clear()
            with suppress(TimeoutError):
                async with asyncio.timeout(_LOOK_EVERY_S):
                    await self._vacant.wait()

    def _wanted(self, places: int) -> int:
        """How many workers to have where there are so many places, and no more than can have something to do at once.

        Raises UsageError where there are fewer than builds, of which each would wait for the other.
        """
        if 0 < places < self._crews:
            raise UsageError(
                f"{self._crews} builds are asked side by side, and the cluster has {places} processors for workers: "
                "give it more, or ask one build after the other (order: baseline-first)"
            )
        most = places if self._most is None else min(places, max(self._crews, self._most))
        in_flight = most if self._window.adaptive else self._window.size
        return min(most // self._crews, in_flight, self._work.count)

    def _left(self, place: asyncio.Task[None]) -> None:
        self._places.discard(place)
        self._vacant.set()
        if not place.cancelled() and (error := place.exception()) is not None:
            self._fail(error if isinstance(error, QuantgateError) else Unfinished(f"a worker cannot be run: {error}"))

    async def _fill(self) -> None:
        """One worker from its first breath to its last."""
        try:
            link = await self._place.hire()
            try:
                await self._employ(link)
            except LinkLost as lost:
                raise LinkLost(f"{link.where}: {excerpt(redacted(str(lost)))}") from None
            finally:
                await link.close()
        except LinkLost as lost:
            self._window.notify(f"a worker was lost ({lost}); what it had in hand is asked again")
            self._in_vain += 1
            if self._in_vain > _MOST_IN_VAIN + len(self._places):
                raise Unfinished(
                    f"no worker gets ready: {self._in_vain} were lost one after the other, the last: {lost}. The same "
                    "command goes on"
                ) from None

    async def _employ(self, link: Link) -> NoReturn:
        """Make a worker ready and have it work. Raises LinkLost at its end, QuantgateError where it is not fit."""
        heard = _messages(link)
        hello: Mapping[str, str] = await anext(heard)
        if hello["quantgate"] != __version__:
            raise UsageError(
                f"node {link.where} has quantgate {hello['quantgate']}, and the run is quantgate {__version__}: "
                "install the same on all nodes"
            )
        await link.send(self._files)
        await link.send(self._orders)
        match await anext(heard):
            case Unfit(kind=kind, message=message):
                raise _error(kind, f"node {link.where}: {redacted(message)}")
            case Ready():
                pass
            case other:
                raise LinkLost(f"it says {type(other).__name__} where it should be ready")
        self._in_vain = 0
        hand = Hand(link, _error)
        self._hands.append(hand)
        self._changed.set()
        try:
            await hand.work(heard)
        finally:
            self._hands.remove(hand)


async def _messages(link: Link) -> AsyncIterator[Any]:
    """What a worker says; raises LinkLost when it has ended."""
    frames = Frames()
    async for piece in link.pieces():
        for message in frames.feed(piece):
            yield message
    raise LinkLost("it has ended")


def _lost_over_it(lost: str) -> str:
    return f"{_TRIES} workers were lost one after the other, the last: {lost}"


def _error(kind: str, message: str) -> QuantgateError:
    """An error that a worker has met, as it would be raised here."""
    kinds: list[type[QuantgateError]] = [QuantgateError]
    for each in kinds:
        kinds += each.__subclasses__()
    return next((each for each in kinds if each.__name__ == kind), QuantgateError)(message)


class _Asker:
    """Who is asked for one task."""

    def __init__(self, crew: Crew, task: str) -> None:
        self._crew = crew
        self._task = task

    async def ask(self, request: Request, on_fault: Callable[[Fault], None]) -> Answer:
        return await self._crew.ask(request, on_fault)
