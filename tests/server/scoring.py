"""Servers that tell log-probabilities of a text's tokens, each in its own dialect, and wrongly where a test says so."""

from __future__ import annotations

import asyncio
import codecs
import contextlib
import json
import re
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from tests.server import language

Spoil = Callable[[str, dict[str, Any]], Any]
"""Given the page and the healthy answer: what is sent instead; a `web.Response` as it is."""

VLLM, SGLANG, ECHO, LLAMA, OLD_LLAMA, TEXT, CHAT = "vllm", "sglang", "echo", "llama", "old_llama", "text", "chat"


def as_it_is(page: str, answer: dict[str, Any]) -> dict[str, Any]:
    return answer


@dataclass
class Scoring:
    """A server of one dialect; `flavour` makes another model, `by_letter` another tokenizer, `most` caps the tops."""

    dialect: str
    flavour: str = ""
    spoil: Spoil = as_it_is
    most: int = 20
    by_letter: bool = False
    slots: int = 1
    written: str = ""
    """What a chat answers, token by token of its letters."""
    asked: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    base_url: str = ""

    def app(self) -> web.Application:
        application = web.Application()
        application.router.add_get("/v1/models", self._models)
        application.router.add_get("/props", self._props)
        application.router.add_post("/{page:.+}", self._answer)
        return application

    async def _models(self, _: web.Request) -> web.Response:
        return web.json_response({"data": [{"id": "m", "max_model_len": 4096}]})

    async def _props(self, _: web.Request) -> web.Response:
        return web.json_response({"total_slots": self.slots})

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        page, body = request.path, await request.json()
        self.asked.append((page, body))
        told = self._told(page, body)
        if told is None:
            return web.Response(status=404, text="not found")
        if isinstance(told, web.Response):
            return told
        spoiled = self.spoil(page, told)
        if isinstance(spoiled, web.Response):
            return spoiled
        return web.Response(text=json.dumps({"model": "m", **spoiled}), content_type="application/json")

    def _told(self, page: str, body: dict[str, Any]) -> dict[str, Any] | web.Response | None:
        llama = self.dialect in (LLAMA, OLD_LLAMA)
        if page == "/tokenize" and self.dialect not in (TEXT, CHAT):
            return self._tokens(body, "content" if llama else "prompt")
        if page == "/apply-template" and llama:
            return {"prompt": _template(body["messages"])}
        if page == "/v1/chat/completions":
            return self._chat(body)
        if page == "/v1/completions" and self.dialect in (VLLM, ECHO, TEXT):
            return self._completion(body)
        if page == "/generate" and self.dialect == SGLANG:
            return self._generate(body)
        if page == "/completion" and llama:
            return self._llama(body)
        return None

    def _tokens(self, body: dict[str, Any], name: str) -> dict[str, Any]:
        text = _template(body["messages"]) if "messages" in body and self.dialect == VLLM else body.get(name, "")
        if body.get("with_pieces"):
            return {"tokens": [{"id": token, "piece": _piece(token)} for token in self._ids(text)]}
        return {"tokens": self._ids(text)}

    def _ids(self, text: str) -> list[int]:
        return [id for part in (text if self.by_letter else [text]) for id in language.encode(part)]

    def _after(self, ids: list[int], place: int) -> list[tuple[int, float]]:
        """The likeliest tokens at a place, the likeliest first."""
        after = language.logprobs_after(tuple(ids[max(0, place - 2) : place]), self.flavour)
        return sorted(enumerate(after), key=lambda each: -each[1])

    def _refused(self, tops: int) -> web.Response | None:
        if tops <= self.most:
            return None
        said = f"requested logprobs of {tops}, which is greater than max allowed: {self.most}"
        return web.json_response({"error": {"message": said}}, status=400)

    def _completion(self, body: dict[str, Any]) -> dict[str, Any] | web.Response:
        ids = self._ids(body["prompt"]) if isinstance(body["prompt"], str) else body["prompt"]
        tops = body.get("prompt_logprobs") or body.get("logprobs") or 0
        if (refused := self._refused(tops)) is not None:
            return refused
        choice: dict[str, Any] = {"index": 0, "text": "x", "finish_reason": "length", "logprobs": None}
        if body.get("prompt_logprobs") and self.dialect == VLLM:
            places: list[dict[str, Any] | None] = [None]
            for place in range(1, len(ids)):
                after = self._after(ids, place)
                values = dict(after)
                told = {ids[place]: values[ids[place]], **dict(after[:tops])}
                places.append({str(token): {"logprob": value, "decoded_token": "?"} for token, value in told.items()})
            choice["prompt_logprobs"] = places
        if body.get("echo"):
            choice["logprobs"] = self._echoed(ids, tops)
        return {"choices": [choice], "usage": {"prompt_tokens": len(ids), "completion_tokens": 1}}

    def _echoed(self, ids: list[int], tops: int) -> dict[str, Any]:
        each: list[float | None] = [None]
        around: list[dict[str, float] | None] = [None]
        for place in range(1, len(ids) + 1):
            after = self._after(ids, place)
            token = ids[place] if place < len(ids) else after[0][0]
            each.append(dict(after)[token])
            around.append({language.VOCABULARY[name]: value for name, value in [*after[:tops], (token, each[-1])]})
        return {
            "tokens": [*(language.VOCABULARY[token] for token in ids), "x"],
            "token_logprobs": each,
            "top_logprobs": around,
        }

    def _generate(self, body: dict[str, Any]) -> dict[str, Any]:
        ids, begins, tops = body["input_ids"], body["logprob_start_len"], body["top_logprobs_num"]
        each: list[list[Any]] = [[None, ids[begins], None]]
        around: list[list[list[Any]] | None] = [None]
        for place in range(begins + 1, len(ids)):
            after = self._after(ids, place)
            each.append([dict(after)[ids[place]], ids[place], None])
            around.append([[value, token, None] for token, value in after[:tops]])
        return {"text": "x", "meta_info": {"input_token_logprobs": each, "input_top_logprobs": around}}

    def _llama(self, body: dict[str, Any]) -> dict[str, Any] | web.Response:
        ids, tops = list(body["prompt"]), body["n_probs"]
        forced = [int(token) for token in re.findall(r"<\[(\d+)\]>", body.get("grammar", ""))]
        if forced and self.dialect == OLD_LLAMA:
            return web.json_response({"error": {"message": "failed to parse grammar"}}, status=400)
        wanted = forced or [body["logit_bias"][0][0]]
        told, decoder = [], codecs.getincrementaldecoder("utf-8")("replace")
        if any(map(_code, forced)):
            return web.json_response({"error": {"message": "Unexpected empty grammar stack"}}, status=500)
        for token in wanted[: body["n_predict"]]:
            after = self._after(ids, len(ids))
            top = [{"id": name, "token": "?", "logprob": value} for name, value in after[:tops]]
            ids.append(token)
            decoder.decode(_bytes(token))
            if not decoder.getstate()[0]:
                told.append({"id": token, "token": "?", "logprob": dict(after)[token], "top_logprobs": top})
        return {"content": "x", "completion_probabilities": told}

    def _chat(self, body: dict[str, Any]) -> dict[str, Any] | web.Response:
        if (refused := self._refused(body.get("top_logprobs") or 0)) is not None:
            return refused
        letters = self.written[: body["max_tokens"]]
        told = [
            {
                "token": letter,
                "bytes": list(letter.encode()),
                "logprob": -0.25,
                "top_logprobs": [
                    {"token": letter, "bytes": list(letter.encode()), "logprob": -0.25},
                    {"token": "~", "bytes": [126], "logprob": -2.5},
                ],
            }
            for letter in letters
        ]
        choice: dict[str, Any] = {"message": {"role": "assistant", "content": letters}, "index": 0}
        choice["finish_reason"] = "stop" if letters == self.written else "length"
        choice["logprobs"] = {"content": told} if self.dialect == CHAT and body.get("logprobs") else None
        return {"choices": [choice], "usage": {"prompt_tokens": 5, "completion_tokens": len(letters)}}


def _code(token: int) -> int:
    """The byte that a token is a part of a character by; 0 for one that is none."""
    text = language.VOCABULARY[token]
    return ord(text) if len(text) == 1 and ord(text) >= 0x80 else 0


def _bytes(token: int) -> bytes:
    return bytes([_code(token)]) if _code(token) else language.VOCABULARY[token].encode()


def _piece(token: int) -> str | list[int]:
    return list(_bytes(token)) if _code(token) else language.VOCABULARY[token]


def _template(messages: list[dict[str, str]]) -> str:
    return "".join(f"{language.BEGIN}{each['role']}: {each['content']}{language.END}" for each in messages) + "a: "


@contextlib.contextmanager
def scoring(dialect: str, **options: Any) -> Iterator[Scoring]:
    """Serve in a thread on a free loopback port for the time of the context."""
    server = Scoring(dialect, **options)
    ready, box = threading.Event(), []

    async def serve() -> None:
        stop = asyncio.Event()
        box.extend([asyncio.get_running_loop(), stop])
        runner = web.AppRunner(server.app(), shutdown_timeout=0.1)
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
        loop, stop = box
        loop.call_soon_threadsafe(stop.set)
        thread.join(10)
