"""Which parameters are sent, under which names, and what a refusal says of them."""

import asyncio

import pytest

from quantgate.evals.contract.records import Status
from quantgate.evals.endpoint.client import Connection, Endpoint, RetryPolicy
from quantgate.evals.endpoint.parameters import advice, other_budget_field
from tests.conftest import right_answer
from tests.server.served import Reply, error_body, served_model

RENAMED = "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead."


def ask(server, request, times=1, **connection):
    async def scenario():
        async with Endpoint(
            server.base_url, "m", retry=RetryPolicy(2, 5, 0.01, 0.01), connection=Connection(**connection)
        ) as endpoint:
            return [await endpoint.ask(request) for _ in range(times)], endpoint.found()

    return asyncio.run(scenario())


def newer_model(body):
    return Reply(status=400, body=error_body(RENAMED)) if "max_tokens" in body else Reply(right_answer(body))


def test_the_name_of_the_token_budget_is_learnt_from_the_refusal_once(request_of):
    with served_model(newer_model) as server:
        answers, found = ask(server, request_of(), times=3)
    assert [answer.status for answer in answers] == [Status.OK] * 3
    assert [body.get("max_completion_tokens") for body in server.log.bodies] == [None, 50, 50, 50]
    assert found["max_tokens_field"] == "max_completion_tokens"


def test_the_name_of_the_token_budget_can_be_given(request_of):
    with served_model(newer_model) as server:
        ask(server, request_of(), max_tokens_field="max_completion_tokens")
    assert len(server.log.bodies) == 1
    assert "max_tokens" not in server.log.bodies[0]


def test_what_is_to_be_left_out_is_in_no_request(request_of):
    with served_model(lambda body: Reply(right_answer(body))) as server:
        ask(server, request_of(stop=("#",)), omit=frozenset({"seed", "max_tokens", "stop", "temperature"}))
    assert {"seed", "max_tokens", "stop", "temperature"}.isdisjoint(server.log.bodies[0])


@pytest.mark.parametrize(
    ("text", "field"),
    [
        (RENAMED, "max_completion_tokens"),
        ("max_tokens is deprecated, please use max_completion_tokens", "max_completion_tokens"),
        ("unknown field `max_tokens`, expected one of `max_new_tokens`, `seed`", "max_new_tokens"),
        ("max_tokens: Extra inputs are not permitted", None),
        ("'max_tokens' or 'max_completion_tokens' is too large: 8192. maximum context length is 4096 tokens", None),
        ("max_tokens must be at most 4096, max_completion_tokens too", None),
        ("Unsupported parameter: 'temperature'", None),
    ],
)
def test_another_name_is_taken_only_where_the_refusal_gives_it(text, field):
    assert other_budget_field(text, "max_tokens") == field


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "Unsupported value: 'temperature' does not support 0.0 with this model. Only the default (1).",
            "--omit temperature ",
        ),
        ("Unrecognized request argument supplied: seed", "--omit seed "),
        ("`temperature` and `top_p` cannot be used for this model", "--omit temperature,top_p "),
        ("stop: Extra inputs are not permitted", "--omit stop "),
        ("max_tokens: Extra inputs are not permitted", "--max-tokens-field NAME"),
        ("litellm.UnsupportedParamsError: x does not support parameters: ['seed']", "--omit seed "),
        ("The server had to stop: out of memory", None),
        ("temperature must lie between 0 and 2", None),
        ("unknown field top_kk", None),
    ],
)
def test_a_refused_parameter_is_answered_with_what_leaves_it_out(text, said):
    assert advice(text) is None if said is None else said in advice(text)


def test_the_advice_comes_with_the_answer(request_of):
    with served_model(lambda _: Reply(status=400, body=error_body("seed is not supported"))) as server:
        (answer,), _ = ask(server, request_of())
    assert (answer.error, answer.advice) == ("HTTP 400: seed is not supported", "--omit seed leaves it to the server")
