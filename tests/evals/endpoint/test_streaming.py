"""Answers that are streamed, over real HTTP: what is an answer, what a fault, and who is asked how."""

import asyncio
from typing import Any

import pytest

from quantgate.evals.contract.fault import Fault
from quantgate.evals.contract.records import Answer, Status
from quantgate.evals.endpoint.client import Connection, Endpoint, RetryPolicy
from tests.conftest import right_answer
from tests.server.events import chunk, event
from tests.server.served import Reply, completion_events, error_body, served_model

FAST = RetryPolicy(tries=4, total_s=20, first_wait_s=0.01, longest_wait_s=0.02)
HALF = event(chunk({"content": "half an"}))
END = event(chunk({}, "stop"))
USAGE = event({**chunk({}), "choices": [], "usage": {"completion_tokens": 5, "prompt_tokens": 9}})
ALIVE = b": keep-alive\n\n"


def ask(server, request, *, times: int = 1, timeout_s: float | None = None, **connection: Any):
    """The last of several answers, every fault, and what was found out about the server."""
    faults: list[Fault] = []

    async def scenario() -> tuple[Answer, dict[str, Any]]:
        options = Connection(**connection)
        async with Endpoint(
            server.base_url, "test-model", retry=FAST, timeout_s=timeout_s, connection=options
        ) as endpoint:
            answers = [await endpoint.ask(request, faults.append) for _ in range(times)]
            return answers[-1], endpoint.found()

    answer, found = asyncio.run(scenario())
    return answer, faults, found


def forms(server) -> list[bool]:
    """Whether each request asked for a stream."""
    return [body.get("stream", False) for body in server.log.bodies]


def test_a_server_that_streams_well_is_asked_to(request_of):
    with served_model(lambda body: Reply(right_answer(body), reasoning="2, then 3"), streams=True) as server:
        answer, faults, found = ask(server, request_of(), times=2)
    assert (answer.status, answer.response, answer.reasoning) == (Status.OK, "The answer is 5.", "2, then 3")
    assert (answer.finish_reason, answer.usage["completion_tokens"], faults) == ("stop", 7, [])
    assert forms(server) == [True, True]
    assert found == {"streamed": True, "max_tokens_field": "max_tokens"}


def test_the_time_of_the_first_token_and_the_speed_of_the_others_are_told(request_of):
    def slow(body):
        return Reply(stream=[event(chunk({"role": "assistant"})), 0.2, HALF, 0.3, HALF, END, USAGE])

    with served_model(slow) as server:
        answer, _, _ = ask(server, request_of(), stream=True)
    assert 0.2 <= answer.first_token_s < 0.45
    assert answer.latency_s >= 0.5
    assert 4 / answer.latency_s < answer.tokens_per_s <= 4 / 0.25


@pytest.mark.parametrize("stream", [None, True])
def test_a_server_that_answers_in_one_is_taken_so(request_of, stream):
    with served_model(lambda body: Reply(right_answer(body))) as server:
        answer, faults, found = ask(server, request_of(), times=2, stream=stream)
    assert (answer.response, answer.first_token_s, faults) == ("The answer is 5.", None, [])
    assert forms(server) == [True, stream is True]
    assert found["streamed"] is False


@pytest.mark.parametrize("headers", [{}, {"Content-Type": "application/json"}, {"Content-Type": "text/plain"}])
@pytest.mark.parametrize("stream", [None, False])
def test_a_server_that_streams_unasked_is_read(request_of, headers, stream):
    def streaming(body):
        return Reply(stream=completion_events({"stream_options": {"include_usage": True}}, Reply()), headers=headers)

    with served_model(streaming) as server:
        answer, faults, found = ask(server, request_of(), stream=stream)
    assert (answer.response, answer.usage["completion_tokens"], faults) == ("The answer is 5.", 4, [])
    assert found["streamed"] is True


def test_a_server_that_knows_only_streams_is_asked_for_them(request_of):
    def only_streams(body):
        if "stream_options" in body:
            return Reply(status=400, body=error_body("Extra inputs are not permitted: stream_options"))
        if not body.get("stream"):
            return Reply(status=422, body=error_body("this server answers in streams only"))
        return Reply(right_answer(body))

    with served_model(only_streams, streams=True) as server:
        answer, faults, found = ask(server, request_of(), times=3)
    assert (answer.response, faults, found["streamed"]) == ("The answer is 5.", [], True)


@pytest.mark.parametrize(
    "refusal",
    [
        Reply(status=400, body=error_body("Streaming is not supported for this model")),
        Reply(status=422, body=error_body("body.stream: extra fields not permitted")),
        Reply(status=501, body=error_body("no")),
        Reply(status=505, body=error_body("HTTP Version Not Supported")),
        Reply(status=426, body=""),
        Reply(status=500, body=error_body("internal")),
        Reply(status=200, body="<html>streams come here</html>"),
        Reply(reset=True),
        Reply(stream=[HALF]),
        Reply(stream=[event(chunk({"content": "The answer is 6."})), END]),
    ],
)
def test_a_server_that_does_not_stream_well_is_asked_for_whole_answers(request_of, refusal):
    with served_model(lambda body: refusal if body.get("stream") else Reply(right_answer(body))) as server:
        answer, _, found = ask(server, request_of(), times=2)
    assert (answer.status, answer.response, found["streamed"]) == (Status.OK, "The answer is 5.", False)
    assert forms(server)[-1] is False


def test_a_stream_without_token_counts_is_kept_when_it_is_wanted(request_of):
    with served_model(lambda _: Reply(stream=[event(chunk({"content": "5"})), END])) as server:
        answer, _, found = ask(server, request_of(), times=2, stream=True)
    assert (answer.response, answer.usage, found["streamed"]) == ("5", None, True)


def test_whole_answers_are_had_by_asking(request_of):
    with served_model(lambda body: Reply(right_answer(body)), streams=True) as server:
        ask(server, request_of(), stream=False)
    assert forms(server) == [False]


@pytest.mark.parametrize(
    ("reply", "said"),
    [
        (Reply(stream=[HALF]), "the stream ended without finish_reason, after 7 characters: half an"),
        (
            Reply(stream=[HALF, event({"error": {"message": "engine died"}})]),
            "error in its stream, after 7 .* engine died",
        ),
        (Reply(stream=[HALF, 0.05, ALIVE], cut=True), "after 7 characters: half an"),
        (Reply(stream=[HALF, b'data: {"choices": [\n\n']), "not JSON"),
    ],
)
def test_a_stream_that_breaks_is_a_fault_and_its_text_is_not_an_answer(request_of, reply, said):
    with served_model(lambda _: reply) as server:
        answer, faults, _ = ask(server, request_of(), stream=True)
    assert (answer.status, answer.response, answer.attempts) == (Status.ERROR, None, 4)
    assert len(faults) == 4
    with pytest.raises(Fault, match=said):
        raise faults[-1]


def test_keep_alive_comments_are_no_tokens(request_of):
    with served_model(lambda _: Reply(stream=[HALF, *[ALIVE, 0.1] * 10, END])) as server:
        answer, faults, _ = ask(server, request_of(), stream=True, stall_s=0.3)
    assert answer.error == "no token for 0.3 s, after 7 characters: half an"
    assert faults[0].overload


def test_as_long_as_tokens_come_nothing_is_given_up(request_of):
    with served_model(lambda _: Reply(stream=[*[HALF, ALIVE, 0.1] * 10, END, USAGE])) as server:
        answer, faults, _ = ask(server, request_of(), stream=True, stall_s=0.4)
    assert (answer.response, faults) == ("half an" * 10, [])


def test_a_deadline_that_is_given_holds_for_streams_too(request_of):
    with served_model(lambda _: Reply(stream=[HALF, 0.1] * 20)) as server:
        answer, _, _ = ask(server, request_of(), stream=True, timeout_s=0.35)
    assert answer.error.startswith("no answer within 0.35 s, after ")


def test_an_answer_is_whole_though_the_connection_is_left_open(request_of):
    with served_model(lambda _: Reply(stream=[event(chunk({"content": "5"})), END, 2.0])) as server:
        answer, faults, _ = ask(server, request_of(), stream=True, stall_s=0.3)
    assert (answer.response, faults) == ("5", [])


@pytest.mark.parametrize("code", [400, None])
def test_a_full_context_that_is_told_in_the_stream_is_a_full_context(request_of, code):
    error = event({"error": {"message": "This model's maximum context length is 512 tokens", "code": code}})
    with served_model(lambda _: Reply(stream=[error])) as server:
        answer, _, _ = ask(server, request_of())
    assert (answer.status, answer.finish_reason, answer.attempts) == (Status.TRUNCATED, "context_overflow", 1)


def test_many_tokens_at_once_are_gathered_and_none_is_lost(request_of):
    words = [f" {number}" for number in range(8000)]
    with served_model(lambda _: Reply("".join(words)), streams=True) as server:
        answer, _, _ = ask(server, request_of())
    assert answer.response == "".join(words)
    assert answer.usage["completion_tokens"] == 8000
