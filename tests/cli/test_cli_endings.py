"""What `run` and `gate` make of answers that were cut, refused or abandoned, over HTTP."""

from __future__ import annotations

import json
from collections import Counter

import pytest

from quantgate.evals.runs.directory import RunDirectory
from tests.server.served import Reply, error_body, prompt_key, served_model

pytestmark = pytest.mark.slow

WINDOW = [{"id": "test-model", "object": "model", "max_model_len": 1024}]


def choice_body(content, finish_reason="stop", usage=None, **more) -> str:
    choice = {"index": 0, "message": {"role": "assistant", "content": content}, "finish_reason": finish_reason, **more}
    return json.dumps({"object": "chat.completion", "choices": [choice], "usage": usage})


def number_of(body) -> int:
    return int(body["messages"][-1]["content"].split("Test ")[1].split(":")[0])


def statuses(folder) -> Counter:
    return Counter(str(sample.status) for sample in RunDirectory(folder).samples().values())


@pytest.fixture
def ask(quantgate, arguments, tmp_path):
    """Runs the invented problems against a rule; returns exit code, output, errors and the bodies that were sent."""

    def run(rule, *more: str, out: str = "run", models=None):
        with served_model(rule, models=models) as server:
            code, output, error = quantgate(arguments(server.base_url, *more, out=tmp_path / out))
            return code, output, error, server.log.bodies

    return run


@pytest.mark.parametrize(
    "broken",
    [
        choice_body("The total is", "timeout"),
        choice_body("The total is", "Cancelled"),
        choice_body("The total is", None),
        choice_body("The total is", "stop", error={"code": 502, "message": "upstream died"}),
        choice_body("The total is", "stop", native_finish_reason="network_error"),
    ],
)
def test_an_answer_that_the_server_gave_up_is_asked_again_and_never_scored(ask, rule, tmp_path, broken):
    failed = set()

    def once(body):
        if number_of(body) % 4 == 0 and prompt_key(body) not in failed:
            failed.add(prompt_key(body))
            return Reply(body=broken)
        return rule(body)

    code, out, _, bodies = ask(once)
    assert (code, len(bodies), statuses(tmp_path / "run")) == (0, 50, {"ok": 40})
    assert "0.8000 (the score)" in out


def test_refusals_are_counted_score_nothing_and_block_beyond_their_share(ask, quantgate, rule, tmp_path):
    def filtered(body):
        if number_of(body) % 10 == 1:
            return Reply("I'm sorry, #### 12", finish_reason="content_filter")
        if number_of(body) % 10 == 2:
            return Reply(status=400, body=json.dumps({"error": {"code": "content_filter", "message": "filtered"}}))
        return rule(body)

    assert ask(rule, out="fp8")[0] == 0
    code, out, _, _ = ask(filtered, out="mxfp4")
    assert code == 0
    assert statuses(tmp_path / "mxfp4") == {"ok": 32, "refused": 8}
    assert {s.score for s in RunDirectory(tmp_path / "mxfp4").samples().values() if s.status == "refused"} == {0.0}
    assert "refused 8" in out
    assert "blocks: 20% of the answers (8 of 40) were refused and score 0 (content_filter 8)" in out
    decided = ["gate", str(tmp_path / "fp8"), str(tmp_path / "mxfp4"), "--margin", "0.9"]
    code, out, _ = quantgate([*decided, "--json", str(tmp_path / "gate.json")])
    assert code == 3
    assert json.loads((tmp_path / "gate.json").read_text())["tasks"][0]["validity"]["candidate"]["refused"] == 8


def test_a_reason_that_is_not_known_is_graded_counted_and_named(ask, rule):
    def odd(body):
        reply = rule(body)
        return Reply(reply.content, finish_reason="x" if number_of(body) < 37 else "stop")

    code, out, _, _ = ask(odd)
    assert code == 0
    assert "37 answers ended with finish_reason 'x', which is not known" in out
    assert "0.8000 (the score)" in out


def test_leaked_special_tokens_are_stored_counted_and_not_graded(ask, rule, tmp_path):
    code, out, _, _ = ask(lambda body: Reply(f"{rule(body).content}<|im_end|>"))
    assert code == 0
    assert "0.8000 (the score)" in out
    assert "100% of the answers (40 of 40) end in special tokens (<|im_end|> 40)" in out
    assert all(s.response.endswith("<|im_end|>") for s in RunDirectory(tmp_path / "run").samples().values())


def clamped(rule):
    """vLLM 0.32 with a window of 1,024: a third of the answers is cut at what the prompt has left of it."""

    def reply(body):
        if number_of(body) % 3:
            return rule(body)
        usage = {"prompt_tokens": 624, "completion_tokens": 400, "total_tokens": 1024}
        return Reply(body=choice_body("Let me think about", "length", usage))

    return reply


def refusing(rule):
    """llama.cpp, which refuses a third of the prompts with HTTP 500."""
    full = error_body("Context size has been exceeded.")
    return lambda body: rule(body) if number_of(body) % 3 else Reply(status=500, body=full)


@pytest.mark.parametrize("narrow", [clamped, refusing])
def test_a_context_that_is_too_short_is_told_as_that_and_asked_again_once_it_is_longer(ask, rule, tmp_path, narrow):
    code, out, _, bodies = ask(narrow(rule), models=WINDOW)
    assert (code, len(bodies), statuses(tmp_path / "run")) == (0, 40, {"ok": 26, "truncated": 14})
    assert "blocks: 35% of the answers (14 of 40) did not fit into the context window: serve a longer one" in out
    assert "raise --max-tokens" not in out
    code, out, error, bodies = ask(rule)
    assert (code, len(bodies), statuses(tmp_path / "run")) == (0, 14, {"ok": 40})
    assert "the context is 8,192 tokens now and was 1,024" in out + error
    assert "context window" not in out


def test_a_clamped_answer_is_not_asked_again_while_the_window_is_the_same(ask, rule):
    assert ask(clamped(rule), models=WINDOW)[0] == 0
    assert ask(clamped(rule), models=WINDOW)[3] == []


def test_a_budget_that_was_used_up_is_still_told_as_that(ask, rule):
    usage = {"prompt_tokens": 100, "completion_tokens": 2048, "total_tokens": 2148}
    _, out, _, _ = ask(lambda _: Reply(body=choice_body("Let me think", "length", usage)))
    assert "were cut at 2,048 tokens: raise --max-tokens" in out
    assert "context window" not in out


def test_a_window_that_is_not_told_shows_where_answers_of_any_length_end(ask, rule):
    def ending_at_4096(body):
        prompt = 1000 + number_of(body)
        usage = {"prompt_tokens": prompt, "completion_tokens": 4096 - prompt, "total_tokens": 4096}
        return Reply(body=choice_body("Let me think", "length", usage))

    _, out, _, _ = ask(ending_at_4096, "--max-tokens", "9000", models=[{"id": "test-model"}])
    assert "did not fit into the context window" in out
    assert "raise --max-tokens" not in out


@pytest.mark.parametrize("limit", ["1", "3", "40"])
@pytest.mark.parametrize(
    "reply",
    [
        Reply(status=400, body=error_body("prompt is too long: 9000 tokens > 8192 maximum")),
        Reply(status=500, body=error_body("Context size has been exceeded.")),
        Reply(body=error_body("This model's maximum context length is 512 tokens", "context_length_exceeded")),
    ],
)
def test_when_nothing_fits_the_advice_is_a_longer_context_and_no_score_is_given(ask, limit, reply):
    code, out, error, _ = ask(lambda _: reply, "--limit", limit)
    assert code not in (0, 1)
    assert "lower --max-tokens or serve a longer one" in error
    assert "same command" not in out + error
    assert "the score" not in out


def test_repeats_that_are_all_alike_at_temperature_1_are_found(ask, rule):
    _, out, _, _ = ask(rule, "--repeats", "3", "--temperature", "1", "--limit", "6")
    assert "All repeats of the answers are identical at temperature 1, on each of 6 items" in out
    assert "identical" not in ask(rule, "--repeats", "3", "--limit", "6", out="greedy")[1]


def test_thoughts_in_the_text_are_not_graded(ask, rule, tmp_path):
    def harmony(body):
        return Reply(f"analysisMaybe #### 77. Let me see.assistantfinal{rule(body).content}")

    code, out, _, _ = ask(harmony)
    assert code == 0
    assert "0.8000 (the score)" in out
    assert all(s.reasoning == "Maybe #### 77. Let me see." for s in RunDirectory(tmp_path / "run").samples().values())


def test_parts_of_a_message_are_thought_and_answer(ask, rule, tmp_path):
    def parts(body):
        thinking = {"type": "thinking", "thinking": [{"type": "text", "text": "Maybe #### 77"}]}
        content = [thinking, {"type": "text", "text": rule(body).content}]
        return Reply(body="\ufeff" + choice_body(content))

    code, out, _, _ = ask(parts)
    assert code == 0
    assert "0.8000 (the score)" in out


def test_a_limit_above_the_number_of_items_says_how_many_there_are(ask, rule):
    code, out, error, _ = ask(rule, "--limit", "300")
    assert code == 0
    assert "--limit 300: gsm8k has 40 items, and all 40 are asked" in out + error
