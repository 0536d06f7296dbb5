"""Answers without end, and small ones that are huge once they are decompressed, over real HTTP and piece by piece."""

import asyncio
import gzip
import json
import tracemalloc
import zlib

import pytest

from quantgate.evals.contract.records import Status
from quantgate.evals.endpoint.bounded import Received, Undecodable, decompressed
from quantgate.evals.endpoint.client import Connection, Endpoint, NoListing, RetryPolicy
from quantgate.evals.errors import QuantgateError
from tests.server.events import chunk, event
from tests.server.served import Reply, completion, served_model

FAST = RetryPolicy(tries=8, total_s=20, first_wait_s=0.01, longest_wait_s=0.02)
MEGABYTE = 1 << 20
NEVER = 600.0
"""Seconds after which a server would go on; nobody waits for them."""


def ask(server, request, stream=False):
    async def scenario():
        connection = Connection(stream=stream, most_bytes=MEGABYTE)
        async with Endpoint(server.base_url, "test-model", retry=FAST, connection=connection) as endpoint:
            return await endpoint.ask(request)

    return asyncio.run(scenario())


def zipped(body: bytes, how: str) -> bytes:
    if how == "gzip":
        return gzip.compress(body)
    raw = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return zlib.compress(body) if how == "deflate" else raw.compress(body) + raw.flush()


ENDLESS = {
    "a body": ([b'{"choices": ['] + [b" " * 60_000] * 20, {"Content-Type": "application/json"}),
    "blanks": ([b"\n" * 60_000] * 20, {}),
    "a bomb of gzip": ([gzip.compress(b" " * (50 << 20))], {"Content-Encoding": "gzip"}),
    "a bomb of deflate": ([zlib.compress(b" " * (50 << 20))], {"Content-Encoding": "deflate"}),
    "a line": ([b'data: {"choices": "'] + [b"x" * 60_000] * 20, {}),
    "comments": ([b": still here" + b"." * 60_000 + b"\n\n"] * 350, {}),
    "tokens": ([event(chunk({"content": "x" * 60_000}))] * 20, {}),
    "parts": ([event(chunk({"content": [{"type": "text", "text": "x" * 30_000}]}))] * 20, {}),
    "tool calls": ([event(chunk({"tool_calls": [{"index": 0, "function": {"arguments": "x" * 30_000}}]}))] * 20, {}),
    "names": ([event({**chunk({"content": "x"}), f"n{n}": "x" * 30_000}) for n in range(20)], {}),
}


@pytest.mark.parametrize("kind", ENDLESS)
def test_an_answer_without_end_is_cut_off_tried_a_few_times_and_then_missing(request_of, kind):
    pieces, headers = ENDLESS[kind]
    with served_model(lambda body: Reply(stream=[*pieces, NEVER], headers=headers)) as server:
        answer = ask(server, request_of())
        assert (answer.status, answer.refused) == (Status.ERROR, False)
        assert "longer than 1 MB" in answer.error
        assert len(server.log.bodies) == 4


def test_many_short_tokens_in_wide_envelopes_are_no_long_answer(request_of):
    wide = event({**chunk({"content": "word "}), "provider": "x" * 2000})
    pieces = [wide * 30] * 25
    with served_model(lambda body: Reply(stream=[*pieces, event(chunk({}, "stop"))])) as server:
        answer = ask(server, request_of(), stream=True)
    assert sum(map(len, pieces)) > MEGABYTE
    assert (answer.status, len(answer.response)) == (Status.OK, 30 * 25 * 5)


def test_an_error_without_end_is_told_by_its_status(request_of):
    with served_model(lambda body: Reply(status=400, body="no such luck " + "x" * 3_000_000)) as server:
        answer = ask(server, request_of())
    assert "HTTP 400: no such luck" in answer.error
    assert len(answer.error) < 500


@pytest.mark.parametrize("how", ["gzip", "deflate", "raw deflate"])
def test_an_answer_that_comes_compressed_is_read(request_of, how):
    def reply(body):
        packed = zipped(completion(body, Reply("The answer is 5.")).encode(), how)
        headers = {"Content-Encoding": how.split()[-1], "Content-Type": "application/json"}
        return Reply(stream=[packed[:50], packed[50:]], headers=headers)

    with served_model(reply) as server:
        assert ask(server, request_of()).response == "The answer is 5."
        assert server.log.headers[0]["Accept-Encoding"] == "gzip, deflate"


@pytest.mark.parametrize("encoding", ["br", "zstd", "gzip, gzip", "x" * 500])
def test_a_compression_that_was_not_asked_for_is_a_fault(request_of, encoding):
    with served_model(lambda body: Reply(stream=[b"abc"], headers={"Content-Encoding": encoding})) as server:
        answer = ask(server, request_of())
    assert answer.status is Status.ERROR
    assert "which was not asked for" in answer.error
    assert len(answer.error) < 200


def test_a_list_of_models_without_end_is_no_list(request_of):
    endless = Reply(status=200, body="[" + "0," * MEGABYTE)

    async def scenario(url):
        async with Endpoint(url, "m", retry=FAST, connection=Connection(most_bytes=MEGABYTE)) as endpoint:
            await endpoint.models(FAST)

    with (
        served_model(lambda body: Reply(), models=endless) as server,
        pytest.raises((NoListing, QuantgateError), match="longer than 1 MB"),
    ):
        asyncio.run(scenario(server.base_url))


def through(pieces, encoding):
    async def chunks():
        for piece in pieces:
            yield piece

    async def scenario():
        return [piece async for piece in decompressed(chunks(), encoding)]

    return asyncio.run(scenario())


@pytest.mark.parametrize("how", ["gzip", "deflate", "raw deflate"])
@pytest.mark.parametrize("size", [1, 7, 100_000])
def test_what_is_decompressed_is_whole_however_it_was_cut(how, size):
    body = bytes(range(256)) * 5000
    packed = zipped(body, how)
    pieces = [packed[at : at + size] for at in range(0, len(packed), size)]
    assert b"".join(through(pieces, how.split()[-1])) == body


def test_a_bomb_goes_off_piece_by_piece():
    packed = gzip.compress(b" " * (64 << 20))
    tracemalloc.start()

    async def scenario():
        async def chunks():
            yield packed

        received = Received(decompressed(chunks(), "gzip"), 10 * MEGABYTE)
        with pytest.raises(Exception, match="longer than 10 MB"):
            await received.rest()

    asyncio.run(scenario())
    assert tracemalloc.get_traced_memory()[1] < 16 * MEGABYTE
    tracemalloc.stop()


@pytest.mark.parametrize("pieces", [[b"no gzip"], [gzip.compress(b"x" * 1000)[:-9]]])
def test_what_cannot_be_decompressed_is_a_fault(pieces):
    with pytest.raises(Undecodable):
        through(pieces, "gzip")


def test_json_of_millions_of_values_is_not_read():
    async def scenario():
        async def chunks():
            yield json.dumps([[]] * 3_000_000, separators=(",", ":")).encode()

        with pytest.raises(Exception, match="millions of values"):
            await Received(chunks(), 64 * MEGABYTE).rest()

    asyncio.run(scenario())
