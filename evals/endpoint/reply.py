"""Reads the body of a chat completion: what is an answer, what is a fault that another try may heal."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from quantgate.evals.contract.records import Status
from quantgate.evals.contract.thoughts import split_thoughts
from quantgate.evals.text import excerpt

_ABANDONED = frozenset({"abort", "error"})
_OVERFLOW_MARKS = (
    "context_length_exceeded",
    "exceed_context_size",
    "maximum context length",
    "context length is only",
    "maximum input length of",
    "maximum allowed length",
    "longer than the model's context length",
    "exceeds the available context size",
)


class MalformedReply(Exception):
    """A body that is no chat completion: not JSON, an `error` under HTTP 200, no choices."""


@dataclass(frozen=True, slots=True)
class Reply:
    """The parts of a chat completion that are kept."""

    status: Status
    response: str | None
    reasoning: str | None
    finish_reason: str | None
    usage: dict[str, Any] | None


def read_reply(body: str) -> Reply:
    """Read a chat completion.

    The status is `truncated` when `finish_reason` is `length`, `empty` when there is no visible text (null or blank
    content, or nothing but reasoning), else `ok`. Reasoning is taken from `reasoning_content` (vLLM, SGLang, DeepSeek)
    or `reasoning` (newer vLLM, OpenRouter), and from tags at the beginning of the content, where a server without a
    reasoning parser leaves it (`evals.contract.thoughts`): what is left is the response. Other content is not touched.

    Raises
    ------
    MalformedReply
        With what was wrong, when the body is not a chat completion.
    """
    if not body.strip():
        raise MalformedReply("the server answered with an empty body")
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        raise MalformedReply(f"the server answered with something that is not JSON: {excerpt(body)}") from None
    if not isinstance(document, dict):
        raise MalformedReply(f"the server answered with JSON that is no object: {excerpt(body)}")
    if document.get("error"):
        raise MalformedReply(f"the server answered 200 with an error: {excerpt(error_text(document['error']))}")
    choices = document.get("choices")
    if not isinstance(choices, list) or not choices or not isinstance(choices[0], dict):
        raise MalformedReply(f"the answer has no choices: {excerpt(body)}")
    message = choices[0].get("message")
    if not isinstance(message, dict):
        raise MalformedReply(f"the answer's first choice has no message: {excerpt(body)}")
    content = message.get("content")
    if content is not None and not isinstance(content, str):
        raise MalformedReply(f"the answer's content is not text: {excerpt(json.dumps(content))}")
    finish_reason = choices[0].get("finish_reason")
    if isinstance(finish_reason, str) and finish_reason in _ABANDONED:
        raise MalformedReply(f"the server gave up on the answer (finish_reason {finish_reason})")
    thoughts = [_text(message.get("reasoning_content")) or _text(message.get("reasoning"))]
    if content is not None:
        inline, answer = split_thoughts(content)
        thoughts.append(inline)
        content = answer if inline is None else answer or None
    if finish_reason == "length":
        status = Status.TRUNCATED
    elif content is None or not content.strip():
        status = Status.EMPTY
    else:
        status = Status.OK
    usage = document.get("usage")
    return Reply(
        status=status,
        response=content,
        reasoning="\n\n".join(thought for thought in thoughts if thought) or None,
        finish_reason=_text(finish_reason),
        usage=usage if isinstance(usage, dict) else None,
    )


def is_context_overflow(body: object) -> bool:
    """Whether the body of an HTTP 400 says that prompt and budget exceed the context window.

    OpenAI and vLLM say `maximum context length` (code `context_length_exceeded`) or `context length is only`, llama.cpp
    answers with the type `exceed_context_size_error`, SGLang speaks of input longer than the model's context length or
    the maximum allowed length, TGI of `max_new_tokens` that `must be <=` a limit.
    """
    text = (body if isinstance(body, str) else json.dumps(body, default=str)).lower()
    return any(mark in text for mark in _OVERFLOW_MARKS) or ("max_new_tokens" in text and "must be <=" in text)


def error_text(error: object) -> str:
    """The human part of an error object as servers send it: OpenAI's `{"message": ...}`, a string, or anything else."""
    if isinstance(error, dict):
        inner = error.get("error")
        if isinstance(inner, dict | str):
            return error_text(inner)
        for key in ("message", "detail"):
            if error.get(key):
                return str(error[key])
    return error if isinstance(error, str) else json.dumps(error, default=str)


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None
