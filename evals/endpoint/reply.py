"""Reads the body of a chat completion: what is an answer, what is a fault that another try may heal."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from quantgate.evals.contract.records import Answer, Origin, Status
from quantgate.evals.contract.thoughts import graded_text, split_thoughts
from quantgate.evals.contract.tool_calls import ToolCall, ToolReply, write_tool_reply
from quantgate.evals.endpoint.bodies import error_text
from quantgate.evals.endpoint.content_parts import read_content, read_thoughts
from quantgate.evals.endpoint.failures import MalformedReply
from quantgate.evals.endpoint.finish_reasons import CUT_SHORT, Ending, ending_of, reason_text
from quantgate.evals.endpoint.origin import origin_of
from quantgate.evals.endpoint.overflow import is_context_overflow as is_context_overflow
from quantgate.evals.endpoint.refusals import refused_answer
from quantgate.evals.endpoint.tool_reply import read_calls
from quantgate.evals.secrets import redacted
from quantgate.evals.text import excerpt

_BYTE_ORDER_MARK = "\ufeff"
_SHOWN = 300

_WORST_FIRST = (Ending.FAULT, Ending.REFUSED, Ending.FULL, Ending.CUT, Ending.BROKEN_OFF)


@dataclass(frozen=True, slots=True)
class Reply:
    """The parts of a chat completion that are kept.

    `error` and `refused` as in `evals.contract.records.Answer`: for a refusal that came under HTTP 200. `origin` is
    what it says of the model that has answered.
    """

    status: Status
    response: str | None
    reasoning: str | None
    finish_reason: str | None
    usage: dict[str, Any] | None
    error: str | None = None
    refused: bool = False
    origin: Origin = field(default_factory=Origin)


def read_reply(body: str, *, tools: bool = False) -> Reply:
    """Read a chat completion; where its request offered `tools`, the response is that of `write_tool_reply`.

    The status follows the finish reason (`evals.endpoint.finish_reasons`): `truncated` for an answer that was cut,
    `refused` for one that was filtered or declined, else `empty` when there is no visible text (null or blank content,
    or nothing but reasoning) or `ok`. Thoughts are taken from a field of their own, from parts of their own
    (`evals.endpoint.content_parts`), and from what a server without a reasoning parser leaves in the text
    (`evals.contract.thoughts`): what is left is the response, as it came. Of a request with tools a call is as good as
    visible text, whatever its arguments are: those are the model's own words.

    A finish reason of null says that the server gave up in mid-answer (Ollama's closed connection, for one), unless it
    names the stop string or token that ended the answer. One that is not sent at all says nothing: such servers never
    send any.

    Raises
    ------
    MalformedReply
        With what was wrong, when the body is not a chat completion, or the server gave up on the answer.
    """
    try:
        return _read(body.lstrip(_BYTE_ORDER_MARK), tools=tools)
    except RecursionError:
        raise MalformedReply(f"the server answered with JSON that is nested too deeply: {excerpt(body)}") from None


def _read(body: str, *, tools: bool) -> Reply:
    if not body.strip():
        raise MalformedReply("the server answered with an empty body")
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        raise MalformedReply(f"the server answered with something that is not JSON: {excerpt(body)}") from None
    if not isinstance(document, dict):
        raise MalformedReply(f"the server answered with JSON that is no object: {excerpt(body)}")
    if error := document.get("error") or _base_error(document):
        return _refused(error, f"the server answered 200 with an error: {_said(error)}")
    choices = document.get("choices")
    if not isinstance(choices, list) or not choices or not isinstance(choices[0], dict):
        return _refused(document, f"the answer has no choices: {excerpt(body, _SHOWN)}")
    return _read_choice(choices[0], document, body, tools=tools)


def _read_choice(choice: dict[str, Any], document: dict[str, Any], body: str, *, tools: bool) -> Reply:
    if choice.get("error"):
        return _refused(choice["error"], f"the server answered 200 with an error: {_said(choice['error'])}")
    message = choice.get("message")
    if not isinstance(message, dict):
        raise MalformedReply(f"the answer's first choice has no message: {excerpt(body)}")
    ending = _ending(choice)
    parts = read_content(message.get("content"))
    if parts is None:
        raise MalformedReply(f"the answer's content is not text: {excerpt(json.dumps(message.get('content')))}")
    calls = read_calls(message) if tools else ()
    if calls is None:
        raise MalformedReply(f"the answer's tool calls are none: {excerpt(json.dumps(message.get('tool_calls')))}")
    content = "".join(parts.text) if parts.text else None
    thoughts = [read_thoughts(message), *parts.thoughts]
    if content is not None:
        inline, answer = split_thoughts(content, cut=ending in CUT_SHORT)
        thoughts.append(inline)
        content = answer if inline is None else answer or None
    refusal = "".join(parts.refusal) or _text(message.get("refusal"))
    if refusal is not None and refusal.strip():
        ending, content = Ending.REFUSED, content or refusal
    usage = document.get("usage")
    response = content if content is None else redacted(content)
    return Reply(
        status=_status(ending, content, calls),
        response=_written(response, calls) if tools else response,
        reasoning=redacted("\n\n".join(thought for thought in thoughts if thought)) or None,
        finish_reason=reason_text(choice.get("finish_reason")),
        usage=usage if isinstance(usage, dict) else None,
        origin=origin_of(document),
    )


def _ending(choice: dict[str, Any]) -> Ending:
    """How the server says that its answer ended. Raises MalformedReply when it gave up."""
    reason, native = reason_text(choice.get("finish_reason")), reason_text(choice.get("native_finish_reason"))
    if reason is None:
        # Anthropic's form in proxies, and the names under which vLLM and SGLang tell what stopped them.
        stopped = choice.get("stop_reason") if choice.get("matched_stop") is None else choice["matched_stop"]
        if "finish_reason" in choice and native is None and stopped is None:
            raise MalformedReply("the server gave up on the answer (finish_reason null)")
        reason = stopped if isinstance(stopped, str) and ending_of(stopped) is not Ending.UNKNOWN else "stop"
    told = [ending_of(each) for each in (reason, native) if each is not None]
    ending = next((worst for worst in _WORST_FIRST if worst in told), told[0])
    if ending is Ending.FAULT:
        said = reason if native is None or ending_of(reason) is Ending.FAULT else native
        raise MalformedReply(f"the server gave up on the answer (finish_reason {excerpt(said)})")
    return ending


def _written(content: str | None, calls: tuple[ToolCall, ...]) -> str | None:
    return write_tool_reply(ToolReply(content or "", calls)) if content or calls else None


def _status(ending: Ending, content: str | None, calls: tuple[ToolCall, ...]) -> Status:
    if ending is Ending.REFUSED:
        return Status.REFUSED
    if ending in CUT_SHORT:
        return Status.TRUNCATED
    said = bool(calls) or (content is not None and graded_text(content).strip())
    return Status.OK if said else Status.EMPTY


def _base_error(document: dict[str, Any]) -> object:
    """MiniMax's way to say what went wrong, beside choices that are null."""
    base = document.get("base_resp")
    return base if isinstance(base, dict) and base.get("status_code") and not document.get("choices") else None


def _refused(error: object, message: str) -> Reply:
    """A refusal under HTTP 200 that no other try would change. Raises MalformedReply when it is none."""
    answer: Answer = refused_answer(error, message, attempts=1)
    if answer.status is Status.ERROR:
        raise MalformedReply(message)
    return Reply(answer.status, None, None, answer.finish_reason, None, message, refused=True)


def _said(error: object) -> str:
    return excerpt(error_text(error), _SHOWN)


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None
