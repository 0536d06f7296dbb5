"""Reads the tool calls of a message, in whatever form a server writes them; what the model wrote stays as it is."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from quantgate.evals.contract.tool_calls import ToolCall
from quantgate.evals.secrets import redacted

_TOOL_BODIES = ("tools", "functions")
"""What a request that offers tools has in its body: by OpenAI's name, and by the one before it."""

_ARGUMENTS = ("arguments", "input", "parameters")
_CALLING_PARTS = ("tool_use", "tool_call", "function_call", "tool-call")
"""Anthropic's form of a call, among the parts of the content, and that of proxies of it."""


def offers_tools(body: Mapping[str, Any]) -> bool:
    """Whether a request's body lets the model call tools, so that its reply is a `ToolReply`."""
    return any(body.get(name) for name in _TOOL_BODIES)


def read_calls(message: Mapping[str, Any]) -> tuple[ToolCall, ...] | None:
    """The calls of a message, without the keys that it repeats; `None` where what should be calls is none.

    They are taken from `tool_calls`, from the `function_call` that was before it, or from parts of the content.
    Arguments are the model's own text, well formed or not; where a server has parsed them, they are JSON anew.
    """
    told = message.get("tool_calls") or message.get("function_call") or _calling_parts(message.get("content"))
    if isinstance(told, Mapping):
        told = [told]
    if not isinstance(told, list) or not all(isinstance(call, Mapping | None) for call in told):
        return None
    return tuple(_call(call) for call in told if call is not None)


def _calling_parts(content: object) -> list[Any]:
    parts = content if isinstance(content, list) else [content]
    return [part for part in parts if isinstance(part, Mapping) and str(part.get("type")) in _CALLING_PARTS]


def _call(call: Mapping[str, Any]) -> ToolCall:
    function = next((call[name] for name in ("function", "custom") if isinstance(call.get(name), Mapping)), call)
    name = function.get("name", function.get("function"))
    arguments = next((function[name] for name in _ARGUMENTS if function.get(name) is not None), "")
    text = arguments if isinstance(arguments, str) else json.dumps(arguments, ensure_ascii=False)
    return ToolCall(redacted(name) if isinstance(name, str) else "", redacted(text))
