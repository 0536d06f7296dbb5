"""A served model for load: answers invented GSM8K questions from one process at a tenth of its client's cost.

    python benchmarks/quick_server.py --port 8912 [--no-stream] [--faults 0.05] [--latency 0.05]

`tests/server/served.py` stages faults at length, and costs more than the client that is measured against it. This one
knows nine faults, each of which heals at the next try. GET /stats tells requests, answers and answers given twice.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import re
from collections import Counter
from collections.abc import Callable

ITEM = re.compile(rb"Crate (\d+):")
LENGTH = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)
SEED = re.compile(rb'"seed": *(\d+)')
CHUNK = '{"id":"chatcmpl-1","object":"chat.completion.chunk","created":1,"model":"test-model","choices":'
USAGE = {"prompt_tokens": 900, "completion_tokens": 6, "total_tokens": 906}


def price(item: int) -> int:
    """The right answer to the question of that number."""
    return 3 * item + 7


def answered(item: int) -> int:
    """What the served model says: every tenth is wrong."""
    return price(item) + (item % 10 == 0)


class Served:
    """What all connections share."""

    def __init__(self, *, stream: bool, faults: float, latency: float) -> None:
        self.stream = stream
        self.faults = faults
        self.latency = latency
        self.failed: set[tuple[int, int]] = set()
        self.answers: Counter[tuple[int, int]] = Counter()
        self.requests = 0
        self.random = random.Random(0)

    def reply(self, body: bytes) -> bytes | None:
        """The whole HTTP response to a request; None to reset the connection."""
        self.requests += 1
        found = ITEM.findall(body)
        seed = SEED.search(body)
        key = (int(found[-1]) if found else -1, int(seed[1]) if seed else -1)
        if self.faults and key not in self.failed and self.random.random() < self.faults:
            self.failed.add(key)
            return self.random.choice(FAULTS)()
        self.answers[key] += 1
        text = f"By way {key[1]} they pay\n#### {answered(key[0])}"
        if self.stream and b'"stream": true' in body.replace(b'"stream":true', b'"stream": true'):
            return streamed(text)
        message = {"role": "assistant", "content": text}
        choices = [{"index": 0, "message": message, "finish_reason": "stop"}]
        return http(200, json.dumps({"id": "chatcmpl-1", "model": "test-model", "choices": choices, "usage": USAGE}))

    def stats(self) -> bytes:
        twice = sum(count - 1 for count in self.answers.values())
        told = {"requests": self.requests, "answers": len(self.answers), "twice": twice, "failed": len(self.failed)}
        return http(200, json.dumps(told))


def http(status: int, body: str, *, length: int = 0, headers: str = "") -> bytes:
    data = body.encode()
    head = f"HTTP/1.1 {status} Status\r\nContent-Type: application/json\r\n{headers}"
    return f"{head}Content-Length: {length or len(data)}\r\n\r\n".encode() + data


def streamed(text: str) -> bytes:
    """A stream of events in chunks, a token for every word."""
    events = ['[{"index":0,"delta":{"role":"assistant","content":""},"finish_reason":null}]}']
    for word in re.findall(r"\S+|\s+", text):
        events.append(f'[{{"index":0,"delta":{{"content":{json.dumps(word)}}},"finish_reason":null}}]}}')
    events.append('[{"index":0,"delta":{},"finish_reason":"stop"}]}')
    events.append(f'[],"usage":{json.dumps(USAGE)}}}')
    whole = [f"data: {CHUNK}{event}\n\n".encode() for event in events] + [b"data: [DONE]\n\n"]
    body = b"".join(b"%x\r\n%s\r\n" % (len(event), event) for event in whole)
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
    return head + body + b"0\r\n\r\n"


FAULTS: list[Callable[[], bytes | None]] = [
    lambda: http(429, '{"error": {"message": "slow down"}}', headers="Retry-After: 0\r\n"),
    lambda: http(500, '{"error": {"message": "internal"}}'),
    lambda: http(503, "<html>gateway</html>"),
    lambda: http(200, '{"choices": [{"message": {"con', length=400),
    lambda: http(200, "{not json"),
    lambda: http(200, ""),
    lambda: http(200, '{"error": {"message": "engine died"}}'),
    lambda: http(200, '{"choices": []}'),
    lambda: None,
]


class Connection(asyncio.Protocol):
    """One connection, kept alive; a body that is promised longer than it is ends with the connection."""

    def __init__(self, served: Served) -> None:
        self.served = served
        self.held = b""
        self.transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self.held += data
        head, blank, rest = self.held.partition(b"\r\n\r\n")
        if not blank:
            return
        found = LENGTH.search(head)
        length = int(found[1]) if found else 0
        if len(rest) < length:
            return
        self.held = rest[length:]
        if head.startswith(b"GET /stats"):
            self.send(self.served.stats())
        elif head.startswith(b"GET"):
            self.send(http(200, '{"object": "list", "data": [{"id": "test-model", "max_model_len": 8192}]}'))
        else:
            asyncio.get_running_loop().call_later(self.served.latency, self.send, self.served.reply(rest[:length]))

    def send(self, reply: bytes | None) -> None:
        if reply is None:
            self.transport.abort()
        elif not self.transport.is_closing():
            self.transport.write(reply)
            if b"Content-Length: 400" in reply:
                self.transport.close()


async def serve(served: Served, port: int) -> None:
    server = await asyncio.get_running_loop().create_server(lambda: Connection(served), "127.0.0.1", port, backlog=2048)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--port", type=int, default=0, help="0 for a free one, which is printed")
    parser.add_argument("--no-stream", action="store_true", help="answer in one document, whatever is asked for")
    parser.add_argument("--faults", type=float, default=0.05, help="share of requests that first fail once")
    parser.add_argument("--latency", type=float, default=0.05, help="seconds before an answer")
    options = parser.parse_args()
    asyncio.run(
        serve(Served(stream=not options.no_stream, faults=options.faults, latency=options.latency), options.port)
    )


if __name__ == "__main__":
    main()
