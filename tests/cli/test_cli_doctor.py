"""`quantgate doctor` as its user meets it."""

import json
from itertools import count

import pytest

from tests.server.conforming import WINDOW, conforming
from tests.server.served import Reply, error_body, served_model
from tests.tasks.invented import invented_rows, write_csv


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


def test_an_ignored_temperature_is_said_as_such(quantgate):
    with served_model(lambda _: Reply("Always this.")) as server:
        _, out, _ = quantgate(["doctor", "--base-url", server.base_url])
    assert (
        "· temperature: ignored: the texts of three seeds at temperature 1 are the same, and the greedy one too" in out
    )


def test_a_seed_that_is_fixed_is_no_ignored_temperature(quantgate):
    with served_model(lambda body: Reply("Greedy" if body["temperature"] == 0 else "Town")) as server:
        _, out, _ = quantgate(["doctor", "--base-url", server.base_url])
    assert "· temperature: may be ignored" in out


def test_a_prompt_cache_that_changes_the_first_answer_is_no_seed_that_is_not_honoured(quantgate):
    towns = count()

    def cached(body):
        if "small town" not in body["messages"][-1]["content"]:
            return answer(body)
        return Reply("Computed without the cache" if next(towns) == 0 else f"Town {body['seed']}")

    with served_model(cached) as server:
        code, out, _ = quantgate(["doctor", "--base-url", server.base_url])
    assert code == 0
    assert "· seed: honoured from the second answer on" in out
    assert """--extra-body '{"cache_prompt": false}' makes repeats exact""" in out
    assert "✓ temperature: honoured" in out


def test_extra_body_goes_with_every_request(quantgate, gsm8k_files):
    options = ["--task", "gsm8k", "--data", f"gsm8k={gsm8k_files[0]}", "--extra-body", '{"cache_prompt": false}']
    with served_model(answer) as server:
        quantgate(["doctor", "--base-url", server.base_url, *options])
        bodies = server.log.bodies
    assert len(bodies) > 8
    assert all(body["cache_prompt"] is False for body in bodies)


def test_a_prompt_and_budget_beyond_the_window_are_warned_of(quantgate, gsm8k_files):
    task = ["--task", "gsm8k", "--data", f"gsm8k={gsm8k_files[0]}"]
    with served_model(answer) as server:
        _, out, _ = quantgate(["doctor", "--base-url", server.base_url, *task, "--max-tokens", "8190"])
        assert "· gsm8k, first item: its prompt of 10 tokens and the budget of 8,190 exceed the context of 8,192" in out
        assert "lower --max-tokens to 8,182 or less" in out
        _, out, _ = quantgate(["doctor", "--base-url", server.base_url, *task, "--max-tokens", "8182"])
        assert "exceed the context" not in out
        _, out, _ = quantgate(["doctor", "--base-url", server.base_url, "--max-tokens", "9000"])
        assert "· context: its prompt of 10 tokens and the budget of 9,000 exceed the context of 8,192" in out


def test_one_real_answer_is_shown_as_thought_and_answer(quantgate):
    with served_model(lambda _: Reply("analysisLet me add.assistantfinalIt is 5.")) as server:
        _, out, _ = quantgate(["doctor", "--base-url", server.base_url])
    assert "taken for thought 'Let me add.', for the answer 'It is 5.'" in out


def test_a_benchmarks_text_is_not_shown_but_its_parts_are_counted(quantgate, gsm8k_files):
    with served_model(lambda _: Reply("<think>secret</think>It is 5.")) as server:
        _, out, _ = quantgate(
            ["doctor", "--base-url", server.base_url, "--task", "gsm8k", "--data", f"gsm8k={gsm8k_files[0]}"]
        )
    line = next(line for line in out.splitlines() if "first item" in line)
    assert line.endswith(": 8 characters, after 6 of thoughts")


@pytest.mark.parametrize(
    ("reply", "said"),
    [
        (Reply("5", finish_reason="x"), "· finish_reason: 'x' is not known"),
        (Reply(body=json.dumps({"choices": [{"message": {"content": "5"}}]})), "· finish_reason: not sent"),
        (Reply("5<|im_end|>"), "· special tokens: the answer ends in <|im_end|>"),
        (Reply("I", finish_reason="content_filter"), "✗ completion: refused"),
        (Reply("I", finish_reason="length"), "the doctor's own 2,048 tokens"),
        (
            Reply(status=400, body=error_body("prompt is too long: 9 tokens > 8 maximum")),
            "✗ completion: refused: HTTP 400: prompt is too long: 9 tokens > 8 maximum: serve a longer context",
        ),
    ],
)
def test_how_an_answer_ended_is_told_where_it_is_odd(quantgate, reply, said):
    with served_model(lambda _: reply) as server:
        assert said in quantgate(["doctor", "--base-url", server.base_url])[1]


def test_what_a_server_says_of_tools_is_not_cut_off_by_the_advice(quantgate):
    told = "unknown parser 'hermes3': choose one of " + ", ".join(f"parser_{number}" for number in range(20))

    def rule(body):
        return Reply(status=400, body=error_body(told)) if "tools" in body else answer(body)

    with served_model(rule) as server:
        _, out, _ = quantgate(["doctor", "--base-url", server.base_url])
    line = next(line for line in out.splitlines() if "tools:" in line)
    assert line.index(told) < line.index("--enable-auto-tool-choice")


def test_litellms_missing_database_is_a_key_problem(quantgate):
    body = json.dumps({"error": {"message": "No connected db.", "type": "no_db_connection", "code": "400"}})
    with served_model(lambda _: Reply(status=400, body=body)) as server:
        code, _, err = quantgate(["doctor", "--base-url", server.base_url])
    assert code == 2
    assert "No connected db.; check the key (--api-key-env NAME" in err


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


@pytest.mark.usefixtures("hurried")
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


def test_it_shows_what_it_asked_and_what_was_read_of_it(quantgate, gsm8k_files, monkeypatch):
    monkeypatch.setenv("COLUMNS", "100")
    row = json.loads(gsm8k_files[0].read_text().splitlines()[0])
    right = row["answer"].split("#### ")[1]
    said = "Step by step. " * 300 + f"\nThe answer is {right}."
    with served_model(lambda body: Reply(said if "Question" in str(body) else "2 + 3 = 5.")) as server:
        _, out, _ = quantgate(
            ["doctor", "--base-url", server.base_url, "--task", "gsm8k", "--data", f"gsm8k={gsm8k_files[0]}"]
        )
    assert "    asked: What is 2 + 3? Answer in one short sentence." in out
    assert "    answered: 2 + 3 = 5." in out
    told = " ".join(out[out.index("gsm8k, first item") :].split())
    assert row["question"].split(".")[0] in told
    assert "sampling: temperature 0, max_tokens 2048, seed 1234" in told
    assert f"read: '{right}.', which scores 1; right is '{right.replace(',', '')}'" in told
    assert f"({len(said):,} characters, of which these are the first 4,000)" in told
    assert "…" not in out


def test_of_a_private_benchmark_neither_question_nor_answer_is_shown(quantgate, tmp_path):
    exam = write_csv(tmp_path / "exam.csv", invented_rows())
    with served_model(lambda _: Reply("I take the second. ANSWER: B")) as server:
        _, out, _ = quantgate(
            ["doctor", "--base-url", server.base_url, "--task", "gpqa_diamond", "--data", f"gpqa_diamond={exam}"]
        )
    told = out[out.index("gpqa_diamond, first item") :]
    assert "characters, which are private" in told
    assert "read: a result, which scores " in told
    assert "ANSWER" not in told
    assert "right is" not in told


def test_conformance_is_a_table_and_json_and_decides_whether_it_is_fit(quantgate, tmp_path):
    with served_model(conforming(), models=[{"id": "m", "max_model_len": WINDOW}]) as server:
        code, out, _ = quantgate(["doctor", "--base-url", server.base_url, "--conformance", "--json", "-"])
    document = json.loads(out)
    assert (code, document["fit"]) == (0, True)
    assert {each["outcome"] for each in document["conformance"]} == {"pass"}
    assert document["observations"][0] == {"subject": "models", "health": "good", "text": "serves m"}
    with served_model(conforming("stop", "seed"), models=[{"id": "m", "max_model_len": WINDOW}]) as server:
        file = tmp_path / "doctor.json"
        code, out, _ = quantgate(["doctor", "--base-url", server.base_url, "--conformance", "--json", str(file)])
    document = json.loads(file.read_text())
    failed = [each["check"] for each in document["conformance"] if each["outcome"] == "fail"]
    assert (code, document["fit"], failed) == (5, False, ["stop", "seed"])
    assert "not fit to be asked: stop must not fail, whatever the task" in out
    assert "✗ fail" in out
