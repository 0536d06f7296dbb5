"""Refusals whose words tell what to do about them."""

import asyncio

import pytest

from quantgate.evals.endpoint.client import Endpoint
from quantgate.evals.endpoint.remedies import remedy
from tests.server.served import Reply, error_body, served_model


@pytest.mark.parametrize(
    ("said", "todo"),
    [
        ("System role not supported", "chat template does not take the task's system message"),
        ("Only user and assistant roles are supported!", "does not take the task's system message"),
        ("Conversation roles must alternate user/assistant/user/assistant/...", "system message"),
        ("Unexpected role 'system' after role 'user'", "system message"),
        ("Expected last role User or Tool (or Assistant with prefix True) for serving but got assistant", "begins the"),
        ("Invalid 'stop': array too long. Expected an array with maximum length 4, but got 7", "stop strings"),
        ("Unsupported parameter: 'stop' is not supported with this model.", "stop strings"),
    ],
)
def test_a_known_refusal_has_its_remedy(said, todo):
    assert todo in remedy(said)


@pytest.mark.parametrize(
    "said",
    ["max_tokens is too large", "please stop sending requests", "the system is overloaded", "", "nonstop maximum"],
)
def test_other_words_have_none(said):
    assert remedy(said) == ""


async def _ask(url, request):
    async with Endpoint(url, "test-model") as endpoint:
        return await endpoint.ask(request)


def test_the_answer_says_what_to_do(request_of):
    refusal = Reply(status=400, body=error_body("System role not supported", "BadRequestError"))
    with served_model(lambda _: refusal) as server:
        answer = asyncio.run(_ask(server.base_url, request_of()))
    assert answer.status == "error"
    assert "System role not supported; the model's chat template does not take" in answer.error
