"""What an endpoint shows before a benchmark is asked of it."""

from __future__ import annotations

import asyncio
import json

from quantgate.evals.contract.records import Prompt, Sampling
from quantgate.evals.runs.observation import Health
from quantgate.evals.runs.preflight import Question, examine
from quantgate.evals.settings.run import RunConfig
from tests.server.served import Reply, error_body, served_model

PROMPT = Prompt(({"role": "user", "content": "How many?"},), "")


def question(server, tmp_path, *, model="test-model", prompt=PROMPT, max_tokens=2048, needs_tools=False):
    config = RunConfig(task=("sums",), base_url=server.base_url, model=model, out=tmp_path)
    return Question("sums", config, prompt, Sampling(max_tokens=max_tokens), needs_tools)


def seen_at(server, tmp_path, patience_s=60.0, **wanted):
    return asyncio.run(examine([question(server, tmp_path, **wanted)], patience_s))


def what_is(health, examined):
    return [f"{seen.subject}: {seen.text}" for seen in examined.observations if seen.health is health]


def test_an_endpoint_that_answers_the_first_item_is_fit_and_its_answer_is_kept(tmp_path):
    with served_model(lambda _: Reply("It is 5.")) as server:
        examined = seen_at(server, tmp_path)
        assert len(server.log.bodies) == 1
    assert examined.is_fit
    assert examined.observations == ()
    assert examined.answers["sums"].usage["completion_tokens"] == 3
    assert examined.identity["served"]["id"] == "test-model"


def test_a_model_that_is_not_listed_is_asked_nothing_and_the_nearest_name_is_told(tmp_path):
    listed = [{"id": "glm-fp8"}, {"id": "glm-mxfp4"}]
    with served_model(lambda _: Reply(), models=listed) as server:
        examined = seen_at(server, tmp_path, model="glm-mxfp")
        assert server.log.bodies == []
    (said,) = what_is(Health.BAD, examined)
    assert "serves glm-fp8, glm-mxfp4 and not glm-mxfp: write model: glm-mxfp4" in said


def test_a_proxy_that_lists_a_pattern_serves_what_it_matches(tmp_path):
    with served_model(lambda _: Reply(), models=[{"id": "openai/*"}]) as server:
        assert seen_at(server, tmp_path, model="openai/glm").is_fit


def test_a_server_without_a_list_is_only_noted(tmp_path):
    with served_model(lambda _: Reply(), models=Reply(status=404, body=error_body("no such page"))) as server:
        examined = seen_at(server, tmp_path)
    assert examined.is_fit
    assert [seen.subject for seen in examined.observations] == ["models"]


def test_a_server_that_is_down_is_told_with_its_address(tmp_path, monkeypatch):
    monkeypatch.setattr("quantgate.evals.endpoint.retrying.RetryPolicy.wait", lambda *_: 0.01)
    with served_model(lambda _: Reply()) as server:
        pass
    examined = seen_at(server, tmp_path)
    assert not examined.is_fit
    (said,) = what_is(Health.BAD, examined)
    assert said.startswith(f"endpoint: nothing answers at {server.base_url}")


def test_a_refused_key_stops(tmp_path):
    refused = Reply(status=401, body=error_body("bad key"))
    with served_model(lambda _: refused, models=refused) as server:
        (said,) = what_is(Health.BAD, seen_at(server, tmp_path))
    assert "401" in said


def test_a_budget_that_does_not_fit_the_context_stops_and_says_what_fits(tmp_path):
    with served_model(lambda _: Reply()) as server:
        (said,) = what_is(Health.BAD, seen_at(server, tmp_path, max_tokens=8190))
    assert "exceed the context of 8,192" in said
    assert "max_tokens: 8182 or less" in said


def test_an_answer_that_was_cut_or_empty_is_for_the_gate_to_judge(tmp_path):
    with served_model(lambda _: Reply("", finish_reason="stop")) as server:
        examined = seen_at(server, tmp_path)
    assert examined.is_fit
    assert "empty (finish_reason stop)" in what_is(Health.NOTE, examined)[0]


def test_a_long_answer_is_not_waited_for(tmp_path):
    with served_model(lambda _: Reply(hang=True)) as server:
        examined = seen_at(server, tmp_path, patience_s=0.2)
    assert examined.is_fit
    assert "still answering after 0.2 s" in what_is(Health.NOTE, examined)[0]


def test_a_task_of_tools_is_not_asked_where_there_are_none(tmp_path):
    with served_model(lambda _: Reply("I would look it up.")) as server:
        (said,) = what_is(Health.BAD, seen_at(server, tmp_path, prompt=None, needs_tools=True))
    assert said.startswith("tools: no tool calls, so every score would be 0")


def test_a_request_that_is_refused_is_told_with_what_the_server_said(tmp_path):
    body = json.dumps({"error": {"message": "top_k is not known"}})
    with served_model(lambda _: Reply(status=400, body=body)) as server:
        (said,) = what_is(Health.BAD, seen_at(server, tmp_path))
    assert "top_k is not known" in said
