"""A body is read to its end, and no longer waited for than that takes."""

import asyncio
import time

from quantgate.evals.endpoint.deadline import Deadline, Finished, Patience
from quantgate.evals.endpoint.reading import Body, read_body
from tests.server.served import Reply, completion_events

EVENTS = [part for part in completion_events({}, Reply("It is 5.")) if isinstance(part, bytes)]


class Chunks:
    """A body in pieces; left open after them where `hangs`."""

    def __init__(self, *, hangs: bool = False) -> None:
        self.pieces = list(EVENTS)
        self.hangs = hangs
        self.read_to_its_end = False

    async def some(self) -> bytes:
        if self.pieces:
            return self.pieces.pop(0)
        if self.hangs:
            await asyncio.Event().wait()
        self.read_to_its_end = True
        return b""

    def check(self, held: int) -> None:
        """It has no limit."""

    async def rest(self) -> bytes:
        raise AssertionError("a stream is read piece by piece")


def read(chunks: Chunks) -> Body:
    async def scenario() -> Body:
        return await read_body(chunks, Deadline(Patience(60, 60), Finished(), streamed=True), 60)

    return asyncio.run(scenario())


def test_what_follows_the_last_event_is_read_so_that_the_connection_is_free_for_the_next_request():
    chunks = Chunks()
    assert "It is 5." in read(chunks).text
    assert chunks.read_to_its_end


def test_a_server_that_leaves_a_stream_open_after_its_last_event_is_not_waited_for():
    began = time.monotonic()
    assert "It is 5." in read(Chunks(hangs=True)).text
    assert time.monotonic() - began < 5
