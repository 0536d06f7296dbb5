"""Tries whether an endpoint does what the OpenAI-compatible API says, one check after the other."""

from __future__ import annotations

import json
import math
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace
from typing import Any

from quantgate.evals.contract.fault import Fault
from quantgate.evals.contract.records import Status
from quantgate.evals.endpoint.client import Endpoint, RetryPolicy
from quantgate.evals.endpoint.failures import MalformedReply, Refusal
from quantgate.evals.endpoint.listing import NoListing
from quantgate.evals.endpoint.overflow import is_context_overflow
from quantgate.evals.endpoint.reply import Reply, read_reply
from quantgate.evals.endpoint.served import served_model
from quantgate.evals.endpoint.tool_call import tried_tool_call
from quantgate.evals.runs import conformance_types as checks
from quantgate.evals.runs.chosen_model import choose_model
from quantgate.evals.runs.conformance_types import Check, Checked, Outcome
from quantgate.evals.runs.endpoint import endpoint_of
from quantgate.evals.settings.run import DoctorConfig
from quantgate.evals.text import excerpt

_RETRY = RetryPolicy(tries=2)
_DEADLINE_S = 300.0
_BUDGET, _SMALL_BUDGET = 32, 8
_MANY_TOKENS = 1 << 18
"""No prompt of more tokens is sent to see how it is refused."""
_CHARACTERS_OF_TOKEN = 24
"""More characters than any usual token has on average."""

_STORY = "Tell a story of a lighthouse and a small boat. Begin at once."
_LONG_STORY = "Tell a very long story of a lighthouse and a small boat. Begin at once and do not stop."
_THINK = "What is 2 + 3? Think first, then answer in one short sentence."
_OBJECT = "Describe Paris as a JSON object with the keys city and country. Answer with the JSON object alone."

Seen = tuple[Outcome, str]


@dataclass(frozen=True, slots=True)
class _Server:
    """The endpoint, asked for whole answers and for streamed ones; `window` is its context in tokens, where told."""

    whole: Endpoint
    streamed: Endpoint
    extra_body: Mapping[str, Any]
    window: int | None
    held: dict[str, list[Reply]] = field(default_factory=dict)
    """Answers that several checks look at."""

    async def greedy(self) -> list[Reply]:
        """Three answers to one question at temperature 0."""
        if "greedy" not in self.held:
            self.held["greedy"] = [await self.reply(_STORY) for _ in range(3)]
        return self.held["greedy"]

    async def streamed_one(self) -> Reply:
        """The same once more, streamed."""
        if "streamed" not in self.held:
            self.held["streamed"] = [await self.reply(_STORY, streamed=True)]
        return self.held["streamed"][0]

    async def drawn(self) -> list[str]:
        """What five answers at temperature 1 say, the first three of one seed."""
        if "drawn" not in self.held:
            seeds = (11, 11, 11, 12, 13)
            self.held["drawn"] = [await self.reply(_STORY, temperature=1.0, seed=seed) for seed in seeds]
        return [_said(reply) for reply in self.held["drawn"]]

    async def document(self, content: str, *, streamed: bool = False, **more: Any) -> str:
        body = {"messages": [{"role": "user", "content": content}], "temperature": 0.0, "max_tokens": _BUDGET}
        endpoint = self.streamed if streamed else self.whole
        return await endpoint.complete({**body, **more, **self.extra_body}, _DEADLINE_S)

    async def reply(self, content: str, *, streamed: bool = False, **more: Any) -> Reply:
        return read_reply(await self.document(content, streamed=streamed, **more))


async def conformance(config: DoctorConfig) -> AsyncIterator[Checked]:
    """Try one check after the other on an endpoint; none where it is not known which model to ask for.

    A request that is refused is one that is not supported; one that fails, or is answered otherwise than the API says,
    has failed. Where a plain request fails, too, a failure shows nothing of what was tried.

    Raises
    ------
    EndpointUnreachable, RequestRefused
        When nothing answers, or a proxy or certificate stands in the way.
    """
    async with endpoint_of(config, config.model or "") as endpoint:
        try:
            listed = await endpoint.models()
        except NoListing:
            listed = None
    model = choose_model(listed, config.model)[0]
    if model is None:
        return
    async with AsyncExitStack() as stack:
        whole, streamed = [
            await stack.enter_async_context(
                Endpoint(
                    config.base_url,
                    model,
                    api_key=config.api_key(),
                    timeout_s=config.timeout,
                    retry=_RETRY,
                    connection=replace(config.connection(), stream=stream),
                )
            )
            for stream in (False, True)
        ]
        server = _Server(whole, streamed, config.extra_body, served_model(listed, model).context_length)
        fails = await _fails_always(server)
        for check, tried in _CHECKS:
            yield await _checked(check, tried(server), fails_always=fails)


async def _fails_always(server: _Server) -> bool:
    """Whether a request that wants nothing special fails."""
    try:
        await server.greedy()
    except Fault:
        return True
    except (Refusal, MalformedReply):
        return False
    return False


async def _checked(check: Check, trying: Awaitable[Seen], *, fails_always: bool) -> Checked:
    try:
        outcome, seen = await trying
    except Refusal as refusal:
        outcome, seen = Outcome.NOT_SUPPORTED, f"refused with {refusal.said}"
    except Fault as fault:
        outcome = Outcome.UNKNOWN if fails_always else Outcome.FAIL
        seen = f"{fault}; a plain request fails, too" if fails_always else str(fault)
    except MalformedReply as error:
        outcome, seen = Outcome.FAIL, str(error)
    return Checked(check, outcome, excerpt(seen, 400))


async def _system(server: _Server) -> Seen:
    messages = [{"role": "system", "content": "You answer in one short sentence."}, {"role": "user", "content": _THINK}]
    reply = await server.reply("", messages=messages)
    if not _said(reply):
        return Outcome.FAIL, "a request with a system message is answered without text"
    bare = await server.reply(_THINK)
    ours, theirs = _count(reply, "prompt_tokens"), _count(bare, "prompt_tokens")
    if ours is not None and ours == theirs:
        return Outcome.FAIL, f"the prompt has {ours:,} tokens with the system message and without it: it is left out"
    return Outcome.PASS, "taken"


async def _greedy(server: _Server) -> Seen:
    first, again, third = [_said(reply) for reply in await server.greedy()]
    if again != third:
        return Outcome.FAIL, f"three answers at temperature 0 differ: {_parting(again, third)}"
    if first != again:
        return Outcome.PASS, "answers at temperature 0 are the same from the second one on (a prompt cache)"
    return Outcome.PASS, "three answers at temperature 0 are the same"


async def _stream(server: _Server) -> Seen:
    _, again, whole = await server.greedy()
    streamed = await server.streamed_one()
    if _said(whole) == _said(streamed) and whole.finish_reason == streamed.finish_reason:
        return Outcome.PASS, "the same text and finish_reason, streamed and whole"
    if _said(again) != _said(whole):
        return Outcome.UNKNOWN, "greedy answers differ from one another, streamed or not"
    if _said(whole) != _said(streamed):
        return Outcome.FAIL, f"the streamed text is another one: {_parting(_said(whole), _said(streamed))}"
    return Outcome.FAIL, f"finish_reason is {whole.finish_reason}, and streamed {streamed.finish_reason}"


async def _usage(server: _Server) -> Seen:
    whole, streamed = (await server.greedy())[-1], await server.streamed_one()
    prompt, completion, total = (_count(whole, name) for name in ("prompt_tokens", "completion_tokens", "total_tokens"))
    if prompt is None or completion is None:
        return Outcome.NOT_SUPPORTED, "prompt and completion tokens are not told"
    length = len(_said(whole))
    if not prompt > 0 or not length / _CHARACTERS_OF_TOKEN <= completion <= max(length, _BUDGET) + 2:
        return Outcome.FAIL, f"{prompt:,} prompt and {completion:,} completion tokens are told of {length:,} characters"
    if total is not None and total < prompt + completion:
        return Outcome.FAIL, f"{total:,} tokens in all are less than {prompt:,} + {completion:,}"
    told = _count(streamed, "prompt_tokens"), _count(streamed, "completion_tokens")
    if told == (None, None):
        return Outcome.NOT_SUPPORTED, f"told of whole answers ({prompt:,} and {completion:,}), not of streamed ones"
    if told[0] != prompt or (_said(whole) == _said(streamed) and told[1] != completion):
        return (
            Outcome.FAIL,
            f"{prompt:,} and {completion:,} tokens, and streamed {told[0]} and {told[1]}",
        )
    return Outcome.PASS, f"{prompt:,} prompt and {completion:,} completion tokens, streamed and whole"


async def _budget(server: _Server) -> Seen:
    reply = await server.reply(_LONG_STORY, max_tokens=_SMALL_BUDGET)
    told, said = _count(reply, "completion_tokens"), _said(reply)
    shown = f"{told} tokens told, {len(said):,} characters, finish_reason {reply.finish_reason}"
    if (told is not None and told > _SMALL_BUDGET + 1) or len(said) > _CHARACTERS_OF_TOKEN * _SMALL_BUDGET:
        return Outcome.FAIL, f"more than the {_SMALL_BUDGET} tokens asked: {shown}"
    if reply.status is Status.TRUNCATED:
        return Outcome.PASS, f"cut at {_SMALL_BUDGET} tokens, and finish_reason says so"
    longer = await server.reply(_LONG_STORY)
    if len(_said(longer)) > len(said):
        return Outcome.FAIL, f"cut at {_SMALL_BUDGET} tokens and told as complete: {shown}"
    return Outcome.UNKNOWN, f"the answer ended by itself: {shown}"


async def _stop(server: _Server) -> Seen:
    whole = (await server.greedy())[-1].response or ""
    words = [word for word in whole[len(whole) // 4 :].split()[1:-1] if len(word) > 2]
    if not words:
        return Outcome.UNKNOWN, "the answer is too short to be stopped in its midst"
    before, word, _ = whole.partition(words[0])
    stopped = (await server.reply(_STORY, stop=[word])).response or ""
    if stopped.rstrip() == before.rstrip():
        return Outcome.PASS, f"stopped before {word!r}"
    if stopped.rstrip() == f"{before}{word}":
        return Outcome.FAIL, f"the stop string {word!r} is part of the answer"
    if word in stopped:
        return Outcome.FAIL, f"not stopped at {word!r}"
    return Outcome.UNKNOWN, "greedy answers differ from one another"


async def _seed(server: _Server) -> Seen:
    first, again, third, *others = await server.drawn()
    if again != third:
        return Outcome.FAIL, f"one seed gave two answers at temperature 1: {_parting(again, third)}"
    if len({again, *others}) == 1:
        return Outcome.UNKNOWN, "the answer stays the same at temperature 1, whatever the seed"
    late = "" if first == again else ", from the second answer on (a prompt cache)"
    return Outcome.PASS, f"one seed repeats its answer, another gives another{late}"


async def _temperature(server: _Server) -> Seen:
    if len(set(await server.drawn())) == 1:
        return Outcome.FAIL, "answers at temperature 1 are the same for three seeds"
    return Outcome.PASS, "answers at temperature 1 differ"


async def _n(server: _Server) -> Seen:
    choices = json.loads(await server.document(_STORY, n=2, temperature=1.0)).get("choices")
    count = len(choices) if isinstance(choices, list) else 0
    return (Outcome.PASS if count == 2 else Outcome.NOT_SUPPORTED), f"{count} of 2 choices"


async def _logprobs(server: _Server) -> Seen:
    text = await server.document(_STORY, logprobs=True, top_logprobs=5)
    told = json.loads(text)["choices"][0].get("logprobs")
    each = told.get("content") if isinstance(told, Mapping) else None
    if not isinstance(each, list) or not each:
        return Outcome.NOT_SUPPORTED, "none are told"
    for token in each:
        tops = [top["logprob"] for top in token.get("top_logprobs") or ()]
        logprob = token["logprob"]
        if not all(_is_logprob(value) for value in (logprob, *tops)):
            return Outcome.FAIL, f"{excerpt(json.dumps(token))} has log-probabilities that are none"
        if tops and logprob < max(tops) - 1e-3:
            return Outcome.FAIL, f"a greedy token is not the likeliest: {excerpt(json.dumps(token))}"
    told_tokens = _count(read_reply(text), "completion_tokens")
    if told_tokens is not None and abs(told_tokens - len(each)) > 2:
        return Outcome.FAIL, f"of {len(each):,} tokens, and {told_tokens:,} were generated"
    tops_told = max(len(token.get("top_logprobs") or ()) for token in each)
    return Outcome.PASS, f"of {len(each):,} tokens, with the {tops_told} likeliest of each"


async def _json(server: _Server) -> Seen:
    reply = await server.reply(_OBJECT, response_format={"type": "json_object"}, max_tokens=4 * _BUDGET)
    try:
        is_object = isinstance(json.loads(reply.response or ""), dict)
    except (ValueError, RecursionError):
        is_object = False
    if is_object:
        return Outcome.PASS, "response_format json_object gives a JSON object"
    if reply.status is Status.TRUNCATED and (reply.response or "").lstrip().startswith("{"):
        return Outcome.UNKNOWN, "a JSON object is begun, and not ended within the tokens asked"
    return Outcome.FAIL, f"response_format json_object gives {excerpt(reply.response or 'nothing')!r}"


async def _reasoning(server: _Server) -> Seen:
    reply = read_reply(text := await server.document(_THINK, max_tokens=16 * _BUDGET))
    content = json.loads(text)["choices"][0]["message"].get("content")
    if isinstance(content, str) and any(mark in content for mark in ("<think", "</think", "<|channel|>")):
        return Outcome.FAIL, f"thoughts are in the content, which begins {excerpt(content)!r}"
    if reply.reasoning:
        return Outcome.PASS, f"{len(reply.reasoning):,} characters of thoughts in a field of their own"
    return Outcome.NOT_SUPPORTED, "no thoughts are sent, in the content neither: the model thinks none aloud"


async def _tools(server: _Server) -> Seen:
    probe = await tried_tool_call(server.whole, server.extra_body)
    return (Outcome.PASS if probe.works else Outcome.NOT_SUPPORTED), probe.text


async def _overlong(server: _Server) -> Seen:
    window = server.window
    if window is None or window > _MANY_TOKENS:
        return (
            Outcome.UNKNOWN,
            "the context's length is not told" if window is None else "the context is too long to fill",
        )
    try:
        reply = await server.reply("lighthouse " * (window + _BUDGET), max_tokens=1)
    except Refusal as refusal:
        if is_context_overflow(refusal.body):
            return Outcome.PASS, f"refused with {refusal.said}"
        return Outcome.FAIL, f"refused, but not for its length: {refusal.said}"
    prompt = _count(reply, "prompt_tokens")
    if reply.status is Status.TRUNCATED and reply.refused:
        return Outcome.PASS, f"refused: {reply.error}"
    counted = "" if prompt is None else f", its prompt counted as {prompt:,} tokens"
    return Outcome.FAIL, f"more than {window:,} tokens are answered as if they fitted{counted}"


async def _unknown_parameter(server: _Server) -> Seen:
    try:
        await server.reply(_STORY, max_tokens=_SMALL_BUDGET, quantgate_no_such_parameter=1)
    except Refusal as refusal:
        return Outcome.PASS, f"refused with {refusal.said}"
    return Outcome.NOT_SUPPORTED, "ignored"


_CHECKS: tuple[tuple[Check, Callable[[_Server], Awaitable[Seen]]], ...] = (
    (checks.SYSTEM, _system),
    (checks.GREEDY, _greedy),
    (checks.STREAM, _stream),
    (checks.USAGE, _usage),
    (checks.BUDGET, _budget),
    (checks.STOP, _stop),
    (checks.TEMPERATURE, _temperature),
    (checks.SEED, _seed),
    (checks.N, _n),
    (checks.LOGPROBS, _logprobs),
    (checks.JSON, _json),
    (checks.REASONING, _reasoning),
    (checks.TOOLS, _tools),
    (checks.OVERLONG, _overlong),
    (checks.UNKNOWN_PARAMETER, _unknown_parameter),
)


def _said(reply: Reply) -> str:
    return (reply.reasoning or "") + (reply.response or "")


def _count(reply: Reply, name: str) -> int | None:
    value = (reply.usage or {}).get(name)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _is_logprob(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value) and value <= 1e-6


def _parting(one: str, other: str) -> str:
    """Where two texts part."""
    at = next(
        (place for place, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other))
    )
    return f"from character {at:,} on {excerpt(one[at:], 30)!r} and {excerpt(other[at:], 30)!r}"
