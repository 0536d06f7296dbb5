"""What stands at the top, under a build and under a task: the nearest wins."""

from pathlib import Path

import pytest

from quantgate.evals.contract.records import Sampling

BASELINE = {"label": "fp8", "base_url": "http://h:1/v1", "model": "m-fp8"}
CANDIDATE = {"label": "mxfp4", "base_url": "http://h:2/v1", "model": "m-mxfp4"}


def test_the_nearest_wins(read):
    release = read(
        concurrency=4,
        timeout=10,
        candidate={**CANDIDATE, "concurrency": 8, "timeout": 20},
        tasks={"gsm8k": None, "gpqa_diamond": {"concurrency": 16}},
    )
    asked = {
        (label, task): release.run_config(label, task).concurrency
        for label in ("fp8", "mxfp4")
        for task in release.tasks
    }
    assert asked == {
        ("fp8", "gsm8k"): 4,
        ("mxfp4", "gsm8k"): 8,
        ("fp8", "gpqa_diamond"): 16,
        ("mxfp4", "gpqa_diamond"): 16,
    }
    assert release.run_config("mxfp4", "gpqa_diamond").timeout == 20


def test_what_both_builds_share_may_stand_at_the_top(read):
    release = read(
        model="m",
        api_key_env="SHARED_KEY",
        baseline={"base_url": "http://h:1/v1"},
        candidate={"base_url": "http://h:2/v1", "api_key_env": "OTHER_KEY"},
    )
    assert [release.run_config(label, "gsm8k").model for label in ("baseline", "candidate")] == ["m", "m"]
    assert release.run_config("baseline", "gsm8k").api_key_env == "SHARED_KEY"
    assert release.run_config("candidate", "gsm8k").api_key_env == "OTHER_KEY"


def test_extra_body_and_headers_are_merged_key_by_key(read):
    config = read(
        extra_body={"top_k": 20, "min_p": 0.1},
        header={"x-team": "TEAM"},
        candidate={**CANDIDATE, "header": {"api-key": "AZURE_KEY"}},
        tasks={"gsm8k": {"extra_body": {"top_k": 1}}},
    ).run_config("mxfp4", "gsm8k")
    assert config.extra_body == {"top_k": 1, "min_p": 0.1}
    assert config.header == {"x-team": "TEAM", "api-key": "AZURE_KEY"}


def test_null_takes_an_option_back_to_its_default(read):
    release = read(
        limit=200,
        extra_body={"top_k": 1},
        tasks={"gsm8k": None, "gpqa_diamond": {"limit": None, "extra_body": None}},
    )
    assert release.run_config("fp8", "gsm8k").limit == 200
    whole = release.run_config("fp8", "gpqa_diamond")
    assert (whole.limit, whole.extra_body) == (None, {})


def test_a_preset_that_is_nearer_stands_in_place_of_what_it_sets(read):
    release = read(
        temperature=0.3,
        top_p=0.5,
        max_tokens=99,
        repeats=8,
        tasks={"gsm8k": {"preset": "greedy"}, "gpqa_diamond": {"preset": "reasoning", "temperature": 0.6}},
    )
    gsm8k, gpqa = (release.run_config("fp8", task) for task in release.tasks)
    defaults = Sampling(temperature=0.0, max_tokens=10)
    assert (gsm8k.sampling(defaults).temperature, gsm8k.max_tokens, gsm8k.repeats_of(4)) == (0.0, 99, 1)
    assert gpqa.sampling(defaults).temperature == 0.6
    assert (gpqa.sampling(defaults).top_p, gpqa.sampling(defaults).max_tokens) == (0.95, 65536)
    assert gpqa.repeats_of(4) == 8


def test_what_is_nearer_than_a_preset_stands_beside_it(read):
    config = read(preset="reasoning", tasks={"gsm8k": {"max_tokens": 7}}).run_config("fp8", "gsm8k")
    sampling = config.sampling(Sampling(temperature=0.0))
    assert (sampling.temperature, sampling.max_tokens) == (1.0, 7)


@pytest.mark.parametrize(("far", "near"), [("limit", "first"), ("first", "limit")])
def test_the_nearer_of_two_ways_to_choose_items_wins(read, refused, far, near):
    config = read({far: 200}, tasks={"gsm8k": {near: 50}}).run_config("fp8", "gsm8k")
    assert (getattr(config, far), getattr(config, near)) == (None, 50)
    assert getattr(read({far: 5}, {near: 7}).run_config("fp8", "gsm8k"), near) == 7
    assert "give one of them" in refused({far: 5, near: 5})


@pytest.mark.parametrize("omit", ["temperature, seed", ["temperature", "seed"]])
def test_what_is_left_out_nearer_is_not_sent(read, omit):
    config = read(temperature=0.5, seed=7, tasks={"gsm8k": {"omit": omit}}).run_config("fp8", "gsm8k")
    assert (config.temperature, config.seed, config.omit) == (None, None, ("temperature", "seed"))


def test_a_tasks_own_options_may_stand_anywhere(read):
    release = read(
        user_model="one",
        baseline={**BASELINE, "options": {"domains": "retail"}},
        candidate={**CANDIDATE, "domains": "retail"},
        tasks={"gsm8k": None, "tau2": {"user_model": "other"}},
    )
    given = {own.name: own.value for own in release.given_options("fp8", "tau2")}
    assert given == {"user_model": "other", "domains": "retail"}
    assert release.run_config("fp8", "gsm8k").options == {}


@pytest.mark.parametrize(
    ("data", "split"), [("a.jsonl", "gsm8k"), ({"train": "a.jsonl"}, "gsm8k.train"), ({"": "a.jsonl"}, "gsm8k")]
)
def test_data_under_a_task_are_that_tasks(read, tmp_path, data, split):
    assert read(tasks={"gsm8k": {"data": data}}).run_config("fp8", "gsm8k").data == {split: tmp_path / "a.jsonl"}


def test_data_and_metrics_elsewhere_name_their_task(read, tmp_path):
    release = read(
        data={"gsm8k": "a.jsonl", "gsm8k.train": "b.jsonl", "gpqa_diamond": "g.csv"},
        metric={"gsm8k": "tolerant"},
        tasks={"gsm8k": None, "gpqa_diamond": {"data": "mine.csv"}},
    )
    gsm8k, gpqa = (release.run_config("mxfp4", task) for task in release.tasks)
    assert gsm8k.data == {"gsm8k": tmp_path / "a.jsonl", "gsm8k.train": tmp_path / "b.jsonl"}
    assert (gsm8k.metric, gpqa.metric) == ({"gsm8k": "tolerant"}, {})
    assert gpqa.data == {"gpqa_diamond": tmp_path / "mine.csv"}


def test_one_metric_may_be_of_all_tasks(read):
    assert read(metric="exact").run_config("fp8", "gsm8k").metric == {"gsm8k": "exact"}


def test_paths_are_those_of_the_files_folder(read, tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    release = read(
        data_dir="bundle",
        ca_bundle="/etc/ca.pem",
        tokenizer="~/tokenizer.json",
        tasks={"tau2": {"python": "env/bin/python"}},
    )
    config = release.run_config("fp8", "tau2")
    assert (config.data_dir, config.ca_bundle) == (tmp_path / "bundle", Path("/etc/ca.pem"))
    assert config.tokenizer == tmp_path / "home" / "tokenizer.json"
    assert config.options == {"python": tmp_path / "env" / "bin" / "python"}
    assert read(tasks={"tau2": {"python": "python3.12"}}).run_config("fp8", "tau2").options == {"python": "python3.12"}


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"data": "a.jsonl"}, "release.yaml: data: say whose file it is, as data: {gsm8k: test.jsonl}"),
        ({"data": {"gsm8": "a"}}, "release.yaml: data.gsm8: no such task is asked; did you mean gsm8k?"),
        ({"metric": {"gpqa": "x"}}, "release.yaml: metric.gpqa: no such task is asked"),
        ({"model": False}, "release.yaml: model: yes, no, on, off, true and false are no value here"),
        ({"limit": True}, "release.yaml: limit: yes, no"),
        ({"options": ["a"]}, 'release.yaml: options ["a"]: write the tasks\' own options'),
        (
            {"tasks": {"tau2": {"user_model": "a", "options": {"user_model": "b"}}}},
            "tasks.tau2.user_model is said twice, there and under options",
        ),
        (
            {"tasks": {"gsm8k": {"base_url": "http://h:9/v1"}}},
            "tasks.gsm8k.base_url: baseline.base_url says it, too, and every build would be asked at one place",
        ),
    ],
)
def test_what_cannot_be_meant_is_refused_in_a_line(refused, changes, said):
    assert said in refused(changes)
