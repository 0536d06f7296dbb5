"""How each build is asked: checked as `run` checks it, and alike for all builds."""

import pytest

BASELINE = {"label": "fp8", "base_url": "http://h:1/v1", "model": "m-fp8"}
CANDIDATE = {"label": "mxfp4", "base_url": "http://h:2/v1", "model": "m-mxfp4"}


def test_where_a_build_is_and_how_it_is_reached_is_its_own(read):
    own = {"timeout": 5, "concurrency": 3, "api_key_env": "ONE_KEY", "stream": False, "tokenizer": "t.json"}
    release = read(candidate={**CANDIDATE, **own, "max_tokens_field": "max_completion_tokens"})
    assert release.run_config("mxfp4", "gsm8k").timeout == 5
    assert release.run_config("fp8", "gsm8k").timeout is None


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("temperature", 1.0),
        ("top_p", 0.9),
        ("max_tokens", 100),
        ("seed", 7),
        ("preset", "greedy"),
        ("omit", ["seed"]),
        ("extra_body", {"top_k": 1}),
        ("limit", 10),
        ("first", 10),
        ("repeats", 4),
        ("max_length", 99),
        ("data_dir", "bundle"),
        ("data", {"gsm8k": "a.jsonl"}),
        ("metric", {"gsm8k": "tolerant"}),
    ],
)
def test_what_would_make_the_answers_incomparable_is_refused(read, refused, name, value):
    said = refused(candidate={**CANDIDATE, name: value})
    assert said.startswith(f"release.yaml: candidate.{name}")
    assert f"gsm8k would be asked with another {name} of mxfp4 than of fp8" in said
    assert "say it once, at the top or under the task" in said
    both = read(baseline={**BASELINE, name: value}, candidate={**CANDIDATE, name: value})
    assert getattr(both.run_config("fp8", "gsm8k"), name) == getattr(both.run_config("mxfp4", "gsm8k"), name)


def test_a_task_is_the_same_for_all_builds(refused):
    said = refused(tasks={"tau2": None}, candidate={**CANDIDATE, "user_model": "other"})
    assert said.startswith("release.yaml: candidate.user_model: tau2 would be asked with another user_model")


def test_a_finished_run_is_not_held_against_the_file(read, tmp_path):
    (tmp_path / "fp8").mkdir()
    assert read(baseline={"run": "fp8"}, candidate={**CANDIDATE, "temperature": 1}).asked[0].label == "mxfp4"


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"tasks": {"gsm8k": {"repeats": 0}}}, "tasks.gsm8k.repeats 0: input should be greater than or equal to 1"),
        ({"repeats": "many"}, 'release.yaml: repeats "many": input should be a valid integer'),
        ({"concurrency": "lots"}, 'concurrency "lots": give a number from 1 to 1000, or auto'),
        ({"candidate": {**CANDIDATE, "concurrency": 0}}, "candidate.concurrency 0: give a number from 1 to 1000"),
        ({"preset": "creative"}, 'preset "creative"'),
        ({"temperature": -1}, "temperature -1"),
        ({"temperature": float("inf")}, "temperature"),
        ({"omit": "seeds"}, "'seeds' cannot be left out"),
        ({"omit": [["seed"]]}, 'omit ["seed"]: input should be a valid string'),
        ({"extra_body": {"messages": []}}, "extra_body: may not set messages"),
        ({"extra_body": "{}"}, "extra_body: input should be a valid dictionary"),
        ({"limit": 5, "first": 5}, "--limit draws items at random"),
        ({"tasks": {"gsm8k": {"metric": 3}}}, "tasks.gsm8k.metric 3: input should be a valid string"),
        ({"tasks": {"gsm8k": {"data": 3}}}, "tasks.gsm8k.data 3"),
        ({"candidate": {**CANDIDATE, "model": 5}}, "candidate.model 5: input should be a valid string"),
        ({"candidate": {**CANDIDATE, "model": ""}}, 'candidate.model ""'),
        ({"candidate": {**CANDIDATE, "base_url": "h:1"}}, "candidate.base_url 'h:1': give a URL such as"),
        ({"candidate": {**CANDIDATE, "base_url": 5}}, "candidate.base_url: input should be a valid string"),
        ({"header": {"a b": "X"}}, "header: what stands before the = is no name of a header"),
    ],
)
def test_a_value_that_is_none_is_named_with_its_place(refused, changes, said):
    assert said in refused(changes)


KEY = "sk-live-0123456789abcdef"


@pytest.mark.parametrize(
    "changes",
    [
        {"api_key_env": KEY},
        {"api_key_env": "a9f3c2d1e8b7a6f5c4d3e2"},
        {"header": {"api-key": KEY}},
        {"extra_body": {"api_key": KEY}},
        {"extra_body": {"user": {"x": [KEY]}}},
        {"api_key": KEY},
        {"name": KEY},
        {"candidate": {**CANDIDATE, "base_url": f"http://h/{KEY}/v1"}},
        {"candidate": {**CANDIDATE, "base_url": f"http://h/v1?access_token={KEY}"}},
        {"candidate": {**CANDIDATE, "label": KEY}},
        {"candidate": {**CANDIDATE, "token": KEY}},
        {"tasks": {"tau2": {"user_api_key_env": KEY}}},
        {"tasks": {"tau2": {"user_model": {"api_key": KEY}}}},
        {"tasks": {"tau2": {"options": {"user_api_key_env": KEY}}}},
    ],
)
def test_a_key_in_the_file_is_refused_and_not_repeated(refused, changes):
    said = refused(changes)
    assert "0123456789" not in said
    assert "c2d1e8b7" not in said


def test_a_key_that_this_process_holds_is_refused_wherever_it_stands(refused, monkeypatch):
    from quantgate.evals.settings.key import key_from_environment

    monkeypatch.setattr("quantgate.evals.secrets._known", ())
    monkeypatch.setenv("MY_KEY", "Vq7-zR2_mm41LkQ0")
    key_from_environment("--api-key-env", "MY_KEY")
    said = refused(candidate={**CANDIDATE, "model": "org/Vq7-zR2_mm41LkQ0"})
    assert "candidate.model: a key would be recorded there" in said
