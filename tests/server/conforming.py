"""A rule of a server that does all that the API promises, but for what a test has it do otherwise."""

from __future__ import annotations

import json
import random
from typing import Any

from tests.server.events import chunk, event, split_words
from tests.server.served import Reply, Rule, error_body

WINDOW = 8192
_WORDS = ("lamp", "boat", "wave", "gull", "rock", "cold", "grey", "night", "turned", "rolled", "cried", "over", "far")


def refused(message: str) -> Reply:
    return Reply(status=400, body=error_body(message, "invalid_request_error"))


def conforming(*faults: str) -> Rule:
    """The rule; `faults` are names of checks, each of which it fails in a way of its own."""
    asked = 0

    def rule(body: dict[str, Any]) -> Reply:
        nonlocal asked
        asked += 1
        told = body["messages"]
        if "system" in faults:
            told = [message for message in told if message["role"] != "system"]
        prompt = sum(len(split_words(message["content"])) + 4 for message in told)
        if prompt > WINDOW and "overlong" not in faults:
            return refused(f"This model's maximum context length is {WINDOW} tokens. However, you requested {prompt}")
        if "quantgate_no_such_parameter" in body and "unknown" not in faults:
            return refused("unrecognized field")
        if body.get("n", 1) > 1 and "n refused" in faults:
            return refused("n must be 1")
        return _answer(body, prompt, faults, asked)

    return rule


def _answer(body: dict[str, Any], prompt: int, faults: tuple[str, ...], asked: int) -> Reply:
    random_state = random.Random(0)
    if body["temperature"] and "temperature" not in faults:
        random_state = random.Random(asked if "seed" in faults else body.get("seed"))
    elif "greedy" in faults:
        random_state = random.Random(asked)
    tokens = [f" {random_state.choice(_WORDS)}{place}" for place in range(40)]
    reasoning, calls = "Let me think.", None
    if "response_format" in body:
        tokens = [" Paris is a city."] if "json" in faults else ['{"city": "Paris", "country": "France"}']
    if "tools" in body and "tools" not in faults:
        function = {"name": "get_weather", "arguments": '{"city": "Paris"}'}
        calls = [{"id": "1", "type": "function", "function": function}]
    if "reasoning" in faults:
        reasoning, tokens = "", ["<think>Let me think.", *tokens]
    for word in body.get("stop") or () if "stop" not in faults else ():
        tokens = next((tokens[:end] for end, token in enumerate(tokens) if word in token), tokens)
    reason = "stop"
    if len(tokens) > body["max_tokens"] and "max_tokens" not in faults:
        tokens, reason = tokens[: body["max_tokens"]], "stop" if "cut unsaid" in faults else "length"
    usage = {"prompt_tokens": prompt, "completion_tokens": len(tokens), "total_tokens": prompt + len(tokens)}
    usage |= {"completion_tokens": 1} if "usage" in faults else {}
    content = "".join(tokens)
    if body.get("stream"):
        shown = tokens[:-1] if "stream" in faults else tokens
        events = [event(chunk({"reasoning_content": reasoning}))] if reasoning else []
        events += [*(event(chunk({"content": token})) for token in shown), event(chunk({}, reason))]
        counted = usage | ({"prompt_tokens": prompt + 3} if "usage of streams" in faults else {})
        return Reply(stream=[*events, event({**chunk({}), "choices": [], "usage": counted}), event("[DONE]")])
    message = {"role": "assistant", "content": content, "reasoning_content": reasoning, "tool_calls": calls}
    choice = {"message": message, "finish_reason": reason, "logprobs": None}
    if body.get("logprobs") and "logprobs" not in faults:
        likely = -0.1 if "likeliest" not in faults else -9.0
        tops = [{"token": "a", "logprob": -0.1}, {"token": "b", "logprob": -3.0}]
        choice["logprobs"] = {
            "content": [{"token": token, "logprob": likely, "top_logprobs": tops} for token in tokens]
        }
    count = 1 if "n" in faults else body.get("n", 1)
    choices = [{"index": place, **choice} for place in range(count)]
    return Reply(
        body=json.dumps({"object": "chat.completion", "model": body["model"], "choices": choices, "usage": usage})
    )
