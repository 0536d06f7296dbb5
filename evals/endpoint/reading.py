"""Reads the body of one answer, streamed or not, within the time that its next token may take."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from quantgate.evals.contract.fault import Fault
from quantgate.evals.endpoint.bodies import decoded
from quantgate.evals.endpoint.deadline import Deadline
from quantgate.evals.endpoint.stream import StreamedCompletion, looks_like_events

_AFTER_END_S = 10.0
"""How long usage and `[DONE]` may lag behind the end of an answer."""

_AFTER_DONE_S = 0.1
"""How long the end of the body may lag behind `[DONE]`: a body that was read to its end leaves its connection free for
the next request, and nothing that the event loop has to close."""


_MOST_BLANK = 1 << 16
"""Blank bytes before a body, which say neither that it is a stream nor that it is none."""


class Received(Protocol):
    """A body that is still to be read: an `evals.endpoint.http.Received`."""

    async def some(self) -> bytes: ...

    async def rest(self) -> bytes: ...

    def check(self, held: int) -> None: ...


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


async def read_body(received: Received, deadline: Deadline, stall_s: float) -> Body:
    """The document of an answer; one that is streamed is put together, whether that was asked for or not.

    Raises
    ------
    BrokenStream, StreamedError
        See `evals.endpoint.stream`.
    Overlong
        When it is longer than an answer may be.
    """
    begun = b""
    while (is_stream := looks_like_events(begun)) is None and len(begun) <= _MOST_BLANK:
        data = await received.some()
        if not data:
            break
        begun += data
    if not is_stream:
        rest = await received.rest()
        return Body(decoded(begun + rest), False, False, None, None, deadline.since())
    deadline.completion = completion = StreamedCompletion()
    deadline.token()
    data, first, last = begun, None, None
    while data:
        if completion.feed(data):
            last = deadline.since()
            first = last if first is None else first
            deadline.token()
        received.check(completion.held)
        if completion.done:
            await _what_follows(received, _AFTER_DONE_S)
            break
        if completion.finished:
            deadline.ended()
            data = await _what_follows(received, min(_AFTER_END_S, stall_s))
        else:
            data = await received.some()
    return Body(completion.finish(), True, completion.has_usage, first, last, deadline.since())


async def _what_follows(received: Received, limit_s: float) -> bytes:
    """What comes after the end of an answer; nothing more, where the connection breaks or is left open."""
    try:
        async with asyncio.timeout(limit_s):
            return await received.some()
    except (TimeoutError, Fault):
        return b""
