"""Sees that one model answers a whole run: by what its replies say of it, and by what the endpoint lists under way."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, replace
from typing import Any

from quantgate.evals.contract.fault import Fault, Turn
from quantgate.evals.contract.records import Answer, Request
from quantgate.evals.contract.task import Asker
from quantgate.evals.endpoint.client import Endpoint
from quantgate.evals.endpoint.retrying import RetryPolicy
from quantgate.evals.endpoint.served import change_of, served_model
from quantgate.evals.errors import EndpointUnreachable, ModelChanged, RequestRefused
from quantgate.evals.runs.origins import Origins
from quantgate.evals.runs.record import ListedChange, RunRecord, now

_EVERY_S = 120.0
_LOADING_S = 1.0
"""No server that was stopped serves other weights sooner: a look so short ago still holds."""

_MOST_WAIT_S = 2.0
"""So long an answer that came after a fault waits for the look at what is served now."""

_ONCE = RetryPolicy(tries=1)


class Watch:
    """Looks at the endpoint's list of models every few minutes, after faults, and at the end.

    `store` is given the record whenever there is something new to keep. `allowed` says that a change is meant: then it
    is recorded, and the run goes on.
    """

    def __init__(
        self, endpoint: Endpoint, record: RunRecord, store: Callable[[RunRecord], None], *, allowed: bool
    ) -> None:
        self._endpoint = endpoint
        self._record = record
        self._store = store
        self._allowed = allowed
        self._origins = Origins(record.replies, allowed=allowed)
        self._stored = 0
        self._is_listed = bool(record.endpoint.keys() & {"served", "listed", "context_length"})
        self._tried = self._looked = asyncio.get_running_loop().time()
        self._seen = now()
        self._since = 0
        self._doubt = asyncio.Event()
        self._certain = asyncio.Event()
        self._certain.set()

    @property
    def record(self) -> RunRecord:
        """The run's record with what was seen so far."""
        return replace(self._record, replies=self._origins.told)

    def over(self, asker: Asker) -> Asker:
        """The asker, each of whose answers is looked at before it counts."""
        return _Watched(asker, self)

    @asynccontextmanager
    async def looking(self) -> AsyncIterator[None]:
        """Look as long as the context lasts, and at its end. Raises ModelChanged, which breaks off what is in it."""
        if not self._is_listed:
            yield
            return
        try:
            async with asyncio.TaskGroup() as group:
                task = group.create_task(self._keep_looking())
                yield
                task.cancel()
                await self._look()
        except BaseExceptionGroup as failures:
            raise failures.exceptions[0] from None

    async def _keep_looking(self) -> None:
        while True:
            try:
                async with asyncio.timeout(_EVERY_S):
                    await self._doubt.wait()
            except TimeoutError:
                self._store(self.record)
            await asyncio.sleep(self._tried + _LOADING_S - asyncio.get_running_loop().time())
            await self._look()

    async def _look(self) -> None:
        """Ask what is listed now; what cannot be had tells nothing. Raises ModelChanged."""
        self._tried = asyncio.get_running_loop().time()
        self._doubt.clear()
        try:
            listed = await self._endpoint.models(_ONCE)
        except EndpointUnreachable:
            self._doubt.set()
            return
        except RequestRefused:
            self._certain.set()
            return
        served = served_model(listed, self._record.model)
        before, after = self._record.endpoint, served.identity()
        why = change_of(before, after)
        if why is None and before.get("served") and served.names and self._record.model not in served.names:
            why = f"it lists {served.shown_names} and no {self._record.model} any more"
        if why is not None:
            self._change(why, before, after)
        self._looked, self._seen, self._since = self._tried, now(), 0
        self._certain.set()

    def doubt(self) -> None:
        """Something has failed: what answers from now on may be another server."""
        self._doubt.set()
        if self._is_listed and asyncio.get_running_loop().time() - self._looked > _LOADING_S:
            self._certain.clear()

    async def accepted(self, answer: Answer) -> Answer:
        """The answer with where its replies stand in the record. Raises ModelChanged for one of another model."""
        if not self._certain.is_set():
            with suppress(TimeoutError):
                async with asyncio.timeout(_MOST_WAIT_S):
                    await self._certain.wait()
        try:
            places = self._origins.note(answer.origins)
        except ModelChanged as change:
            raise self._changed(f"{change}, and this one is not kept") from None
        self._since += 1
        if self._origins.news != self._stored:
            self._stored = self._origins.news
            self._store(self.record)
        return answer if places is None else replace(answer, replied_by=places)

    def _change(self, why: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> None:
        """Record the change, unless no answer has come since the last look: then none can be of the other model."""
        record = self._record
        if self._since or self._allowed:
            change = ListedChange(now(), self._seen, dict(before), dict(after))
            self._record = replace(record, changes=(*record.changes, change))
        if not self._allowed:
            raise self._changed(f"{self._endpoint.shown_url}/models said otherwise at {self._seen}: {why}")
        self._record = replace(self._record, endpoint={"base_url": before.get("base_url"), **after})

    def _changed(self, why: str) -> ModelChanged:
        return ModelChanged(
            f"the model has changed under way: {why}. What was collected is kept, nothing more is asked. Serve what "
            "was served before and run the same command, or use another --out; --model-changed goes on all the same, "
            "and the gate will ask about it"
        )


@dataclass(frozen=True, slots=True)
class _Watched:
    """An asker under a watch."""

    asker: Asker
    watch: Watch

    async def ask(self, request: Request, on_fault: Callable[[Fault], None]) -> Answer:
        told: Callable[[Fault], None] = _Doubting(on_fault, self.watch)
        if isinstance(on_fault, Turn):
            # Said to be a Turn, for what lacks one of its members would be taken for none, and retry without a slot.
            turn: Turn = _DoubtingTurn(on_fault, self.watch)
            told = turn
        return await self.watch.accepted(await self.asker.ask(request, told))


@dataclass(frozen=True, slots=True)
class _Doubting:
    """Who is told of faults, and the watch that is told with it."""

    on_fault: Callable[[Fault], None]
    watch: Watch

    def __call__(self, fault: Fault) -> None:
        self.watch.doubt()
        self.on_fault(fault)


@dataclass(frozen=True, slots=True)
class _DoubtingTurn:
    """The same for a request that waits for its turn between two attempts (`evals.contract.fault.Turn`)."""

    turn: Turn
    watch: Watch

    def __call__(self, fault: Fault) -> None:
        self.watch.doubt()
        self.turn(fault)

    @property
    def vain(self) -> int:
        return self.turn.vain

    @property
    def down_s(self) -> float:
        return self.turn.down_s

    async def again(self, wait_s: float) -> None:
        await self.turn.again(wait_s)
