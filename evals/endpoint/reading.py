"""Reads the body of one answer, streamed or not, within the time that its next token may take."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import aiohttp

from quantgate.evals.endpoint.bodies import decoded
from quantgate.evals.endpoint.stream import StreamedCompletion, looks_like_events

_AT_ONCE_BYTES = 2**16
"""So much of a stream is let gather in the kernel before this process is woken: some three hundred tokens."""

_LONGEST_SLEEP_S = 10.0
_AFTER_END_S = 10.0
"""How long usage and `[DONE]` may lag behind the end of an answer."""


@dataclass(frozen=True, slots=True)
class Patience:
    """Seconds that an answer may take: to its next token, where it is streamed, and in all; `None` for no limit."""

    stall_s: float
    total_s: float | None


@dataclass(frozen=True, slots=True)
class Body:
    """What came: a document, how long after the request its first and its last token did, and whether in a stream."""

    text: str
    streamed: bool
    has_usage: bool
    first_token_s: float | None
    last_token_s: float | None
    latency_s: float

    def tokens_per_s(self, usage: Mapping[str, Any] | None) -> float | None:
        """The speed at which the tokens after the first one came; `None` where it cannot be told."""
        told = usage.get("completion_tokens") if usage is not None else None
        if self.first_token_s is None or self.last_token_s is None or not isinstance(told, int):
            return None
        seconds = self.last_token_s - self.first_token_s
        return round((told - 1) / seconds, 2) if told > 1 and seconds > 0 else None


class Deadline:
    """The moment at which an exchange is given up, moved on by every token of a stream."""

    def __init__(self, patience: Patience, *, streamed: bool) -> None:
        self._loop = asyncio.get_running_loop()
        self._patience = patience
        self.began = self._loop.time()
        self.completion: StreamedCompletion | None = None
        self.limit = asyncio.timeout_at(self._next(streamed=streamed))

    def since(self) -> float:
        return self._loop.time() - self.began

    def token(self) -> None:
        """A token has come, or a stream has begun: the next may take as long again."""
        self.limit.reschedule(self._next(streamed=True))

    def ended(self) -> None:
        """The answer is whole: what may still follow has a limit of its own."""
        self.limit.reschedule(None)

    def said(self) -> str:
        """What the limit was, and how far the answer came, for the message of a fault."""
        total, stall = self._patience.total_s, self._patience.stall_s
        so_far = "" if self.completion is None else f", {self.completion.so_far()}"
        if total is not None and self.since() >= total:
            return f"no answer within {total:g} s{so_far}"
        return f"no token for {stall:g} s{so_far}" if so_far else f"no answer within {stall:g} s"

    def _next(self, *, streamed: bool) -> float | None:
        total = self._patience.total_s
        moments = [] if total is None else [self.began + total]
        if streamed:
            moments.append(self._loop.time() + self._patience.stall_s)
        return min(moments, default=None)


async def read_body(response: aiohttp.ClientResponse, deadline: Deadline, stall_s: float) -> Body:
    """The document of an answer; one that is streamed is put together, whether that was asked for or not.

    Raises
    ------
    BrokenStream, StreamedError
        See `evals.endpoint.stream`.
    """
    begun = b""
    while (is_stream := looks_like_events(begun)) is None:
        data = await response.content.readany()
        if not data:
            break
        begun += data
    if not is_stream:
        rest = await response.content.read()
        return Body(decoded(begun + rest), False, False, None, None, deadline.since())
    deadline.completion = completion = StreamedCompletion()
    deadline.token()
    gathering = _Gathering(response, stall_s)
    data, first, last = begun, None, None
    while data:
        if completion.feed(data):
            last = deadline.since()
            first = last if first is None else first
            deadline.token()
            gathering.begin()
        if completion.done:
            break
        if completion.finished:
            deadline.ended()
            data = await _what_follows(gathering, stall_s)
        else:
            data = await gathering.read()
    return Body(completion.finish(), True, completion.has_usage, first, last, deadline.since())


async def _what_follows(gathering: _Gathering, stall_s: float) -> bytes:
    """What comes after the end of an answer; nothing more, where the connection breaks or is left open."""
    gathering.end()
    try:
        async with asyncio.timeout(min(_AFTER_END_S, stall_s)):
            return await gathering.read()
    except (TimeoutError, aiohttp.ClientError, OSError):
        return b""


class _Gathering:
    """Lets the kernel gather a stream's tokens, so that thousands of them do not wake this process one by one.

    Only where the connection's end is the answer's end, which wakes at once however little has gathered; the time of
    the first token is never put off.
    """

    def __init__(self, response: aiohttp.ClientResponse, stall_s: float) -> None:
        self._content = response.content
        self._sleep_s = min(_LONGEST_SLEEP_S, stall_s / 4)
        self._socket: socket.socket | None = None
        if response.headers.keys().isdisjoint({"Transfer-Encoding", "Content-Length"}):
            transport = response.connection.transport if response.connection is not None else None
            self._socket = transport.get_extra_info("socket") if transport is not None else None
        self._low = 1

    def begin(self) -> None:
        self._wake_at(_AT_ONCE_BYTES)

    def end(self) -> None:
        self._wake_at(1)

    async def read(self) -> bytes:
        """What has come since the last time; empty at the end."""
        if self._low == 1:
            return await self._content.readany()
        try:
            async with asyncio.timeout(self._sleep_s):
                return await self._content.readany()
        except TimeoutError:
            self._wake_at(1)
        data = await self._content.readany()
        self._wake_at(_AT_ONCE_BYTES)
        return data

    def _wake_at(self, gathered: int) -> None:
        if self._socket is None or self._low == gathered:
            return
        try:
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVLOWAT, gathered)
        except OSError:
            self._socket = None
        self._low = gathered
