"""A served model with so much to do at a time: it queues, refuses or slows down what is more, over real HTTP.

Run as a process, `python -m tests.server.loaded --kind queue --slots 8`: the first line that it prints is its address.
`GET /stats` tells what it saw.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import hashlib
import heapq
import json
import math
import random
import threading
import time
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import asdict, dataclass, field
from enum import StrEnum

from aiohttp import web

Work = Callable[[float], Awaitable[None]]


class Kind(StrEnum):
    """What the server does with more requests than it has slots."""

    QUEUE = "queue"
    REFUSE = "refuse"
    BATCH = "batch"
    DECLINE = "decline"


@dataclass(frozen=True)
class Load:
    """How the server works: `slots` answers at a time, each of about `seconds` on a server with nothing else to do.

    `spread` is the sigma of the lengths' lognormal distribution. Between `burst_s[0]` and `burst_s[1]` seconds after
    the first request everything is refused with 429, between `outage_s[0]` and `outage_s[1]` all connections are reset.
    """

    kind: Kind = Kind.QUEUE
    slots: int = 8
    seconds: float = 0.3
    spread: float = 0.6
    tokens: float = 100.0
    usage: bool = True
    burst_s: tuple[float, float] = (0.0, 0.0)
    outage_s: tuple[float, float] = (0.0, 0.0)


@dataclass
class Seen:
    """What came: requests, answers, refusals, answers that nobody waited for, most in flight, times of arrival."""

    requests: int = 0
    answers: int = 0
    refused: int = 0
    dead: int = 0
    most_in_flight: int = 0
    arrivals: list[float] = field(default_factory=list)


class Loaded:
    """The server of one `Load`."""

    def __init__(self, load: Load) -> None:
        self.load = load
        self.base_url = ""
        self.seen = Seen()
        self._in_flight = 0
        self._began: float | None = None
        self._busy = 0
        self._slots = asyncio.Semaphore(load.slots)
        self._shared = Shared(self._rate)
        self._work: Work = self._in_slot if load.kind in (Kind.QUEUE, Kind.REFUSE) else self._shared.work

    def app(self) -> web.Application:
        application = web.Application()
        application.router.add_get("/v1/models", self._models)
        application.router.add_post("/v1/chat/completions", self._chat)
        application.router.add_get("/stats", self._stats)
        return application

    async def _models(self, _: web.Request) -> web.Response:
        return web.json_response({"object": "list", "data": [{"id": "test-model", "object": "model"}]})

    async def _stats(self, _: web.Request) -> web.Response:
        return web.json_response(asdict(self.seen))

    async def _chat(self, request: web.Request) -> web.StreamResponse:
        now = time.monotonic()
        self._began = now if self._began is None else self._began
        since = now - self._began
        body = await request.json()
        self.seen.requests += 1
        self.seen.arrivals.append(round(since, 4))
        assert request.transport is not None
        if self.load.outage_s[0] <= since < self.load.outage_s[1]:
            request.transport.abort()
            return web.Response()
        full = self.load.kind is Kind.REFUSE and self._in_flight >= self.load.slots
        if full or self.load.burst_s[0] <= since < self.load.burst_s[1]:
            self.seen.refused += 1
            return web.json_response({"error": {"message": "too many requests"}}, status=429)
        self._in_flight += 1
        self.seen.most_in_flight = max(self.seen.most_in_flight, self._in_flight)
        try:
            share = self._share_of(json.dumps(body["messages"]))
            is_before = since < self.load.outage_s[0]
            async with asyncio.timeout(self.load.outage_s[0] - since if is_before else None):
                await self._work(share * self.load.seconds)
        except TimeoutError:
            request.transport.abort()
            return web.Response()
        finally:
            self._in_flight -= 1
        if request.transport is None or request.transport.is_closing():
            self.seen.dead += 1
            return web.Response()
        self.seen.answers += 1
        return web.json_response(self._answer(share))

    def _share_of(self, text: str) -> float:
        """How long an answer is, as a part of the mean; the same for the same question."""
        digest = hashlib.sha256(text.encode()).hexdigest()
        sigma = self.load.spread
        return math.exp(random.Random(digest).gauss(0, sigma) - sigma**2 / 2)

    def _answer(self, share: float) -> dict[str, object]:
        tokens = max(1, round(share * self.load.tokens))
        message = {"role": "assistant", "content": "The answer is 5." + " so" * tokens}
        usage = {"prompt_tokens": 10, "completion_tokens": tokens, "total_tokens": 10 + tokens}
        choice = {"index": 0, "message": message, "finish_reason": "stop"}
        return {"choices": [choice], **({"usage": usage} if self.load.usage else {})}

    async def _in_slot(self, seconds: float) -> None:
        async with self._slots:
            await asyncio.sleep(seconds)

    def _rate(self, active: int) -> float:
        """Seconds of work that each of so many answers advances in a second."""
        if self.load.kind is Kind.BATCH:
            return 1 / (1 + active / self.load.slots)
        return min(1.0, math.pow(self.load.slots / active, 1.6))


class Shared:
    """Work on all answers at the same time, as engines with continuous batching do it: the more, the slower each."""

    def __init__(self, rate: Callable[[int], float]) -> None:
        self._rate = rate
        self._done = 0.0
        self._at = time.monotonic()
        self._ends: list[tuple[float, int, asyncio.Future[None]]] = []
        self._timer: asyncio.TimerHandle | None = None
        self._count = 0

    async def work(self, seconds: float) -> None:
        self._advance()
        self._count += 1
        end = asyncio.get_running_loop().create_future()
        heapq.heappush(self._ends, (self._done + seconds, self._count, end))
        self._plan()
        await end

    def _advance(self) -> None:
        now = time.monotonic()
        if self._ends:
            self._done += (now - self._at) * self._rate(len(self._ends))
        self._at = now

    def _plan(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        if self._ends:
            left = (self._ends[0][0] - self._done) / self._rate(len(self._ends))
            self._timer = asyncio.get_running_loop().call_later(max(0.0, left), self._end)

    def _end(self) -> None:
        self._advance()
        while self._ends and self._ends[0][0] <= self._done + 1e-6:
            end = heapq.heappop(self._ends)[2]
            if not end.done():
                end.set_result(None)
        self._plan()


@contextlib.contextmanager
def loaded_model(load: Load) -> Iterator[Loaded]:
    """Serve in a thread on a free loopback port for the time of the context."""
    ready, box = threading.Event(), []

    async def serving() -> None:
        model, stop = Loaded(load), asyncio.Event()
        runner = web.AppRunner(model.app(), access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        model.base_url = f"http://127.0.0.1:{runner.addresses[0][1]}/v1"
        box.extend([model, asyncio.get_running_loop(), stop])
        ready.set()
        await stop.wait()
        await runner.cleanup()

    thread = threading.Thread(target=asyncio.run, args=(serving(),), daemon=True)
    thread.start()
    assert ready.wait(10), "the test's server did not start"
    model, loop, stop = box
    try:
        yield model
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(10)


async def serve(load: Load, port: int) -> None:
    """Serve until the process ends; the address is the first line of the output."""
    runner = web.AppRunner(Loaded(load).app(), access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port, backlog=1024).start()
    print(f"http://127.0.0.1:{runner.addresses[0][1]}/v1", flush=True)
    await asyncio.Event().wait()


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--load", default="{}", help="a Load as JSON")
    parser.add_argument("--port", type=int, default=0, help="default: a free one")
    options = parser.parse_args()
    asyncio.run(serve(load_of(options.load), options.port))


def load_of(text: str) -> Load:
    given = json.loads(text)
    pairs = {name: tuple(given[name]) for name in ("burst_s", "outage_s") if name in given}
    return Load(**{**given, "kind": Kind(given.get("kind", "queue")), **pairs})


if __name__ == "__main__":
    main()
