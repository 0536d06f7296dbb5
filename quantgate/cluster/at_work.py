"""What a worker does with each thing that it is told, all of them at the same time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from quantgate.cluster.frames import framed
from quantgate.cluster.kept import kept_of, put
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
    Orders,
    Outage,
    Ping,
    Waits,
)
from quantgate.evals.contract.fault import Fault, Turn
from quantgate.evals.contract.found import TakesIn
from quantgate.evals.contract.records import Answer, Request, Status
from quantgate.evals.contract.task import Asker, Task
from quantgate.evals.endpoint.client import Endpoint
from quantgate.evals.errors import DataError, QuantgateError
from quantgate.evals.runs.asking import ungraded_sample
from quantgate.evals.runs.grading import Graders, Judged, is_graded_at_once, text_of
from quantgate.evals.runs.session import askers_of
from quantgate.evals.settings.run import RunConfig

_GATHERED_S = 0.005
"""What is said within so many seconds goes together: a message costs the run more than what is in it."""


class AtWork:
    """Asks and grades what it is told; `say` is what it tells the run.

    `out` is a folder that stands for the run directory, for what a task stores itself.
    """

    def __init__(
        self,
        tasks: Mapping[str, Task],
        configs: Mapping[str, RunConfig],
        orders: Orders,
        graders: Graders,
        out: Path,
    ) -> None:
        self._tasks = tasks
        self._configs = configs
        self._orders = orders
        self._graders = graders
        self._out = out
        self._askers: Mapping[str, Asker] = {}
        self._endpoints: list[Endpoint] = []
        self._doing: dict[int, asyncio.Task[None]] = {}
        self._turns: dict[int, _Turn] = {}
        self._outage = Outage(0, 0.0)
        self._to_say: list[Any] = []
        self._has_to_say = asyncio.Event()

    async def open(self, stack: AsyncExitStack) -> None:
        """Make ready whoever is asked, for as long as `stack` is open. Raises as `askers_of`."""
        self._askers, self._endpoints = await askers_of(
            self._tasks, self._configs, self._orders.asked, self._orders.found, stack
        )

    def obey(self, message: Any) -> None:
        """Begin what is told."""
        match message:
            case Ask(number=number):
                self._begin(number, self._ask(message))
            case Judge(number=number):
                self._begin(number, self._judge(message))
            case Drop(number=number):
                if (doing := self._doing.get(number)) is not None:
                    doing.cancel()
            case Go(number=number):
                if number in self._turns:
                    self._turns[number].come()
            case GiveUp(number=number, message=said):
                if number in self._turns:
                    self._turns[number].come(Fault(said))
            case Outage():
                self._outage = message
            case Ping():
                self.say(message)

    def say(self, message: Any) -> None:
        self._to_say.append(message)
        self._has_to_say.set()

    async def speak(self, writer: asyncio.StreamWriter) -> None:
        """Write what is to be said, what comes at nearly the same time together."""
        while True:
            await self._has_to_say.wait()
            await asyncio.sleep(_GATHERED_S)
            self._has_to_say.clear()
            said, self._to_say = self._to_say, []
            writer.write(framed(said))
            await writer.drain()

    async def stop(self) -> None:
        """Give up all that is under way."""
        doing = list(self._doing.values())
        for each in doing:
            each.cancel()
        await asyncio.gather(*doing, return_exceptions=True)
        self._graders.release()

    @property
    def outage(self) -> Outage:
        return self._outage

    def _begin(self, number: int, work: Any) -> None:
        self._doing[number] = task = asyncio.create_task(work)
        task.add_done_callback(lambda _: self._doing.pop(number, None))

    async def _ask(self, ask: Ask) -> None:
        number = ask.number
        try:
            request = self._request(ask)
            task = self._tasks[ask.task]
            put(self._out, task, request, ask.kept)
            on_fault = _told(self, number)
            if ask.waits:
                # Said to be a Turn, for what lacks one of its members would be taken for none.
                self._turns[number] = mine = _Turn(self, number)
                turn: Turn = mine
                on_fault = turn
            answer = await self._askers[ask.task].ask(request, on_fault)
            judged = await self._judged(task, request, answer)
            found = {name: value for endpoint in self._endpoints for name, value in endpoint.found().items()}
            asker = self._askers[ask.task]
            settings = asker.found_settings if isinstance(asker, TakesIn) else {}
            self.say(Answered(number, answer, judged, kept_of(self._out, task, request), found, settings))
        except QuantgateError as error:
            self.say(Failed(number, type(error).__name__, str(error)))
        finally:
            self._turns.pop(number, None)

    def _request(self, ask: Ask) -> Request:
        prompt = self._tasks[ask.task].prompt(ask.item, ask.repeat)
        if prompt.prompt_hash != ask.prompt_hash:
            raise DataError(
                f"{ask.task} item {ask.item.item_id} (repeat {ask.repeat}) has another prompt here: hash "
                f"{prompt.prompt_hash[:12]}, and {ask.prompt_hash[:12]} where the run is. Install the same packages "
                "on all nodes"
            )
        return Request(ask.task, ask.item, ask.repeat, prompt, ask.sampling)

    async def _judged(self, task: Task, request: Request, answer: Answer) -> Judged | None:
        """The grade of an answer that is not graded yet, and would take the run's own process long."""
        if answer.grade is not None or answer.status is Status.ERROR:
            return None
        text = text_of(ungraded_sample(request, answer))
        if is_graded_at_once(task, text):
            return None
        return await self._graders.judge(task, request.item, request.repeat, text)

    async def _judge(self, judge: Judge) -> None:
        judged = await self._graders.judge(self._tasks[judge.task], judge.item, judge.repeat, judge.text)
        self.say(Marked(judge.number, judged))


def _told(work: AtWork, number: int) -> Callable[[Fault], None]:
    def told(fault: Fault) -> None:
        work.say(Faulted(number, str(fault), fault.overload, fault.retry_after))

    return told


@dataclass(eq=False)
class _Turn:
    """The turn of a request among those of all workers: asked for where the run is."""

    work: AtWork
    number: int
    comes: asyncio.Future[None] | None = field(default=None)

    def __call__(self, fault: Fault) -> None:
        _told(self.work, self.number)(fault)

    @property
    def vain(self) -> int:
        return self.work.outage.vain

    @property
    def down_s(self) -> float:
        return self.work.outage.down_s

    async def again(self, wait_s: float) -> None:
        self.comes = asyncio.get_running_loop().create_future()
        self.work.say(Waits(self.number, wait_s))
        await self.comes

    def come(self, fault: Fault | None = None) -> None:
        """End the wait, or the request with it for a fault."""
        if self.comes is None or self.comes.done():
            return
        if fault is None:
            self.comes.set_result(None)
        else:
            self.comes.set_exception(fault)
