"""One request in both forms: what a stream spoils is told from what the server says anew each time."""

import asyncio
import json
from itertools import count

import pytest

from quantgate.evals.contract.records import Answer, Item, Prompt, Request, Sampling, Status
from quantgate.evals.contract.tool_calls import ToolReply, parse_tool_reply
from quantgate.evals.endpoint.client import Endpoint
from quantgate.evals.endpoint.retrying import RetryPolicy
from tests.server.events import chunk, event
from tests.server.served import Reply, error_body, served_model

TOOLS = {"tools": [{"type": "function", "function": {"name": "get"}}]}
QUICK = RetryPolicy(tries=2, total_s=5, first_wait_s=0.01, longest_wait_s=0.02)


def streamed(arguments: str) -> Reply:
    call = {"index": 0, "id": "a", "function": {"name": "get", "arguments": arguments}}
    usage = event({"choices": [], "usage": {"completion_tokens": 3}})
    return Reply(stream=[event(chunk({"tool_calls": [call]})), event(chunk({}, "tool_calls")), usage, event("[DONE]")])


def whole(arguments: str) -> Reply:
    message = {"content": None, "tool_calls": [{"id": "a", "function": {"name": "get", "arguments": arguments}}]}
    return Reply(body=json.dumps({"choices": [{"message": message, "finish_reason": "tool_calls"}]}))


def asked(rule, temperature: float = 0.0) -> tuple[Answer, list[dict]]:
    prompt = Prompt(({"role": "user", "content": "Go"},), "h", body=TOOLS, both_forms=True)
    request = Request("t", Item("1"), 0, prompt, Sampling(temperature=temperature))

    async def scenario(url: str) -> Answer:
        async with Endpoint(url, "m", retry=QUICK) as endpoint:
            return await endpoint.ask(request)

    with served_model(rule, streams=True) as server:
        return asyncio.run(scenario(server.base_url)), server.log.bodies


def forms(answer: Answer) -> list[tuple[bool, str]]:
    reply = parse_tool_reply(answer.response or "")
    return [(each.streamed, each.reply.calls[0].arguments) for each in reply.forms]


def test_replies_that_are_the_same_cost_one_more_request():
    answer, bodies = asked(lambda body: streamed("{}") if body.get("stream") else whole("{}"))
    assert forms(answer) == [(True, "{}"), (False, "{}")]
    assert [body.get("stream", False) for body in bodies] == [True, False]


def test_where_they_differ_each_form_is_asked_once_more():
    answer, _ = asked(lambda body: streamed("{") if body.get("stream") else whole("{}"))
    assert forms(answer) == [(True, "{"), (False, "{}")] * 2
    assert parse_tool_reply(answer.response or "").calls[0].arguments == "{"


def test_drawn_answers_are_compared_at_temperature_0_beside_the_one_that_counts():
    answer, bodies = asked(lambda body: streamed(str(body["temperature"])) if body.get("stream") else whole("0.0"), 1.0)
    assert parse_tool_reply(answer.response or "").calls[0].arguments == "1.0"
    assert forms(answer) == [(True, "0.0"), (False, "0.0")]
    assert [body["temperature"] for body in bodies] == [1.0, 0.0, 0.0]


@pytest.mark.parametrize("status", [400, 405, 500])
def test_a_form_that_the_server_does_not_take_costs_no_answer(status):
    refused = Reply(status=status, body=error_body("cannot use tools here"))
    answer, _ = asked(lambda body: streamed("{}") if body.get("stream") else refused)
    assert answer.status is Status.OK
    assert parse_tool_reply(answer.response or "").forms == ()


def test_a_stream_that_swallows_the_call_is_held_against_the_reply_that_has_it():
    thought = [event(chunk({"reasoning_content": "Hm."})), event(chunk({}, "stop")), event("[DONE]")]
    answer, _ = asked(lambda body: Reply(stream=thought) if body.get("stream") else whole("{}"))
    reply = parse_tool_reply(answer.response or "")
    assert (answer.status, answer.reasoning) in {(Status.EMPTY, "Hm."), (Status.OK, None)}
    assert {(each.streamed, bool(each.reply.calls)) for each in reply.forms} == {(True, False), (False, True)}


def test_what_one_form_cannot_be_asked_for_again_shows_nothing():
    turn = count()
    answers = [streamed("1"), whole("2"), Reply(status=400, body=error_body("no")), whole("2")]
    answer, _ = asked(lambda body: answers[min(next(turn), 3)])
    assert parse_tool_reply(answer.response or "") == ToolReply("", parse_tool_reply(answer.response or "").calls)
