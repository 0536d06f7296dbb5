"""Whose failure a call of a model is: the agent's own, or one that is never scored."""

from __future__ import annotations

import json
from types import SimpleNamespace

import pytest

from quantgate.tasks.tau2 import calls
from quantgate.tasks.tau2.calls import (
    AgentFailure,
    Context,
    RoleFault,
    calling,
    litellm_arguments,
    retrying,
    tagged,
    watch,
)
from quantgate.tasks.tau2.wire import Retry, Role, Served
from tests.server.agent import call, completion_of, text
from tests.server.served import error_body


class LibraryError(Exception):
    """What litellm would raise."""


class Exchanges:
    """A `litellm.completion` that meets one HTTP exchange after the other: (status, body), or `None` for none."""

    def __init__(self, *exchanges, headers=None):
        self.left = list(exchanges)
        self.headers = headers or {}
        self.arguments = []

    def __call__(self, **arguments):
        self.arguments.append(arguments)
        exchange = self.left.pop(0)
        if exchange is None:
            raise LibraryError("Connection error.") from ConnectionResetError("reset by peer")
        status, body = exchange
        watch(SimpleNamespace(read=lambda: None, status_code=status, headers=self.headers, text=body))
        if status != 200 or not body.startswith('{"id"'):
            raise LibraryError("status 422: it is said otherwise")
        return json.loads(body)


def generate_with(completion):
    """A `generate` as tau2 has it: parses arguments, checks nothing else."""

    def generate(**arguments):
        reply = retrying(completion, LibraryError)(**arguments)["choices"][0]["message"]
        tool_calls = [json.loads(it["function"]["arguments"]) for it in reply.get("tool_calls") or []]
        if any(not isinstance(it, dict) for it in tool_calls):
            raise TypeError("arguments must be a mapping")
        return SimpleNamespace(content=reply["content"], tool_calls=tool_calls or None)

    return generate


def ask(role, *exchanges, tries=4, total_s=60.0, judge=None, verdicts=0, headers=None, slept=None):
    faults = []
    context = Context(Retry(tries, total_s, 0.0, 0.0), lambda *fault: faults.append(fault), judge, verdicts)
    completion = Exchanges(*exchanges, headers=headers)
    with calling(context):
        message = tagged(role, generate_with(completion))(model="m", messages=[])
    return message, faults, context, completion


HELLO = (200, completion_of(text("Hello.")))
TOOL = (200, completion_of(call("f", {"a": 1})))
OVERFLOW = (400, json.dumps({"error": {"message": "This model's maximum context length is 8192 tokens."}}))


@pytest.fixture(autouse=True)
def waits(monkeypatch):
    waited = []
    monkeypatch.setattr(calls.time, "sleep", waited.append)
    return waited


@pytest.mark.parametrize("role", [Role.AGENT, Role.USER])
@pytest.mark.parametrize(
    "fault",
    [
        None,
        (500, "oops"),
        (503, "<html>"),
        (429, "slow"),
        (408, ""),
        (200, "{not json"),
        (200, ""),
        (200, '{"choices": []}'),
        (200, '{"error": {"message": "engine died"}}'),
    ],
)
def test_a_transport_fault_is_retried_and_told_with_its_role(role, fault):
    message, faults, context, _ = ask(role, fault, fault, HELLO)
    assert message.content == "Hello."
    assert [told[0] for told in faults] == [role, role]
    assert context.tallies[role].calls == 1


def test_an_overload_is_told_as_one():
    assert [overload for *_, overload in ask(Role.AGENT, (429, ""), (503, ""), (500, ""), HELLO)[1]] == [
        True,
        True,
        False,
    ]


def test_retry_after_is_honoured(waits):
    ask(Role.AGENT, (429, "slow"), HELLO, headers={"retry-after": "7"})
    assert waits == [7.0]


def test_a_date_to_retry_after_is_held_against_the_servers_own_clock(waits):
    dates = {"date": "Wed, 01 Jan 2025 00:00:00 GMT", "retry-after": "Wed, 01 Jan 2025 00:00:09 GMT"}
    ask(Role.AGENT, (429, "slow"), HELLO, headers=dates)
    assert waits == [9.0]


def test_a_wait_beyond_what_the_simulation_may_take_ends_it():
    with pytest.raises(RoleFault, match="slow"):
        ask(Role.AGENT, (429, "slow"), HELLO, headers={"retry-after": "61"})


@pytest.mark.parametrize("role", list(Role)[:2])
def test_a_fault_that_stays_is_never_the_models_own(role):
    with pytest.raises(RoleFault, match=r"HTTP 500: oops \(4 attempts\)") as fault:
        ask(role, *[(500, "oops")] * 4)
    assert fault.value.role is role
    assert not fault.value.refusing


@pytest.mark.parametrize(
    ("exchange", "reason"),
    [
        ((200, completion_of(call("f", "{broken"))), "agent_broken_tool_call"),
        ((200, completion_of(call("f", ""))), "agent_broken_tool_call"),
        ((200, completion_of(call("f", "[1]"))), "agent_broken_tool_call"),
        ((200, completion_of(text(""))), "agent_empty_reply"),
        ((200, completion_of({"content": None, "reasoning_content": "hm"})), "agent_empty_reply"),
        ((200, completion_of(text(""), "length")), "agent_truncated_reply"),
        ((200, completion_of(call("f", '{"a": "'), "length")), "agent_truncated_reply"),
        ((200, completion_of(text(""), "content_filter")), "agent_refused_reply"),
        (OVERFLOW, "agent_context_exceeded"),
        ((500, error_body("Context size has been exceeded.")), "agent_context_exceeded"),
    ],
)
def test_the_agents_own_failure_is_told_apart_and_not_retried(exchange, reason):
    with pytest.raises(AgentFailure) as failure:
        ask(Role.AGENT, exchange)
    assert failure.value.reason == reason


def test_what_the_agent_broke_is_kept():
    arguments = '{"order_id": "#W1", "items": [' + "1, " * 200
    with pytest.raises(AgentFailure) as failure:
        ask(Role.AGENT, (200, completion_of(call("cancel_order", arguments))))
    assert "cancel_order(" + arguments.strip() in failure.value.detail


def test_a_user_whose_context_is_full_is_told_to_be_served_with_a_longer_one():
    with pytest.raises(RoleFault, match="Serve it with a longer context"):
        ask(Role.USER, OVERFLOW)


@pytest.mark.parametrize("exchange", [(200, completion_of(call("f", "{broken"))), (200, completion_of(text(" ")))])
def test_an_unusable_answer_of_the_user_is_asked_again_and_then_a_fault(exchange):
    message, faults, *_ = ask(Role.USER, exchange, exchange, TOOL)
    assert message.tool_calls == [{"a": 1}]
    assert len(faults) == 2
    with pytest.raises(RoleFault) as fault:
        ask(Role.USER, exchange, exchange, exchange)
    assert fault.value.role is Role.USER


def test_the_users_full_context_is_a_fault():
    with pytest.raises(RoleFault, match="maximum context length"):
        ask(Role.USER, OVERFLOW)


@pytest.mark.parametrize(("status", "refusing"), [(401, True), (403, True), (404, True), (400, False), (422, False)])
def test_a_refusal_is_not_retried_and_never_scored(status, refusing):
    with pytest.raises(RoleFault, match=f"HTTP {status}") as fault:
        ask(Role.AGENT, (status, "no"))
    assert fault.value.refusing is refusing


def test_tokens_are_counted_by_role_for_whole_answers_only():
    *_, context, _ = ask(Role.AGENT, (500, ""), HELLO)
    tally = context.tallies[Role.AGENT]
    assert (tally.calls, tally.prompt_tokens, tally.completion_tokens, tally.truncated) == (1, 10, 7, 0)


JUDGE = Served("judge-model", "http://judge/v1", 10.0)


def judgements(*met):
    results = [{"expectedOutcome": "o", "reasoning": "r", "metExpectation": it} for it in met]
    return json.dumps({"results": results})


def test_the_judge_is_the_one_that_was_named_whatever_tau2_would_take():
    message, _, _, completion = ask(Role.JUDGE, (200, completion_of(text(judgements(True)))), judge=JUDGE, verdicts=1)
    assert completion.arguments[0]["model"] == "openai/judge-model"
    assert completion.arguments[0]["api_base"] == "http://judge/v1"
    assert json.loads(message.content)["results"][0]["metExpectation"] is True


def test_without_a_named_judge_nothing_is_asked():
    with pytest.raises(RoleFault, match="no judge is named"):
        ask(Role.JUDGE, HELLO)


def test_a_fenced_judgement_is_read():
    fenced = f"```json\n{judgements(False)}\n```"
    message, faults, *_ = ask(Role.JUDGE, (200, completion_of(text(fenced))), judge=JUDGE, verdicts=1)
    assert json.loads(message.content)["results"][0]["metExpectation"] is False
    assert faults == []


@pytest.mark.parametrize("said", ["yes", '{"results": []}', judgements(True), '{"results": [{}, {}]}', "[]"])
def test_a_judge_that_does_not_judge_every_assertion_has_failed(said):
    with pytest.raises(RoleFault) as fault:
        ask(Role.JUDGE, *[(200, completion_of(text(said)))] * 3, judge=JUDGE, verdicts=2)
    assert fault.value.role is Role.JUDGE


def test_a_call_that_nobody_has_tagged_is_refused():
    with pytest.raises(RuntimeError, match="does not know"):
        retrying(Exchanges(HELLO), LibraryError)(model="m")


def test_litellm_is_told_what_is_set_and_never_to_retry():
    served = Served("m", "http://host/v1", 30.0, temperature=0.0, extra_body={"top_k": 1})
    told = litellm_arguments(served, {"X-Quantgate-Unit": "airline/0; trial=0"})
    assert told == {
        "api_base": "http://host/v1",
        "api_key": "none",
        "timeout": 30.0,
        "num_retries": 0,
        "max_retries": 0,
        "extra_headers": {"X-Quantgate-Unit": "airline/0; trial=0"},
        "temperature": 0.0,
        "extra_body": {"top_k": 1},
    }


def test_no_key_is_shown_with_the_model_that_it_is_for():
    assert "secret" not in repr(Served("m", "http://host/v1", 1.0, api_key="secret", authorization="Basic secret"))


def test_litellm_that_wants_mcp_for_tools_is_told_not_to(monkeypatch):
    monkeypatch.setattr(calls, "_without_mcp", {})
    answering = Exchanges(HELLO, HELLO)

    def wanting_mcp(**arguments):
        if not arguments.pop("_skip_mcp_handler", False):
            raise ModuleNotFoundError("No module named 'mcp'")
        return answering(**arguments)

    context = Context(Retry(1, 0.0, 0.0, 0.0), lambda *fault: None)
    with calling(context):
        assert tagged(Role.AGENT, generate_with(wanting_mcp))(model="m", messages=[]).content == "Hello."
