"""A reply to a request with tools as it is stored in a sample's response, so that it can be graded without a model."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from quantgate.evals.errors import DataError

_BEGINS = '{"content": "'


@dataclass(frozen=True, slots=True)
class ToolCall:
    """One call as the model wrote it: `arguments` is its text, which may be no JSON at all."""

    name: str
    arguments: str


@dataclass(frozen=True, slots=True)
class ToolReply:
    """What an assistant's message says beside its thoughts: text, calls, both or neither.

    `forms` has the replies to the same request where it was asked streamed and not, the order they were asked in.
    """

    content: str
    calls: tuple[ToolCall, ...] = ()
    forms: tuple[FormReply, ...] = ()

    @property
    def said(self) -> tuple[str, tuple[ToolCall, ...]]:
        """Text and calls alone, by which two replies are the same."""
        return self.content, self.calls


@dataclass(frozen=True, slots=True)
class FormReply:
    """A reply to the same request at temperature 0, asked in one of the two forms to be compared."""

    streamed: bool
    reply: ToolReply


def write_tool_reply(reply: ToolReply) -> str:
    """The JSON object that is stored: `{"content": text, "tool_calls": [{"name": text, "arguments": text}, ...]}`.

    Where it was asked in both forms, `forms` has what came of each: the same two and `"streamed": true` or `false`.
    """
    told = _told(reply)
    if reply.forms:
        told["forms"] = [{"streamed": each.streamed, **_told(each.reply)} for each in reply.forms]
    return json.dumps(told, ensure_ascii=False)


def parse_tool_reply(text: str) -> ToolReply:
    """Read what `write_tool_reply` wrote.

    Raises
    ------
    DataError
        When it is anything else.

    Examples
    --------
    >>> parse_tool_reply('{"content": "", "tool_calls": [{"name": "now", "arguments": "{}"}]}').calls[0].name
    'now'
    """
    try:
        document = json.loads(text)
        forms = tuple(FormReply(each["streamed"] is True, _reply(each)) for each in document.get("forms", ()))
        return replace(_reply(document), forms=forms)
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        raise DataError("a stored response holds no reply to a request with tools") from None


def shown_reply(response: str) -> str:
    r"""A stored response for somebody who reads it: the text, then each call as `name(arguments)` on a line of its own.

    What `write_tool_reply` did not write comes back as it is.

    Examples
    --------
    >>> shown_reply('{"content": "", "tool_calls": [{"name": "wait", "arguments": "{\\"s\\": 3}"}]}')
    'wait({"s": 3})'
    """
    if not response.startswith(_BEGINS):
        return response
    try:
        reply = parse_tool_reply(response)
    except DataError:
        return response
    if write_tool_reply(reply) != response:
        return response
    calls = [f"{call.name}({call.arguments})" for call in reply.calls]
    return "\n".join([*([reply.content] if reply.content else []), *calls])


def _told(reply: ToolReply) -> dict[str, Any]:
    calls = [{"name": call.name, "arguments": call.arguments} for call in reply.calls]
    return {"content": reply.content, "tool_calls": calls}


def _reply(document: Mapping[str, Any]) -> ToolReply:
    return ToolReply(_text(document["content"]), tuple(_call(call) for call in document["tool_calls"]))


def _call(call: Mapping[str, Any]) -> ToolCall:
    return ToolCall(_text(call["name"]), _text(call["arguments"]))


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(value)
    return value
