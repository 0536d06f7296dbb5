"""`quantgate doctor` as its user meets it."""

import json
from itertools import count

import pytest

from tests.server.served import Reply, error_body, served_model


def answer(body):
    text = body["messages"][-1]["content"]
    if "small town" in text:
        return Reply(f"Town {body['seed']}")
    return Reply("2 + 3 = 5.")


def test_a_healthy_endpoint_passes_line_by_line(quantgate):
    with served_model(answer) as server:
        code, out, _ = quantgate(["doctor", "--base-url", server.base_url])
    assert code == 0
    for line in (
        "✓ models: serves test-model",
        "✓ context: 8,192 tokens",
        "✓ completion: answered after",
        "✓ usage: told: 10 prompt, 5 completion tokens",
        "✓ reasoning: none was sent",
        "✓ seed: honoured",
    ):
        assert line in out


def test_a_tasks_first_item_is_asked_with_its_sampling(quantgate, gsm8k_files):
    with served_model(answer) as server:
        code, out, _ = quantgate(
            ["doctor", "--base-url", server.base_url, "--task", "gsm8k", "--data", f"gsm8k={gsm8k_files[0]}"]
        )
        asked = server.log.bodies[-1]
    assert code == 0
    assert "✓ gsm8k, first item: answered" in out
    assert (len(asked["messages"]), asked["max_tokens"], asked["temperature"]) == (11, 2048, 0.0)


def test_a_seed_that_is_not_honoured_is_told(quantgate):
    numbers = count()
    with served_model(lambda body: Reply(f"Town {next(numbers)}")) as server:
        _, out, _ = quantgate(["doctor", "--base-url", server.base_url])
    assert "· seed: not honoured" in out


def test_a_model_that_never_varies_leaves_the_seed_open(quantgate):
    with served_model(lambda _: Reply("Always this.")) as server:
        _, out, _ = quantgate(["doctor", "--base-url", server.base_url])
    assert "· seed: cannot be told" in out


def test_reasoning_is_told_where_it_comes_apart_and_where_it_does_not(quantgate):
    with served_model(lambda _: Reply("5", reasoning="2 and 3")) as server:
        assert "✓ reasoning: thoughts come apart" in quantgate(["doctor", "--base-url", server.base_url])[1]
    with served_model(lambda _: Reply("<think>2 and 3</think>5")) as server:
        assert "✓ reasoning: thoughts come apart" in quantgate(["doctor", "--base-url", server.base_url])[1]
    with served_model(lambda _: Reply("I <think>2 and 3</think>5")) as server:
        assert "· reasoning: the answer holds <think>" in quantgate(["doctor", "--base-url", server.base_url])[1]


def test_missing_usage_and_context_are_notes(quantgate):
    body = json.dumps({"choices": [{"message": {"content": "5"}, "finish_reason": "stop"}]})
    with served_model(lambda _: Reply(body=body), models=[{"id": "m"}]) as server:
        code, out, _ = quantgate(["doctor", "--base-url", server.base_url])
    assert code == 0
    assert "· usage: not told" in out
    assert "· context: length not told" in out


def test_of_a_single_model_the_context_is_told_whatever_its_name(quantgate):
    with served_model(answer, models=[{"id": "org/model", "max_input_tokens": 4096}]) as server:
        _, out, _ = quantgate(["doctor", "--base-url", server.base_url, "--model", "alias"])
    assert "· models: serves org/model, and does not list alias" in out
    assert "✓ context: 4,096 tokens" in out


def test_a_request_that_fails_is_bad_and_exits_5(quantgate):
    with served_model(lambda _: Reply(status=400, body=error_body("no seed here"))) as server:
        code, out, _ = quantgate(["doctor", "--base-url", server.base_url])
    assert code == 5
    assert "✗ completion: HTTP 400: no seed here" in out


def test_an_answer_without_text_is_bad(quantgate):
    with served_model(lambda _: Reply(None, reasoning="hm")) as server:
        code, out, _ = quantgate(["doctor", "--base-url", server.base_url])
    assert code == 5
    assert "✗ completion: answered" in out


def test_with_several_models_one_must_be_chosen(quantgate):
    models = [{"id": "a"}, {"id": "b"}]
    with served_model(answer, models=models) as server:
        code, out, _ = quantgate(["doctor", "--base-url", server.base_url])
        assert code == 5
        assert "✗ models: serves a, b: choose one with --model" in out
        assert quantgate(["doctor", "--base-url", server.base_url, "--model", "b"])[0] == 0


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["--base-url", "http://127.0.0.1:9/v1"], 5, "nothing answers at http://127.0.0.1:9/v1"),
        (["--base-url", "nonsense"], 2, "--base-url 'nonsense'"),
        (["--base-url", "http://127.0.0.1:9/v1", "--max-tokens", "0"], 2, "--max-tokens 0"),
    ],
)
def test_what_cannot_be_asked_is_one_message(quantgate, arguments, code, said):
    exit_code, out, err = quantgate(["doctor", *arguments])
    assert exit_code == code
    assert said in err
    assert "Traceback" not in out + err
