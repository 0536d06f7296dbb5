"""`quantgate run` and endpoints that want to be asked in their own way, over real HTTP."""

from __future__ import annotations

import json

import pytest

from quantgate.evals.runs.directory import RunDirectory
from tests.server.served import Reply, echoing, error_body, served_model

pytestmark = pytest.mark.slow


@pytest.mark.usefixtures("hurried")
@pytest.mark.parametrize(
    ("models", "said"),
    [
        *(
            (Reply(status=status, body=error_body("no list")), f"HTTP {status}: no list")
            for status in (400, 401, 403, 410, 422)
        ),
        (
            Reply(status=302, body="", headers={"Location": "https://login.example/"}),
            "points to https://login.example/",
        ),
        (Reply(body='{"object": "list", "data": null}'), "no list of models"),
        (Reply(status=204, body=""), "no list of models"),
        (Reply(body="<!doctype html><title>Hello</title>"), "no list of models"),
        (Reply(body='{"data": [1, 2]}'), "no list of models"),
        (Reply(status=500, body=error_body("no list")), "HTTP 500: no list"),
    ],
)
def test_a_list_of_models_that_cannot_be_had_is_a_note(quantgate, arguments, rule, models, said):
    with served_model(rule, models=models) as server:
        code, _, err = quantgate(arguments(server.base_url, "--limit", "2"))
    assert code == 0
    assert "note:" in err
    assert said in err


@pytest.mark.parametrize(
    "body", ['[{"id": "test-model", "max_model_len": 99}]', '["test-model"]', '{"data": ["test-model"]}']
)
def test_a_bare_list_of_models_is_one(quantgate, arguments, rule, body, tmp_path):
    with served_model(rule, models=Reply(body=body)) as server:
        code, _, err = quantgate(arguments(server.base_url, "--limit", "2"))
    assert (code, "note:" in err) == (0, False)
    assert RunDirectory(tmp_path / "run").record().endpoint["served"]["id"] == "test-model"


def test_where_chat_is_refused_too_one_message_says_so(quantgate, arguments):
    refusal = Reply(status=401, body=error_body("wrong key"))
    with served_model(lambda _: refusal, models=refusal) as server:
        code, _, err = quantgate(arguments(server.base_url))
    assert code == 2
    assert err.count("quantgate:") == 1
    assert "--api-key-env" in err


@pytest.mark.parametrize("concurrency", ["1", "auto"])
@pytest.mark.parametrize(
    "body",
    [
        json.dumps({"choices": [{"message": {"content": 5}, "finish_reason": "stop"}]}),
        json.dumps({"output": [{"type": "message", "content": "5"}]}),
        json.dumps({"choices": [{"text": "5", "finish_reason": "stop"}]}),
        '"5"',
    ],
)
def test_answers_of_a_form_that_cannot_be_read_stop_the_run_early(quantgate, arguments, body, concurrency, monkeypatch):
    monkeypatch.setattr("quantgate.evals.endpoint.retrying.RetryPolicy.wait", lambda *_: 0.05)
    with served_model(lambda _: Reply(body=body, delay_s=0.05)) as server:
        code, _, err = quantgate(arguments(server.base_url, "--limit", "12", "--concurrency", concurrency))
        asked = len(server.log.bodies)
    assert code == 2
    assert "answers in a form that cannot be read" in err
    assert asked <= 24


def test_an_unreadable_answer_now_and_then_stops_nothing(quantgate, arguments, rule, monkeypatch):
    monkeypatch.setattr("quantgate.evals.endpoint.retrying.RetryPolicy.wait", lambda *_: 0.01)

    def odd(body):
        return Reply(body='{"output": "5"}') if "Test 7:" in body["messages"][-1]["content"] else rule(body)

    with served_model(odd) as server:
        code, out, _ = quantgate(arguments(server.base_url))
        assert (code, len(server.log.bodies)) == (5, 39 + 4)
        server.rule = rule
        assert quantgate(arguments(server.base_url))[0] == 0
    assert "errors 1" in out


def test_what_is_left_out_is_recorded_and_not_compared_with_what_is_sent(quantgate, arguments, rule, tmp_path):
    with served_model(rule) as server:
        quantgate(arguments(server.base_url, "--limit", "2", "--omit", "seed,temperature"))
        code, _, err = quantgate(arguments(server.base_url, "--limit", "2"))
        assert {"seed", "temperature"}.isdisjoint(server.log.bodies[0])
    record = RunDirectory(tmp_path / "run").record()
    assert (record.tasks[0].sampling["seed"], record.tasks[0].sampling["temperature"]) == (None, None)
    assert record.asked["omit"] == ["seed", "temperature"]
    assert code == 2
    assert "temperature null there, 0.0 in this command" in err


def test_how_it_was_asked_is_recorded_and_forbids_nothing(quantgate, arguments, rule, tmp_path):
    with served_model(rule, streams=True) as server:
        quantgate(arguments(server.base_url, "--limit", "2"))
        assert RunDirectory(tmp_path / "run").record().asked == {"streamed": True, "max_tokens_field": "max_tokens"}
        assert quantgate(arguments(server.base_url, "--limit", "4", "--no-stream"))[0] == 0
        quantgate(arguments(server.base_url, "--limit", "4", out=tmp_path / "whole"))
        assert quantgate(["gate", str(tmp_path / "run"), str(tmp_path / "whole"), "--margin", "0.9"])[0] != 4
    record = RunDirectory(tmp_path / "run").record()
    assert (record.asked["stream"], record.asked["streamed"], record.earlier) == (False, False, ())
    samples = RunDirectory(tmp_path / "run").samples().values()
    assert sorted(sample.first_token_s is None for sample in samples) == [False, False, True, True]


def test_keys_in_headers_and_queries_are_written_nowhere(quantgate, arguments, rule, tmp_path, monkeypatch):
    monkeypatch.setenv("AZURE_KEY", "sk-azure-secret")
    echo = Reply(status=400, body=error_body("bad: sk-azure-secret sig-secret"))
    with served_model(lambda body: echo if "Test 1:" in str(body["messages"][-1]) else rule(body)) as server:
        url = f"{server.base_url}?api-version=2024-10-21&sig=sig-secret"
        code, out, err = quantgate(arguments(url, "--header", "api-key=AZURE_KEY", "--first", "4"))
        assert {headers["api-key"] for headers in server.log.headers} == {"sk-azure-secret"}
    written = "".join(file.read_text() for file in tmp_path.rglob("*") if file.is_file())
    assert code == 5
    assert "bad: *** ***" in written
    for secret in ("sk-azure-secret", "sig-secret", "2024-10-21"):
        assert secret not in written + out + err


def test_every_option_can_stand_in_a_file(quantgate, arguments, rule, tmp_path, monkeypatch):
    monkeypatch.setenv("MY_HEADER", "hello")
    (tmp_path / "run.yaml").write_text(
        "stream: auto\nstall_timeout: 30\nomit: [top_p, stop]\nmax_tokens_field: max_new_tokens\n"
        "header: {x-team: MY_HEADER}\n"
    )
    with served_model(rule) as server:
        code, _, _ = quantgate(arguments(server.base_url, "--limit", "1", "--config", str(tmp_path / "run.yaml")))
        assert server.log.headers[0]["x-team"] == "hello"
        assert server.log.bodies[0]["max_new_tokens"] == 2048
    assert code == 0


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (["--omit", "messages"], "'messages' cannot be left out; these can: seed, max_tokens"),
        (["--omit", "seed", "--seed", "5"], "--seed sets what --omit seed leaves out"),
        (["--max-tokens-field", "max tokens"], "--max-tokens-field"),
        (["--max-tokens-field", "messages"], "give a name such as max_completion_tokens"),
        (["--header", "api-key"], "--header 'api-key': write NAME=VALUE"),
        (["--header", "api key=HOME"], "is no name of a header"),
        (["--header", "api-key=NO_SUCH_VARIABLE"], "--header api-key NO_SUCH_VARIABLE"),
        (["--ca-bundle", "/no/such.pem"], "--ca-bundle /no/such.pem: cannot be read"),
        (["--stall-timeout", "0"], "--stall-timeout 0.0"),
        (["--extra-body", '{"stream_options": {}}'], "may not set stream_options"),
    ],
)
def test_wrong_usage_is_one_message_and_exit_2(quantgate, arguments, tmp_path, more, said):
    code, out, err = quantgate(arguments("http://127.0.0.1:9/v1", *more))
    assert code == 2
    assert said in err
    assert "Traceback" not in out + err
    assert not (tmp_path / "run").exists()


def test_a_refused_parameter_ends_with_what_leaves_it_out(quantgate, arguments):
    with served_model(lambda _: Reply(status=400, body=error_body("seed is not supported"))) as server:
        code, _, err = quantgate(arguments(server.base_url))
        _, out, _ = quantgate(["doctor", "--base-url", server.base_url])
    assert code == 2
    assert "--omit seed leaves it to the server" in err
    assert "--omit seed leaves it to the server" in out


def test_doctor_tells_how_answers_come_and_how_the_budget_is_called(quantgate):
    def newer(body):
        if "max_tokens" in body:
            return Reply(status=400, body=error_body("Use 'max_completion_tokens' instead of 'max_tokens'"))
        return Reply("2 + 3 = 5.")

    with served_model(newer, streams=True) as server:
        _, out, _ = quantgate(["doctor", "--base-url", server.base_url])
        assert "stream: first token after" in out
        assert "sent as max_completion_tokens" in out
        _, out, _ = quantgate(["doctor", "--base-url", server.base_url, "--no-stream"])
        assert "stream: answers come whole" in out


def test_what_a_server_makes_of_the_first_prompts_is_recorded_once_for_each_way(quantgate, arguments, rule, tmp_path):
    def told() -> list:
        return json.loads((tmp_path / "run" / "run.json").read_text())["endpoint"]["token_ids"]["gsm8k"]

    for limit in ("5", "6", "6"):
        with served_model(rule, scores=echoing()) as server:
            assert quantgate(arguments(server.base_url, "--first", limit))[0] == 0
        (made,) = told()
        assert made["templated"] != made["plain"]
    with served_model(rule, scores=echoing(), tokenizes=False) as server:
        assert quantgate(arguments(server.base_url, "--first", "7"))[0] == 0
    assert told() == [made]
