"""Whether an endpoint gives tool calls, tried over HTTP."""

from __future__ import annotations

import asyncio
import json

import pytest

from quantgate.evals.endpoint.client import Endpoint, RetryPolicy
from quantgate.evals.endpoint.tool_call import require_tools, try_tool_call
from quantgate.evals.errors import EndpointUnreachable, RequestRefused
from tests.server.agent import call, completion_of, text
from tests.server.served import Reply, error_body, served_model

CALL = Reply(body=completion_of(call("get_weather", {"city": "Paris"})))
WORDS = Reply(body=completion_of(text("It is sunny in Paris.")))


def probe(rule, **extra_body):
    async def trying(url):
        async with Endpoint(url, "test-model", retry=RetryPolicy(tries=2, first_wait_s=0.0)) as endpoint:
            return await try_tool_call(endpoint, extra_body)

    with served_model(rule) as server:
        return asyncio.run(trying(server.base_url)), server.log.bodies


def test_a_tool_call_is_recognised():
    result, bodies = probe(lambda body: CALL, top_k=1)
    assert result.works
    assert 'get_weather({"city": "Paris"})' in result.text
    assert (bodies[0]["model"], bodies[0]["tool_choice"], bodies[0]["top_k"]) == ("test-model", "auto", 1)


def test_a_model_that_first_answers_in_words_is_asked_again():
    assert probe(lambda body: CALL if body["seed"] else WORDS)[0].works


@pytest.mark.parametrize(
    ("reply", "said"),
    [
        (
            Reply(body=completion_of(text('<tool_call>{"name": "get_weather"}</tool_call>'))),
            "The tool call came as text",
        ),
        (WORDS, "Asked 3 times for a tool call, the model said: It is sunny in Paris."),
        (Reply(body=completion_of(call("get_weather", "{broken"))), "no readable tool call"),
        (
            Reply(status=400, body=error_body('"auto" tool choice requires --enable-auto-tool-choice')),
            "refused with HTTP 400",
        ),
        (Reply(status=500, body=error_body("tools param requires --jinja flag")), "tools param requires --jinja flag"),
    ],
)
def test_an_endpoint_without_tool_calls_is_told_which_flag_is_missing(reply, said):
    result, _ = probe(lambda body: reply)
    assert not result.works
    assert "--enable-auto-tool-choice --tool-call-parser NAME" in result.text
    assert said in result.text


def test_an_outage_is_no_missing_flag():
    with pytest.raises(EndpointUnreachable, match="could not be tried"):
        probe(lambda body: Reply(status=503, body="busy"))


def test_a_run_that_needs_tools_is_refused_and_told_whose_endpoint_it_is():
    async def requiring(url):
        async with Endpoint(url, "m") as endpoint:
            await require_tools(endpoint, "the agent's endpoint")

    with served_model(lambda body: WORDS) as server, pytest.raises(RequestRefused, match="the agent's endpoint"):
        asyncio.run(requiring(server.base_url))
    assert json.loads(WORDS.body)["choices"]
