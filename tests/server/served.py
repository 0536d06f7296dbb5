"""An OpenAI-compatible server on loopback: answers by a rule, and fails, stalls or lies as a test stages it.

Run in a thread of the test (`served_model`) or as a process (`python -m tests.server.served --port 8000 ...`).
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import hashlib
import json
import random
import ssl
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from aiohttp import web

from tests.server import language
from tests.server.events import chunk, event, split_words

Rule = Callable[[dict[str, Any]], "Reply"]


@dataclass(frozen=True)
class Reply:
    """What the server answers to one request; the defaults are a healthy answer."""

    content: str | None = "The answer is 5."
    reasoning: str | None = None
    finish_reason: str = "stop"
    status: int = 200
    body: str | None = None
    headers: dict[str, str] = field(default_factory=dict)
    delay_s: float = 0.0
    reset: bool = False
    half_body: bool = False
    hang: bool = False
    until_in_flight: int = 0
    """Answer only once so many requests have been in flight together."""
    stream: list[bytes | float] | None = None
    """What is sent as a stream, whatever was asked for: bytes as they are, numbers as seconds to wait between them."""
    beside: dict[str, Any] = field(default_factory=dict)
    """What stands beside the choices, as another model or a system_fingerprint."""
    cut: bool = False
    """Whether the connection of a stream is reset at its end instead of closed."""


@dataclass
class Log:
    """What the server saw: bodies in order of arrival, answers per prompt, most requests in flight, times."""

    bodies: list[dict[str, Any]] = field(default_factory=list)
    authorizations: list[str | None] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    targets: list[str] = field(default_factory=list)
    answered: Counter[str] = field(default_factory=Counter)
    in_flight: int = 0
    most_in_flight: int = 0
    first_request: float | None = None
    last_answer: float | None = None


def prompt_key(body: dict[str, Any]) -> str:
    """One prompt and seed: what a request is the same as another by."""
    text = json.dumps([body.get("messages") or body.get("prompt"), body.get("seed")], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


class ServedModel:
    """The server; `rule` decides each reply from the request's body, `scores` those at `/v1/completions`.

    Without `scores` it chats only; `tokenizes` says whether it has `/tokenize` beside it, `streams` whether it streams.
    """

    def __init__(
        self,
        rule: Rule,
        model: str = "test-model",
        models: Any = None,
        scores: Rule | None = None,
        tokenizes: bool = True,
        streams: bool = False,
    ) -> None:
        self.rule = rule
        self.scores = scores
        self.tokenizes = tokenizes
        self.streams = streams
        self.model = model
        self.models = models if models is not None else [{"id": model, "object": "model", "max_model_len": 8192}]
        self.log = Log()
        self.base_url = ""
        self._released = asyncio.Event()
        self._together = asyncio.Event()

    def app(self) -> web.Application:
        application = web.Application()
        application.router.add_get("/v1/models", self._list)
        application.router.add_post("/v1/chat/completions", self._chat)
        application.router.add_get("/stats", self._stats)
        if self.scores is not None:
            application.router.add_post("/v1/completions", self._complete)
        if self.scores is not None and self.tokenizes:
            application.router.add_post("/tokenize", self._tokenize)
            application.router.add_get("/tokenizer_info", self._tokenizer_info)
        return application

    async def _list(self, request: web.Request) -> web.Response:
        self.log.targets.append(request.raw_path)
        models = self.models() if callable(self.models) else self.models
        if isinstance(models, Reply):
            headers = {"Content-Type": "application/json", **models.headers}
            return web.Response(body=(models.body or "").encode(), status=models.status, headers=headers)
        if isinstance(models, str):
            return web.Response(text=models, content_type="text/html")
        return web.json_response({"object": "list", "data": models})

    async def _stats(self, _: web.Request) -> web.Response:
        """Seconds between the first request and the last answer, and how many there were; asking resets them."""
        log, self.log = self.log, Log()
        span = (log.last_answer or 0.0) - (log.first_request or 0.0)
        asked = [body["messages"][-1]["content"] for body in log.bodies]
        return web.json_response(
            {
                "span_s": span,
                "requests": len(log.bodies),
                "answers": sum(log.answered.values()),
                "most_in_flight": log.most_in_flight,
                "questions": asked,
            }
        )

    async def _tokenize(self, request: web.Request) -> web.Response:
        body = await request.json()
        text = "".join(f"<{each['role']}>{each['content']}" for each in body.get("messages", ())) or body.get("prompt")
        if text is None:
            return web.Response(status=400, text=error_body("prompt or messages"))
        return web.json_response({"tokens": language.encode(text)})

    async def _tokenizer_info(self, _: web.Request) -> web.Response:
        return web.json_response({"bos_token": language.BEGIN, "eos_token": language.END})

    async def _complete(self, request: web.Request) -> web.StreamResponse:
        assert self.scores is not None
        return await self._answer(request, self.scores)

    async def _chat(self, request: web.Request) -> web.StreamResponse:
        return await self._answer(request, self.rule)

    async def _answer(self, request: web.Request, rule: Rule) -> web.StreamResponse:
        log = self.log
        log.first_request = log.first_request or time.monotonic()
        body = await request.json()
        log.bodies.append(body)
        log.targets.append(request.raw_path)
        log.authorizations.append(request.headers.get("Authorization"))
        log.headers.append(dict(request.headers))
        log.in_flight += 1
        log.most_in_flight = max(log.most_in_flight, log.in_flight)
        try:
            reply = rule(body)
            if reply.hang:
                await self._released.wait()
            if log.most_in_flight >= reply.until_in_flight:
                self._together.set()
            if reply.until_in_flight:
                await self._together.wait()
            if reply.delay_s:
                await asyncio.sleep(reply.delay_s)
            if reply.reset:
                assert request.transport is not None
                request.transport.abort()
                return web.Response()
            if reply.stream is not None or (
                self.streams and body.get("stream") and reply.status == 200 and reply.body is None
            ):
                if reply.stream is None:
                    log.answered[prompt_key(body)] += 1
                    log.last_answer = time.monotonic()
                return await stream_out(request, reply.stream or completion_events(body, reply), reply)
            text = reply.body if reply.body is not None else completion(body, reply)
            if reply.half_body:
                response = web.StreamResponse(headers={"Content-Length": str(len(text.encode()))})
                await response.prepare(request)
                await response.write(text.encode()[: len(text) // 2])
                assert request.transport is not None
                request.transport.abort()
                return response
            if reply.status == 200 and reply.body is None:
                log.answered[prompt_key(body)] += 1
                log.last_answer = time.monotonic()
            headers = {"Content-Type": "application/json", **reply.headers}
            return web.Response(body=text.encode(), status=reply.status, headers=headers)
        finally:
            log.in_flight -= 1

    def release_hung(self) -> None:
        self._released.set()


def completion(body: dict[str, Any], reply: Reply) -> str:
    """A chat completion as vLLM writes it."""
    message: dict[str, Any] = {"role": "assistant", "content": reply.content}
    if reply.reasoning is not None:
        message["reasoning_content"] = reply.reasoning
    tokens = len((reply.content or "").split()) + len((reply.reasoning or "").split())
    return json.dumps(
        {
            "id": "chatcmpl-1",
            "object": "chat.completion",
            "created": 1,
            "model": body.get("model"),
            "choices": [{"index": 0, "message": message, "finish_reason": reply.finish_reason}],
            "usage": {"prompt_tokens": 10, "completion_tokens": tokens, "total_tokens": 10 + tokens},
            **reply.beside,
        }
    )


def echoing(flavour: str = "") -> Rule:
    """A rule for `/v1/completions` that tells the log-probabilities of the prompt's tokens, as vLLM does."""

    def rule(body: dict[str, Any]) -> Reply:
        assert (body["echo"], body["logprobs"], body["max_tokens"]) == (True, 1, 1)
        choices = [
            {"index": number, "text": "", "logprobs": language.echoed(ids, flavour), "finish_reason": "length"}
            for number, ids in enumerate(body["prompt"])
        ]
        return Reply(body=json.dumps({"object": "text_completion", "choices": choices}))

    return rule


async def stream_out(request: web.Request, pieces: list[bytes | float], reply: Reply) -> web.StreamResponse:
    """Send pieces as they are, each in a write of its own, as engines send their tokens."""
    response = web.StreamResponse(headers={"Content-Type": "text/event-stream", **reply.headers})
    await response.prepare(request)
    with contextlib.suppress(ConnectionError):
        for piece in pieces:
            if isinstance(piece, bytes):
                await response.write(piece)
            else:
                await asyncio.sleep(piece)
    if reply.cut:
        assert request.transport is not None
        request.transport.abort()
    return response


def completion_events(body: dict[str, Any], reply: Reply) -> list[bytes | float]:
    """The events of a healthy answer: a token for every word of thoughts and text, an end, usage where it is wanted."""
    words = [("reasoning_content", word) for word in split_words(reply.reasoning)]
    words += [("content", word) for word in split_words(reply.content)]
    beside = {"model": body.get("model"), **reply.beside}
    events: list[bytes | float] = [event(chunk({"role": "assistant", "content": ""}, **beside))]
    events += [event(chunk({name: word}, **beside)) for name, word in words]
    events.append(event(chunk({}, reply.finish_reason, **beside)))
    if (body.get("stream_options") or {}).get("include_usage"):
        counted = {"prompt_tokens": 10, "completion_tokens": len(words), "total_tokens": 10 + len(words)}
        events.append(event({**chunk({}, **beside), "choices": [], "usage": counted}))
    return [*events, event("[DONE]")]


def error_body(message: str, kind: str = "server_error") -> str:
    return json.dumps({"error": {"message": message, "type": kind}})


@contextlib.contextmanager
def served_model(
    rule: Rule, tls: ssl.SSLContext | None = None, host: str = "127.0.0.1", **options: Any
) -> Iterator[ServedModel]:
    """Serve in a thread on a free port, of the loopback unless said otherwise, for the time of the context."""
    model = ServedModel(rule, **options)
    ready, loop_box = threading.Event(), []

    async def serve() -> None:
        stop = asyncio.Event()
        loop_box.extend([asyncio.get_running_loop(), stop])
        runner = web.AppRunner(model.app(), shutdown_timeout=0.1)
        await runner.setup()
        site = web.TCPSite(runner, host, 0, ssl_context=tls)
        await site.start()
        port = runner.addresses[0][1]
        model.base_url = f"{'https' if tls else 'http'}://{host}:{port}/v1"
        ready.set()
        await stop.wait()
        model.release_hung()
        await runner.cleanup()

    thread = threading.Thread(target=asyncio.run, args=(serve(),), daemon=True)
    thread.start()
    assert ready.wait(10), "the test's server did not start"
    try:
        yield model
    finally:
        loop, stop = loop_box
        loop.call_soon_threadsafe(stop.set)
        thread.join(10)


def faults_that_heal(rule: Rule, share: float, kinds: list[Reply], seed: int = 0) -> Rule:
    """A rule that, for a share of the prompts, first answers once with a fault and then as `rule` does."""
    failed: set[str] = set()

    def faulty(body: dict[str, Any]) -> Reply:
        key = prompt_key(body)
        draw = random.Random(f"{seed}{key}")
        if draw.random() < share and key not in failed:
            failed.add(key)
            return draw.choice(kinds)
        return rule(body)

    return faulty


FAULTS = [
    Reply(status=429, body=error_body("slow down"), headers={"Retry-After": "0"}),
    Reply(status=500, body=error_body("internal")),
    Reply(status=503, body="<html>gateway</html>"),
    Reply(reset=True),
    Reply(half_body=True),
    Reply(body="{not json"),
    Reply(body=""),
    Reply(body=error_body("engine died")),
    Reply(body=json.dumps({"choices": []})),
]


HANG = Reply(hang=True)


def gsm8k_rule(answers: dict[str, str], wrong: frozenset[str], latency: Callable[[str], float] | None = None) -> Rule:
    """Answers GSM8K questions by their text, wrongly for those in `wrong`, in one of several shapes."""

    def rule(body: dict[str, Any]) -> Reply:
        question = body["messages"][-1]["content"].removeprefix("Question: ").removesuffix("\nAnswer:")
        gold = answers[question].replace(",", "")
        value = str(int(float(gold)) + 1) if question in wrong else gold
        shape = int(hashlib.sha256(question.encode()).hexdigest(), 16) % 3
        text = (f"Step by step.\n#### {value}", f"So the total is {value}", f"We get\n#### {value}")[shape]
        return Reply(text, delay_s=latency(question) if latency else 0.0)

    return rule


def lengthened(rule: Rule, words: int) -> Rule:
    """A rule whose answers have as many words before them as makes `words` in all."""
    said = ("then", "we", "add", "the", "next", "of", "them", "to", "what", "we", "have", "and", "carry", "one", "over")

    def rambling(body: dict[str, Any]) -> Reply:
        reply = rule(body)
        missing = words - len(split_words(reply.content))
        return replace(reply, content=" ".join([*(said[n % len(said)] for n in range(missing)), reply.content or ""]))

    return rambling


def main() -> None:
    """Serve GSM8K answers from a file of the published form."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--gsm8k", required=True, help="test.jsonl")
    parser.add_argument("--wrong-every", type=int, default=20, help="every n-th question is answered wrongly")
    parser.add_argument("--shift", type=int, default=0, help="where the wrong ones begin")
    parser.add_argument("--mean-latency", type=float, default=0.0, help="seconds, lognormal with sigma 0.6")
    parser.add_argument("--streams", action="store_true", help="stream answers to those who ask for it")
    parser.add_argument("--tokens", type=int, default=0, help="words of every answer; 0 for a short one")
    parser.add_argument("--faults", type=float, default=0.0, help="share of requests that first fail or hang once")
    options = parser.parse_args()
    with open(options.gsm8k, encoding="utf-8") as stream:
        rows = [json.loads(line) for line in stream]
    answers = {row["question"]: row["answer"].split("####")[-1].strip() for row in rows}
    wrong = frozenset(
        row["question"] for number, row in enumerate(rows) if (number + options.shift) % options.wrong_every == 0
    )

    def latency(question: str) -> float:
        if not options.mean_latency:
            return 0.0
        sigma = 0.6
        normal = random.Random(question).gauss(0, sigma)
        return options.mean_latency * 2.718281828 ** (normal - sigma**2 / 2)

    rule = gsm8k_rule(answers, wrong, latency)
    if options.faults:
        rule = faults_that_heal(rule, options.faults, [*FAULTS, HANG])
    if options.tokens:
        rule = lengthened(rule, options.tokens)
    model = ServedModel(rule, streams=options.streams)
    web.run_app(model.app(), host="127.0.0.1", port=options.port, print=None, access_log=None)


if __name__ == "__main__":
    main()
