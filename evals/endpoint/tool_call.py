"""Tries whether an endpoint gives tool calls as tool calls: without its server's parser every agent scores 0."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from quantgate.evals.contract.fault import Fault
from quantgate.evals.endpoint.client import Endpoint, RetryPolicy
from quantgate.evals.endpoint.failures import Refusal
from quantgate.evals.errors import EndpointUnreachable, RequestRefused
from quantgate.evals.text import excerpt

FLAGS = (
    "serve with vLLM's --enable-auto-tool-choice --tool-call-parser NAME, SGLang's --tool-call-parser NAME, or "
    "llama.cpp's --jinja"
)
"""What makes the common servers read tool calls out of a model's text."""

PROBE_RETRY = RetryPolicy(tries=4, total_s=60.0)
_TRIES = 3
_SHOWN = 300
_DEADLINE_S = 300.0
_WEATHER = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "Tells the weather of a city.",
        "parameters": {
            "type": "object",
            "properties": {"city": {"type": "string", "description": "The city's name."}},
            "required": ["city"],
        },
    },
}
_QUESTION = "What is the weather in Paris? Call the function get_weather to find out; do not answer yourself."
_MARKS = (
    "<tool_call",
    "[TOOL_CALLS]",
    "<function",
    "<|tool",
    "<|python_tag|>",
    '"name": "get_weather"',
    "get_weather(",
)


@dataclass(frozen=True, slots=True)
class ToolProbe:
    """Whether a tool call came, and what to say of it."""

    works: bool
    text: str


async def try_tool_call(endpoint: Endpoint, extra_body: Mapping[str, Any] | None = None) -> ToolProbe:
    """Ask for a tool call, up to three times, for a model may choose to answer in words.

    Raises
    ------
    EndpointUnreachable
        When nothing but faults comes.
    """
    said = ""
    for attempt in range(_TRIES):
        body = {
            "messages": [{"role": "user", "content": _QUESTION}],
            "tools": [_WEATHER],
            "tool_choice": "auto",
            "temperature": 0.0 if attempt == 0 else 0.7,
            "max_tokens": 2048,
            "seed": attempt,
            **(extra_body or {}),
        }
        try:
            probe = _read(await endpoint.complete(body, _DEADLINE_S))
        except Refusal as refusal:
            return _without(f"a request with tools is refused with {refusal.said}")
        except Fault as fault:
            if "tool" in str(fault).lower() or "jinja" in str(fault).lower():
                return _without(f"a request with tools fails: {fault}")
            raise EndpointUnreachable(
                f"a request with tools could not be tried at {endpoint.shown_url}: {fault}"
            ) from None
        if probe.works:
            return probe
        said = said or probe.text
    return ToolProbe(False, said)


async def tried_tool_call(endpoint: Endpoint, extra_body: Mapping[str, Any] | None = None) -> ToolProbe:
    """As `try_tool_call`; where nothing but faults comes, that is what is told."""
    try:
        return await try_tool_call(endpoint, extra_body)
    except EndpointUnreachable as error:
        return ToolProbe(False, str(error))


async def require_tools(endpoint: Endpoint, whose: str, extra_body: Mapping[str, Any] | None = None) -> None:
    """See that an endpoint answers with a tool call.

    Raises
    ------
    RequestRefused
        When it does not; says whose endpoint it is and which flag is missing.
    EndpointUnreachable
        When nothing but faults comes.
    """
    probe = await try_tool_call(endpoint, extra_body)
    if not probe.works:
        raise RequestRefused(
            f"{whose} ({endpoint.shown_url}) gives no tool calls, so every score would be 0: {probe.text}"
        )


def _read(body: str) -> ToolProbe:
    try:
        message = json.loads(body)["choices"][0]["message"]
        calls = message.get("tool_calls") or []
        text = message.get("content") or ""
    except (ValueError, KeyError, TypeError, IndexError, AttributeError, RecursionError):
        return _without(f"the answer has no readable tool call: {excerpt(body, _SHOWN)}")
    try:
        functions = [(call["function"]["name"], json.loads(call["function"]["arguments"])) for call in calls]
    except (ValueError, KeyError, TypeError, IndexError, AttributeError, RecursionError):
        return _without(f"the answer has no readable tool call: {excerpt(json.dumps(calls), _SHOWN)}")
    if functions:
        name, arguments = functions[0]
        return ToolProbe(True, f"answered with a call of {excerpt(str(name))}({excerpt(json.dumps(arguments))})")
    if any(mark in str(text) for mark in _MARKS):
        return _without(f"The tool call came as text: {excerpt(str(text), _SHOWN)}")
    shown = excerpt(str(text)) or "nothing"
    return _without(f"Asked {_TRIES} times for a tool call, the model said: {shown}")


def _without(what: str) -> ToolProbe:
    """What was seen comes first, for it tells more than the advice."""
    return ToolProbe(False, f"{what} Mend: {FLAGS}" if what[-1:] in ".!?" else f"{what}. Mend: {FLAGS}")
