"""Recorded requests from a file: JSON Lines of chat completion requests, with or without what should come of them.

Read are plain requests (`messages`, `tools`), as in the samples of Kimi's and MiniMax's verifiers, the results that
Kimi's writes (`request` and `response` in each line), and this layout, whose fields may stand beside a request's:
`id`, `expected` (a list of calls, empty for none), `expected_tool_call` (true or false), `reference` (a reply).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from io import TextIOWrapper
from pathlib import Path
from typing import Any

from quantgate.evals.contract.records import Message
from quantgate.evals.documents import BrokenDocument, parse_json
from quantgate.evals.endpoint.tool_reply import read_calls
from quantgate.evals.errors import DataError
from quantgate.evals.files import open_to_read
from quantgate.tasks.data.rows import MOST_DATA
from quantgate.tasks.tool_calls.arguments import NotJson, as_calls, read_arguments
from quantgate.tasks.tool_calls.case import Case, ExpectedCall, function_of

_SENT = ("tool_choice", "parallel_tool_calls")
"""What of a request is sent besides its messages and tools: how to sample is the run's to say."""

_KNOWN = frozenset(
    {*_SENT, "messages", "tools", "functions", "id", "expected", "expected_tool_call", "reference", "data_index"}
)
_NOT_TOLD = frozenset({"model", "request", "response", "status", "finish_reason", "tool_calls_valid", "hash",
                       "last_run_at", "duration_ms", "stream", "stream_options"})  # fmt: skip
_ROLES = {"_input": "system"}
"""Kimi's samples call a message of the system so."""


@dataclass(frozen=True, slots=True)
class Recorded:
    """The requests of a file, how many lines offer no tools, and which of their fields are not sent."""

    cases: tuple[Case, ...]
    without_tools: int
    not_sent: tuple[str, ...]


def read_requests(file: Path, references: Path | None = None) -> Recorded:
    """Read recorded requests.

    Parameters
    ----------
    file
        The requests.
    references
        Replies to them in a file of their own, as Kimi's verifier writes them: found by `id`, else by the number of the
        line, which is its `data_index`.

    Raises
    ------
    DataError
        When a file cannot be read, or a line of it cannot be used; names file and line, quotes nothing.
    """
    replies = {} if references is None else _replies(references)
    cases: dict[str, Case] = {}
    without, not_sent = 0, dict[str, None]()
    for number, told in _lines(file):
        try:
            case = _case(told, number)
            if case is None:
                without += 1
                continue
            if (reply := replies.get(case.item_id, replies.get(str(number)))) is not None:
                case = _answered(case, reply)
        except ValueError as error:
            raise DataError(f"{file}, line {number}: {error}") from None
        if case.item_id in cases:
            raise DataError(f"{file}, line {number}: its id is that of an earlier line")
        cases[case.item_id] = case
        not_sent |= dict.fromkeys(sorted(_request(told).keys() - _KNOWN - _NOT_TOLD))
    if not cases:
        raise DataError(f"{file} holds no request that offers tools")
    return Recorded(tuple(cases.values()), without, tuple(not_sent))


def line_of_case(case: Case) -> str:
    """A request as one line of such a file, with its end."""
    told: dict[str, Any] = {"id": case.item_id, "messages": list(case.messages), **case.sent}
    if case.due is not None:
        told["expected_tool_call"] = case.due
    if case.expected is not None:
        told["expected"] = [{"name": call.name, "arguments": dict(call.arguments)} for call in case.expected]
    return json.dumps(told, ensure_ascii=False) + "\n"


def _lines(file: Path) -> Iterator[tuple[int, Mapping[str, Any]]]:
    try:
        with TextIOWrapper(open_to_read(file, MOST_DATA), encoding="utf-8-sig", newline="\n") as stream:
            for number, line in enumerate(stream, start=1):
                if line.strip():
                    yield number, _object(file, number, line)
    except UnicodeDecodeError as error:
        raise DataError(f"{file} is not UTF-8 text: {error.reason} at byte {error.start}") from None
    except OSError as error:
        raise DataError(f"{file} cannot be read: {error.strerror or error}") from None


def _object(file: Path, number: int, line: str) -> Mapping[str, Any]:
    where = f"{file}, line {number}"
    try:
        told = parse_json(line, parse_constant=_no_number)
        json.dumps(told, ensure_ascii=False).encode()
    except BrokenDocument as error:
        raise DataError(f"{where}: {error}") from None
    except UnicodeEncodeError:
        raise DataError(f"{where} escapes half a surrogate pair, which no text can hold") from None
    if not isinstance(told, Mapping):
        raise DataError(f"{where} is not a JSON object")
    return told


def _no_number(constant: str) -> Any:
    raise ValueError(f"{constant} is no JSON number")


def _request(told: Mapping[str, Any]) -> Mapping[str, Any]:
    """The request of a line: the line itself, or what a verifier's result has under `request`."""
    request = told.get("request", told)
    if not isinstance(request, Mapping):
        raise ValueError("request must be an object")
    return request


def _case(told: Mapping[str, Any], number: int) -> Case | None:
    """The request of a line; `None` where it offers no tools. Raises ValueError with what is wrong with it."""
    request = _request(told)
    messages = _messages(request.get("messages"))
    tools = _tools(request.get("tools") or request.get("functions") or [])
    if not tools:
        return None
    body = {name: request[name] for name in _SENT if request.get(name) is not None}
    case = Case(_id(told, number), messages, tools, body=body)
    if (due := told.get("expected_tool_call")) is not None:
        if not isinstance(due, bool):
            raise ValueError("expected_tool_call must be true or false")
        case = replace(case, due=due, expected=case.expected if due else ())
    if (expected := told.get("expected")) is not None:
        calls = _expected(expected)
        if case.due is not None and case.due != bool(calls):
            raise ValueError("expected and expected_tool_call contradict each other")
        return replace(case, due=bool(calls), expected=calls)
    reply = told.get("reference", told.get("response"))
    return case if reply is None or case.due is not None else _answered(case, told)


def _id(told: Mapping[str, Any], number: int) -> str:
    for name in ("id", "data_index"):
        if (given := told.get(name)) is not None:
            if isinstance(given, bool) or not isinstance(given, str | int) or not str(given).strip():
                raise ValueError(f"{name} must be text or a whole number")
            return str(given)
    return str(number)


def _messages(told: object) -> tuple[Message, ...]:
    if not isinstance(told, list) or not told:
        raise ValueError("there is no list of messages")
    for message in told:
        if not isinstance(message, Mapping) or not isinstance(message.get("role"), str):
            raise ValueError("messages must be objects with a role")
    return tuple({**message, "role": _ROLES.get(message["role"], message["role"])} for message in told)


def _tools(told: object) -> tuple[Mapping[str, Any], ...]:
    if not isinstance(told, list):
        raise ValueError("tools must be a list")
    tools = []
    for tool in told:
        function = function_of(tool) if isinstance(tool, Mapping) else {}
        if not isinstance(function.get("name"), str):
            raise ValueError("tools must be objects with a function that has a name")
        tools.append(tool if "function" in tool else {"type": "function", "function": tool})
    return tuple(tools)


def _expected(told: object) -> tuple[ExpectedCall, ...]:
    """The calls that should come. Raises ValueError with what is wrong with them."""
    calls = read_calls({"tool_calls": told})
    if calls is None:
        raise ValueError("expected must be a list of calls with name and arguments")
    try:
        read = as_calls((call.name, read_arguments(call.arguments)) for call in calls)
    except NotJson as error:
        raise ValueError(f"the arguments of an expected call are no JSON: {error}") from None
    if read is None or not all(call.name for call in read):
        raise ValueError("an expected call needs a name, and arguments that are an object")
    return read


def _answered(case: Case, told: Mapping[str, Any]) -> Case:
    """A case with what came of it once: `reference`, or `response`, a message or a whole chat completion."""
    reply = told.get("reference", told.get("response", told))
    if not isinstance(reply, Mapping):
        raise ValueError("a reference must be a message or a chat completion")
    if told.get("status", "success") != "success":
        return case
    if "choices" in reply:
        choices = reply["choices"]
        first = choices[0] if isinstance(choices, list) and choices else None
        reply = first.get("message") if isinstance(first, Mapping) else None
        if not isinstance(reply, Mapping):
            raise ValueError("a reference holds no reply")
    calls = read_calls(reply)
    if calls is None:
        raise ValueError("the tool calls of a reference are none")
    return replace(case, due=bool(calls), expected=_readable(calls))


def _readable(calls: Iterable[Any]) -> tuple[ExpectedCall, ...] | None:
    """The calls of a reference, `None` where one is malformed, so that nothing can be held against it."""
    try:
        return as_calls((call.name, read_arguments(call.arguments)) for call in calls)
    except NotJson:
        return None


def _replies(file: Path) -> dict[str, Mapping[str, Any]]:
    replies = {}
    for number, told in _lines(file):
        try:
            replies[_id(told, number)] = told
        except ValueError as error:
            raise DataError(f"{file}, line {number}: {error}") from None
    return replies
