"""Served models for tau2 on loopback: an agent and a user that play a task's own gold actions, and lesser ones.

The unit and the role of a request are read from the headers that quantgate sends with each.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from aiohttp import web

from tests.server.served import FAULTS, Reply

Body = dict[str, Any]
Play = Callable[["Turn"], Body]
"""A message as the model answers it: `content` or `tool_calls`."""


@dataclass(frozen=True)
class Turn:
    """One request: whose turn of which task and trial, and the conversation so far."""

    role: str
    task: Mapping[str, Any]
    item_id: str
    trial: int
    messages: Sequence[Mapping[str, Any]]

    @property
    def said(self) -> int:
        """Texts that this role has said so far, tau2's own greeting not counted."""
        texts = [it for it in self.messages if it["role"] == "assistant" and not it.get("tool_calls")]
        return len(texts) - (self.role == "agent")

    @property
    def called(self) -> int:
        """Tool calls of this role since the other's last text."""
        since = max((place for place, it in enumerate(self.messages) if it["role"] == "user"), default=0)
        return sum(bool(it.get("tool_calls")) for it in self.messages[since:])


def gold_rounds(task: Mapping[str, Any]) -> list[tuple[list[Body], list[Body]]]:
    """A task's gold actions as rounds: what the user does, then what the agent does."""
    rounds: list[tuple[list[Body], list[Body]]] = [([], [])]
    for action in (task["evaluation_criteria"] or {}).get("actions") or []:
        if action.get("requestor", "assistant") == "user":
            if rounds[-1][1]:
                rounds.append(([], []))
            rounds[-1][0].append(action)
        else:
            rounds[-1][1].append(action)
    return rounds


def gold(turn: Turn) -> Body:
    """Play the gold actions, tell what has to be told, and stop."""
    rounds = gold_rounds(turn.task)
    if turn.said >= len(rounds):
        return text("###STOP###") if turn.role == "user" else text("Goodbye.")
    mine = rounds[turn.said][turn.role == "agent"]
    if turn.called < len(mine):
        action = mine[turn.called]
        return call(action["name"], action["arguments"])
    told = (turn.task["evaluation_criteria"] or {}).get("communicate_info") or []
    return text("Done. " + "; ".join(told) if turn.role == "agent" else f"Step {turn.said + 1}, please.")


def lazy(turn: Turn) -> Body:
    """An agent that does nothing, and a user who gives up."""
    if turn.role == "user":
        return text("Help me, please." if turn.said == 0 else "###STOP###")
    return text("I am sorry, I cannot help.")


def chatty(turn: Turn) -> Body:
    """Twenty questions and as many answers: a conversation that is long and costs tau2 itself next to nothing."""
    return text("###STOP###" if turn.role == "user" and turn.said >= 20 else "Yes, and?")


def needs_an_action(item_id: str, task: Mapping[str, Any]) -> bool:
    """Whether an agent that does nothing must fail: some gold action changes something.

    The environment refuses the gold actions of two retail tasks, so that their gold state is the untouched one.
    """
    if item_id in ("retail/12", "retail/105"):
        return False
    reading = ("get_", "find_", "search_", "list_", "calculate", "think", "transfer_")
    return any(not it["name"].startswith(reading) for it in task["evaluation_criteria"]["actions"] or [])


def text(content: str) -> Body:
    return {"content": content}


def call(name: str, arguments: Any) -> Body:
    """A tool call; arguments that are text are sent as they are, so that they can be broken."""
    sent = arguments if isinstance(arguments, str) else json.dumps(arguments)
    function = {"name": name, "arguments": sent}
    return {"content": None, "tool_calls": [{"id": "call_1", "type": "function", "function": function}]}


def completion_of(message: Body, finish_reason: str | None = None) -> str:
    """A message as the body of a chat completion, seven tokens long."""
    reason = finish_reason or ("tool_calls" if message.get("tool_calls") else "stop")
    return json.dumps(
        {
            "id": "chatcmpl-1",
            "object": "chat.completion",
            "created": 1,
            "model": "test-model",
            "choices": [{"index": 0, "message": {"role": "assistant", **message}, "finish_reason": reason}],
            "usage": {"prompt_tokens": 10, "completion_tokens": 7, "total_tokens": 17},
        }
    )


class Tasks:
    """The benchmark's own task files, by item id (`airline/0`)."""

    def __init__(self, data: Path) -> None:
        self.by_item: dict[str, Mapping[str, Any]] = {}
        for domain in ("airline", "retail", "telecom"):
            file = data / "tau2" / "domains" / domain / "tasks.json"
            if file.exists():
                for task in json.loads(file.read_text(encoding="utf-8")):
                    self.by_item[f"{domain}/{task['id']}"] = task
        # Its tasks.json is not what tau2 reads, and says otherwise of one of them.
        for file in sorted((data / "tau2" / "domains" / "banking_knowledge" / "tasks").glob("task_*.json")):
            task = json.loads(file.read_text(encoding="utf-8"))
            self.by_item[f"banking_knowledge/{task['id']}"] = task

    def turn_of(self, headers: Mapping[str, str], body: Body) -> Turn | None:
        """Whose turn a request is; `None` for one that belongs to no unit (the try of a tool call)."""
        unit = headers.get("X-Quantgate-Unit")
        if unit is None:
            return None
        quoted, _, trial = unit.partition("; trial=")
        item_id = unquote(quoted)
        role = headers.get("X-Quantgate-Role", "judge")
        return Turn(role, self.by_item[item_id], item_id, int(trial), body["messages"])


@dataclass
class Seen:
    """What a server saw: requests and faults by role, most requests in flight, and in flight over time."""

    requests: Counter[str] = field(default_factory=Counter)
    faults: Counter[str] = field(default_factory=Counter)
    authorizations: set[str | None] = field(default_factory=set)
    bodies: list[Body] = field(default_factory=list)
    in_flight: int = 0
    most_in_flight: int = 0
    levels: list[tuple[float, int]] = field(default_factory=list)

    def step(self, by: int) -> None:
        self.in_flight += by
        self.most_in_flight = max(self.most_in_flight, self.in_flight)
        self.levels.append((time.monotonic(), self.in_flight))


class AgentServer:
    """Serves agent, user and judge at one address.

    `play` makes the messages; `faulty` is the share of turns by role that first fail once, with one of the faults of
    `tests.server.served`; `broken` may answer a turn otherwise; nothing is answered before `together` requests were in
    flight at once; `tools` says whether a tool call that is tried comes as one.
    """

    def __init__(
        self,
        tasks: Tasks,
        play: Play = gold,
        *,
        faulty: Mapping[str, float] | None = None,
        delay_s: float = 0.0,
        tools: bool = True,
        broken: Callable[[Turn], Reply | None] = lambda turn: None,
        keep_bodies: bool = False,
        together: int = 0,
    ) -> None:
        self.tasks = tasks
        self.play = play
        self.faulty = dict(faulty or {})
        self.delay_s = delay_s
        self.tools = tools
        self.broken = broken
        self.keep_bodies = keep_bodies
        self.together = together
        self._are_together = asyncio.Event()
        self.seen = Seen()
        self.base_url = ""
        self._failed: set[tuple[str, str, int, int]] = set()

    def app(self) -> web.Application:
        application = web.Application(client_max_size=2**26)
        application.router.add_get("/v1/models", self._models)
        application.router.add_post("/v1/chat/completions", self._chat)
        application.router.add_get("/seen", self._tell)
        return application

    async def _models(self, _: web.Request) -> web.Response:
        return web.json_response({"object": "list", "data": [{"id": "test-model", "object": "model"}]})

    async def _tell(self, _: web.Request) -> web.Response:
        seen = self.seen
        return web.json_response(
            {"requests": seen.requests, "faults": seen.faults, "most": seen.most_in_flight, "levels": seen.levels}
        )

    async def _chat(self, request: web.Request) -> web.StreamResponse:
        body = await request.json()
        turn = self.tasks.turn_of(request.headers, body)
        self.seen.authorizations.add(request.headers.get("Authorization"))
        if self.keep_bodies:
            self.seen.bodies.append(body)
        self.seen.step(1)
        try:
            reply = self._reply(turn)
            if self.seen.in_flight >= self.together:
                self._are_together.set()
            if turn is not None:
                await self._are_together.wait()
            if delay := reply.delay_s or (self.delay_s if turn is not None else 0.0):
                await asyncio.sleep(delay)
            if reply.reset or reply.half_body:
                assert request.transport is not None
                request.transport.abort()
                return web.Response()
            headers = {"Content-Type": "application/json", **reply.headers}
            return web.Response(body=(reply.body or "").encode(), status=reply.status, headers=headers)
        finally:
            self.seen.step(-1)

    def _reply(self, turn: Turn | None) -> Reply:
        if turn is None:
            message = (
                call("get_weather", {"city": "Paris"}) if self.tools else text("<tool_call>get_weather</tool_call>")
            )
            return Reply(body=completion_of(message))
        self.seen.requests[turn.role] += 1
        place = (turn.role, turn.item_id, turn.trial, len(turn.messages))
        draw = random.Random(repr(place))
        if draw.random() < self.faulty.get(turn.role, 0.0) and place not in self._failed:
            self._failed.add(place)
            self.seen.faults[turn.role] += 1
            return draw.choice(FAULTS)
        if (reply := self.broken(turn)) is not None:
            return reply
        return Reply(body=completion_of(judge(turn) if turn.role == "judge" else self.play(turn)))


def judge(turn: Turn) -> Body:
    """Finds every assertion met."""
    results = [
        {"expectedOutcome": outcome, "reasoning": "it says so", "metExpectation": True}
        for outcome in turn.task["evaluation_criteria"]["nl_assertions"]
    ]
    return text(json.dumps({"results": results}))


@contextlib.contextmanager
def served_agent(server: AgentServer) -> Iterator[AgentServer]:
    """Serve in a thread on a free loopback port for the time of the context."""
    ready, loop_box = threading.Event(), []

    async def serve() -> None:
        stop = asyncio.Event()
        loop_box.extend([asyncio.get_running_loop(), stop])
        runner = web.AppRunner(server.app(), shutdown_timeout=0.1, access_log=None)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        server.base_url = f"http://127.0.0.1:{runner.addresses[0][1]}/v1"
        ready.set()
        await stop.wait()
        await runner.cleanup()

    thread = threading.Thread(target=asyncio.run, args=(serve(),), daemon=True)
    thread.start()
    assert ready.wait(10), "the test's server did not start"
    try:
        yield server
    finally:
        loop, stop = loop_box
        loop.call_soon_threadsafe(stop.set)
        thread.join(10)


def main() -> None:
    """Serve as a process of its own: `python -m tests.server.agent --port 8000 --data DIR`."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--data", type=Path, required=True, help="the folder that holds tau2/domains")
    parser.add_argument("--play", choices=("gold", "lazy", "chatty"), default="gold")
    parser.add_argument("--agent-faults", type=float, default=0.0)
    parser.add_argument("--user-faults", type=float, default=0.0)
    parser.add_argument("--delay", type=float, default=0.0, help="seconds per reply")
    options = parser.parse_args()
    server = AgentServer(
        Tasks(options.data),
        {"gold": gold, "lazy": lazy, "chatty": chatty}[options.play],
        faulty={"agent": options.agent_faults, "user": options.user_faults},
        delay_s=options.delay,
    )
    web.run_app(server.app(), host="127.0.0.1", port=options.port, print=None, access_log=None)


if __name__ == "__main__":
    main()
