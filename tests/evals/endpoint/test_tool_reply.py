"""The reply to a request with tools: calls in every form that servers write, and the model's words as they are."""

import asyncio
import json

import pytest

from quantgate.evals.contract.records import Item, Prompt, Request, Sampling, Status
from quantgate.evals.contract.tool_calls import ToolCall, ToolReply, parse_tool_reply
from quantgate.evals.endpoint.client import Connection, Endpoint
from quantgate.evals.endpoint.failures import MalformedReply
from quantgate.evals.endpoint.reply import Reply, read_reply
from tests.server.events import chunk, event
from tests.server.served import Reply as Served
from tests.server.served import served_model

TOOL = {"type": "function", "function": {"name": "get", "parameters": {"type": "object"}}}
CALL = {"id": "a", "type": "function", "function": {"name": "get", "arguments": '{"x": 1}'}}


def read(message: dict, finish_reason: str = "tool_calls") -> Reply:
    return read_reply(json.dumps({"choices": [{"message": message, "finish_reason": finish_reason}]}), tools=True)


def reply_of(message: dict) -> ToolReply:
    return parse_tool_reply(read(message).response or "")


@pytest.mark.parametrize("content", [{}, {"content": None}, {"content": ""}])
def test_a_call_without_text_is_an_answer(content):
    reply = read({**content, "tool_calls": [CALL]})
    assert reply.status is Status.OK
    assert parse_tool_reply(reply.response or "") == ToolReply("", (ToolCall("get", '{"x": 1}'),))


@pytest.mark.parametrize("arguments", ['{"x": ', "", "not json", '{"x": NaN}', "null"])
def test_arguments_are_the_models_own_text(arguments):
    reply = reply_of({"content": None, "tool_calls": [{"function": {"name": "get", "arguments": arguments}}]})
    assert reply.calls == (ToolCall("get", arguments),)


@pytest.mark.parametrize(
    "message",
    [
        {"tool_calls": [{"function": {"name": "get", "arguments": {"x": 1}}}]},
        {"tool_calls": CALL},
        {"tool_calls": [{"name": "get", "arguments": '{"x": 1}'}, None]},
        {"tool_calls": [], "function_call": {"name": "get", "arguments": '{"x": 1}'}},
        {"content": [{"type": "tool_use", "id": "a", "name": "get", "input": {"x": 1}}]},
        {"tool_calls": [{"type": "custom", "custom": {"name": "get", "input": '{"x": 1}'}}]},
    ],
)
def test_a_call_is_read_in_whatever_form_it_comes(message):
    assert reply_of({"content": None, **message}).calls == (ToolCall("get", '{"x": 1}'),)


def test_text_and_thoughts_come_apart_from_the_calls():
    reply = read({"content": "<think>Hm.</think>Wait.", "tool_calls": [CALL, {"function": {}}]})
    assert reply.reasoning == "Hm."
    assert parse_tool_reply(reply.response or "") == ToolReply("Wait.", (ToolCall("get", '{"x": 1}'), ToolCall("", "")))


def test_neither_text_nor_call_is_empty_and_keeps_its_thoughts():
    reply = read({"content": None, "reasoning_content": "I could call it.", "tool_calls": []}, "stop")
    assert (reply.status, reply.response, reply.reasoning) == (Status.EMPTY, None, "I could call it.")


def test_a_call_that_was_cut_is_truncated():
    assert read({"content": None, "tool_calls": [CALL]}, "length").status is Status.TRUNCATED


def test_calls_that_are_none_are_a_fault():
    with pytest.raises(MalformedReply, match="tool calls are none"):
        read({"content": "5", "tool_calls": "get"})


def test_without_tools_a_call_is_no_answer():
    assert read_reply(json.dumps({"choices": [{"message": {"tool_calls": [CALL]}}]})).status is Status.EMPTY


@pytest.mark.parametrize("streamed", [True, False])
def test_it_is_asked_and_read_alike_streamed_or_not(streamed):
    request = Request(
        "t", Item("1"), 0, Prompt(({"role": "user", "content": "Go"},), "h", body={"tools": [TOOL]}), Sampling()
    )
    pieces = [("get", ""), (None, '{"x"'), (None, ": 1}"), ("put", "{}")]
    deltas = [{"tool_calls": [{"function": {"name": name, "arguments": text} if name else {"arguments": text}}]}
              for name, text in pieces]  # fmt: skip
    events = [event(chunk(delta)) for delta in deltas] + [event(chunk({}, "tool_calls")), event("[DONE]")]
    calls = [CALL, {"function": {"name": "put", "arguments": "{}"}}]
    whole = {"choices": [{"message": {"content": None, "tool_calls": calls}, "finish_reason": "tool_calls"}]}
    served = Served(stream=events) if streamed else Served(body=json.dumps(whole))

    async def asked(url: str):
        async with Endpoint(url, "m", connection=Connection(stream=streamed)) as endpoint:
            return await endpoint.ask(request)

    with served_model(lambda body: served) as server:
        answer = asyncio.run(asked(server.base_url))
        assert server.log.bodies[0]["tools"] == [TOOL]
    assert answer.status is Status.OK
    assert parse_tool_reply(answer.response or "").calls == (ToolCall("get", '{"x": 1}'), ToolCall("put", "{}"))
