"""One served model: what is retried, what is an answer, what stops everything. Over real HTTP."""

import asyncio
import gc
import json
import socket
from base64 import b64encode
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import openai
import pytest

from quantgate.evals.contract.fault import Fault
from quantgate.evals.contract.records import Answer, Prompt, Request, Status
from quantgate.evals.endpoint.client import Endpoint, RetryPolicy, default_deadline, request_body
from quantgate.evals.errors import EndpointUnreachable, RequestRefused, UsageError
from tests.conftest import right_answer
from tests.server.served import FAULTS, Reply, error_body, served_model

FAST = RetryPolicy(tries=4, total_s=20, first_wait_s=0.01, longest_wait_s=0.02)


def ask(url, request, *, retry=FAST, **options) -> tuple[Answer, list[Fault]]:
    faults: list[Fault] = []

    async def scenario() -> Answer:
        async with Endpoint(url, "test-model", retry=retry, **options) as endpoint:
            return await endpoint.ask(request, faults.append)

    return asyncio.run(scenario()), faults


def test_the_request_carries_model_messages_sampling_and_the_repeats_own_seed(request_of):
    request = request_of(repeat=2, temperature=0.6, top_p=0.95, stop=("##",), seed=100, extra_body={"top_k": 20})
    assert request_body("m", request) == {
        "model": "m",
        "messages": [{"role": "user", "content": "What is 2 + 3?"}],
        "seed": 102,
        "temperature": 0.6,
        "top_p": 0.95,
        "max_tokens": 50,
        "stop": ["##"],
        "top_k": 20,
    }


def test_what_is_not_set_is_left_to_the_server(request_of):
    assert {"top_p", "stop"}.isdisjoint(request_body("m", request_of()))


def test_a_healthy_answer_comes_with_usage_latency_and_one_attempt(request_of):
    with served_model(lambda body: Reply(right_answer(body), reasoning="2, then 3")) as server:
        answer, faults = ask(server.base_url, request_of())
    assert (answer.status, answer.response, answer.reasoning) == (Status.OK, "The answer is 5.", "2, then 3")
    assert answer.usage is not None
    assert answer.usage["completion_tokens"] == 7
    assert answer.latency_s is not None
    assert (answer.attempts, faults) == (1, [])


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: f"{fault.status} {fault.body!r} {fault.reset}")
def test_a_fault_that_heals_is_asked_again_and_leaves_no_trace_in_the_answer(request_of, fault):
    replies = iter([fault, fault])
    with served_model(lambda body: next(replies, Reply(right_answer(body)))) as server:
        answer, faults = ask(server.base_url, request_of())
    assert (answer.status, answer.response, answer.error) == (Status.OK, "The answer is 5.", None)
    assert (answer.attempts, len(faults)) == (3, 2)


def test_an_answer_that_fails_after_longer_than_the_fight_may_last_is_asked_once_more(request_of):
    replies = iter([Reply(status=500, delay_s=0.3), Reply("The answer is 5.")])
    with served_model(lambda body: next(replies)) as server:
        answer, faults = ask(server.base_url, request_of(), retry=RetryPolicy(4, 0.2, 0.01, 0.01))
    assert (answer.status, answer.attempts, len(faults)) == (Status.OK, 2, 1)


def test_a_fault_that_stays_is_an_error_without_a_text(request_of):
    with served_model(lambda _: Reply(status=500, body=error_body("CUDA out of memory"))) as server:
        answer, _ = ask(server.base_url, request_of())
    assert (answer.status, answer.response, answer.attempts) == (Status.ERROR, None, FAST.tries)
    assert answer.error == "HTTP 500: CUDA out of memory"


def test_a_request_that_hangs_is_given_up_at_its_deadline_and_asked_again(request_of):
    replies = iter([Reply(hang=True)])
    with served_model(lambda body: next(replies, Reply(right_answer(body)))) as server:
        answer, faults = ask(server.base_url, request_of(), timeout_s=0.3)
    assert (answer.status, answer.attempts) == (Status.OK, 2)
    assert str(faults[0]) == "no answer within 0.3 s"
    assert faults[0].overload


@pytest.mark.parametrize("as_date", [False, True])
def test_retry_after_is_honoured(request_of, as_date):
    when = format_datetime(datetime.now(UTC) + timedelta(seconds=2), usegmt=True) if as_date else "1"
    replies = iter([Reply(status=429, body=error_body("slow down"), headers={"Retry-After": when})])
    with served_model(lambda body: next(replies, Reply(right_answer(body)))) as server:
        answer, faults = ask(server.base_url, request_of())
    assert answer.status is Status.OK
    assert faults[0].retry_after == pytest.approx(1, abs=1)
    assert faults[0].overload


@pytest.mark.parametrize("wrong_by", [timedelta(hours=-5), timedelta(days=400)])
def test_a_date_to_retry_after_is_held_against_the_servers_own_clock(request_of, wrong_by):
    there = datetime.now(UTC) + wrong_by
    headers = {"Date": format_datetime(there, usegmt=True)}
    headers["Retry-After"] = format_datetime(there + timedelta(seconds=1), usegmt=True)
    replies = iter([Reply(status=503, body=error_body("loading"), headers=headers)])
    with served_model(lambda body: next(replies, Reply(right_answer(body)))) as server:
        answer, faults = ask(server.base_url, request_of())
    assert answer.status is Status.OK
    assert faults[0].retry_after == 1.0


def test_attempts_that_take_long_leave_an_answer_as_many_tries_as_quick_ones(request_of):
    replies = iter([Reply(status=500, delay_s=0.15) for _ in range(3)])
    with served_model(lambda body: next(replies, Reply(right_answer(body)))) as server:
        answer, faults = ask(server.base_url, request_of(), retry=RetryPolicy(4, 0.2, 0.01, 0.01))
    assert (answer.status, answer.attempts, len(faults)) == (Status.OK, 4, 3)


def test_a_retry_after_beyond_the_time_that_is_left_ends_the_fight_at_once(request_of):
    reply = Reply(status=429, body=error_body("slow down"), headers={"Retry-After": "86400"})
    with served_model(lambda _: reply) as server:
        answer, _ = ask(server.base_url, request_of())
    assert (answer.status, answer.attempts) == (Status.ERROR, 1)


@pytest.mark.parametrize(
    "body",
    [
        error_body("This model's maximum context length is 512 tokens, you requested 900"),
        json.dumps({"error": {"code": 400, "type": "exceed_context_size_error", "message": "too large"}}),
    ],
)
def test_a_prompt_over_the_context_window_is_truncated_and_not_asked_again(request_of, body):
    with served_model(lambda _: Reply(status=400, body=body)) as server:
        answer, _ = ask(server.base_url, request_of())
    assert (answer.status, answer.finish_reason, answer.attempts) == (Status.TRUNCATED, "context_overflow", 1)


def test_another_bad_request_is_an_error_that_is_not_asked_again(request_of):
    with served_model(lambda _: Reply(status=400, body=error_body("unknown field top_kk"))) as server:
        answer, _ = ask(server.base_url, request_of())
    assert (answer.status, answer.attempts) == (Status.ERROR, 1)
    assert answer.error == "HTTP 400: unknown field top_kk"


@pytest.mark.parametrize(("status", "hint"), [(401, "--api-key-env"), (403, "--api-key-env"), (404, "--model")])
def test_a_refusal_of_every_request_stops_at_once_and_says_what_to_check(request_of, status, hint):
    with (
        served_model(lambda _: Reply(status=status, body=error_body("no"))) as server,
        pytest.raises(RequestRefused, match=hint),
    ):
        ask(server.base_url, request_of())


def test_the_key_travels_as_a_bearer_token_and_is_in_no_error(request_of):
    with served_model(lambda _: Reply(status=500, body=error_body("no"))) as server:
        answer, _ = ask(server.base_url, request_of(), api_key="sk-secret")
    assert server.log.authorizations[0] == "Bearer sk-secret"
    assert "sk-secret" not in repr(answer)


def test_user_info_in_the_url_becomes_basic_authorization(request_of):
    with served_model(lambda body: Reply(right_answer(body))) as server:
        answer, _ = ask(server.base_url.replace("http://", "http://me:pass%21@"), request_of())
    assert answer.status is Status.OK
    assert server.log.authorizations == ["Basic " + b64encode(b"me:pass!").decode()]


def test_a_proxy_of_the_environment_is_not_used_for_this_machine(request_of, monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{closed_port()}")
    with served_model(lambda body: Reply(right_answer(body))) as server:
        assert ask(server.base_url, request_of())[0].status is Status.OK


def closed_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def models(url):
    async def scenario():
        async with Endpoint(url, "test-model") as endpoint:
            return await endpoint.models(FAST)

    return asyncio.run(scenario())


def test_nothing_at_the_address_is_said_with_the_address():
    port = closed_port()
    with pytest.raises(EndpointUnreachable, match=f"nothing answers at http://127.0.0.1:{port}/v1"):
        models(f"http://user:secret@127.0.0.1:{port}/v1")


@pytest.mark.parametrize("page", ["<!doctype html><h1>Hello</h1>", "[]", '{"data": "no list"}', '{"models": []}'])
def test_a_page_that_is_no_api_is_said_with_what_it_answers(page):
    with (
        served_model(lambda _: Reply(), models=page) as server,
        pytest.raises(RequestRefused, match=r"it answers '.*check --base-url"),
    ):
        models(server.base_url)


def test_an_endpoint_without_a_list_of_models_is_no_fault():
    with served_model(lambda _: Reply()) as server:
        assert models(server.base_url.replace("/v1", "/other")) is None


def test_a_list_of_models_that_fails_once_is_asked_for_again():
    pages = iter(["<html>warming up</html>", "{broken"])
    with served_model(lambda _: Reply()) as server:
        listed = server.models
        server.models = lambda: next(pages, listed)
        assert models(server.base_url) == listed


def test_the_clients_own_environment_variables_send_nothing(request_of, monkeypatch):
    monkeypatch.setenv("OPENAI_ORG_ID", "org-private")
    monkeypatch.setenv("OPENAI_API_KEY", "sk-private")
    with served_model(lambda body: Reply(right_answer(body))) as server:
        ask(server.base_url, request_of())
    assert "private" not in str(server.log.headers)


@pytest.mark.parametrize(
    "reply",
    [
        Reply(headers={"Content-Type": "application/json; charset=hex"}),
        Reply(headers={"Content-Type": "application/json; charset=no-such"}, status=400, body="{}"),
        Reply(status=429, body="{}", headers={"Retry-After": "Mon, 01 Jan 99999999999 00:00:00 GMT"}),
        Reply(body="[" * 200_000),
        Reply(finish_reason="abort"),
        Reply("half an", finish_reason="error"),
    ],
)
def test_whatever_a_broken_server_sends_is_a_fault_and_no_crash(request_of, reply):
    replies = iter([reply])
    with served_model(lambda body: next(replies, Reply(right_answer(body)))) as server:
        answer, _ = ask(server.base_url, request_of())
    assert answer.status in (Status.OK, Status.ERROR)
    assert answer.response in (None, "The answer is 5.")


@pytest.mark.parametrize(
    "url",
    [
        *("", "127.0.0.1:8000", "ftp://x", "http://", "http://[::1/v1", "http://host:port/v1", "http://h:99999"),
        *("http://exa mple/v1", "http://h/v1?token=abc", "http://h/v1#x"),
    ],
)
def test_an_address_that_is_no_url_is_refused(url):
    with pytest.raises(UsageError, match="--base-url"):
        Endpoint(url, "m")


def test_the_default_deadline_grows_with_the_token_budget():
    assert default_deadline(2048) == pytest.approx(264.8)
    assert default_deadline(131072) > 3 * 3600
    assert default_deadline(None) == 3600


@pytest.mark.parametrize("streams", [True, False])
def test_a_request_that_is_done_leaves_nothing_for_the_collector(request_of, streams):
    def left() -> list[object]:
        return [held for held in gc.get_objects() if isinstance(held, Request | Prompt | openai.AsyncStream)]

    async def scenario(url: str) -> list[object]:
        async with Endpoint(url, "test-model", retry=FAST) as endpoint:
            # What is there already is not looked at: a whole test run holds millions of objects.
            gc.freeze()
            for item in range(4):
                assert (await endpoint.ask(request_of(str(item)))).status is Status.OK
            return left()

    gc.disable()
    try:
        with served_model(lambda body: Reply(), streams=streams) as server:
            assert asyncio.run(scenario(server.base_url)) == []
    finally:
        gc.unfreeze()
        gc.enable()
