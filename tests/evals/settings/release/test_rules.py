"""What must hold: what `policy` says, and over it the keys that stand at the top and under each task."""

from pathlib import Path

import pytest

from quantgate.evals.settings.margin import Margin

BASELINE = {"label": "fp8", "base_url": "http://h:1/v1", "model": "m-fp8"}
CANDIDATE = {"label": "mxfp4", "base_url": "http://h:2/v1", "model": "m-mxfp4"}


def margins(release):
    return [release.policy.for_task(task).margin.points for task in release.tasks]


TWO = {"gsm8k": None, "gpqa_diamond": {"margin": 0.03}}


@pytest.mark.parametrize(("policy", "shared"), [("strict", 0.01), ("smoke", 0.05), ({"margin": 0.04}, 0.04)])
def test_a_task_is_nearer_than_the_policy(read, policy, shared):
    assert margins(read(policy=policy, tasks=TWO)) == [shared, 0.03]


def test_the_top_wins_over_a_policy_that_is_named(read):
    assert margins(read(policy="strict", margin=0.07, tasks=TWO)) == [0.07, 0.03]


def test_a_policys_own_word_on_a_task_is_nearer_than_the_top(read, tmp_path):
    (tmp_path / "policy.yaml").write_text("margin: 0.05\ntasks: {gsm8k: {margin: 0.01, tier: advisory}}\n")
    release = read(policy="policy.yaml", margin=0.07, tasks={**TWO, "tau2": None})
    assert margins(release) == [0.01, 0.03, 0.07]
    assert release.policy.for_task("gsm8k").tier == "advisory"


def test_a_policy_of_the_command_line_is_one_of_the_working_directory(read, tmp_path, monkeypatch):
    (tmp_path / "here").mkdir()
    (tmp_path / "here" / "mine.yaml").write_text("margin: 0.06\n")
    monkeypatch.chdir(tmp_path / "here")
    assert margins(read(overrides={"policy": "mine.yaml"})) == [0.06]
    assert margins(read(overrides={"policy": "smoke"}, policy=None)) == [0.05]


def test_a_file_called_like_a_policy_is_the_policy_unless_its_place_is_said(read, tmp_path):
    (tmp_path / "strict").write_text("margin: 0.06\n")
    assert margins(read(policy="strict")) == [0.01]
    assert margins(read(policy="./strict")) == [0.06]


def test_any_key_of_a_policy_may_stand_at_the_top_or_under_a_task(read):
    release = read(
        alpha=0.01,
        max_truncated=0.1,
        tasks={"gsm8k": {"margin": {"recovery": 0.98}, "require": "equivalent", "tier": "advisory"}, "tau2": None},
        suite={"tasks": ["gsm8k", "tau2"], "margin": 0.01},
    )
    rule = release.policy.for_task("gsm8k")
    assert (rule.margin, rule.require, rule.tier) == (Margin(recovery=0.98), "equivalent", "advisory")
    assert (rule.alpha, release.policy.for_task("tau2").max_truncated) == (0.01, 0.1)
    assert release.policy.suite.tasks == ["gsm8k", "tau2"]


@pytest.mark.parametrize(
    "changes",
    [
        {"expected": "0.9 +- 0.1"},
        {"expected": {"gsm8k": "0.9 +- 0.1"}},
        {"tasks": {"gsm8k": {"expected": "0.9 +- 0.1"}}},
        {"baseline": {**BASELINE, "expected": "0.9 +- 0.1"}},
        {"baseline": {**BASELINE, "expected": {"gsm8k": "0.9 +- 0.1"}}},
    ],
)
def test_what_the_baseline_should_score_may_be_said_in_any_of_its_forms(read, changes):
    assert read(changes).policy.for_task("gsm8k").expected == "0.9 +- 0.1"


@pytest.mark.parametrize(
    "changes",
    [
        {"model_changed": True},
        {"candidate": {**CANDIDATE, "model_changed": True}},
        {"tasks": {"gsm8k": {"model_changed": True}}},
    ],
)
def test_several_models_that_are_meant_are_no_reason_to_refuse_a_verdict(read, changes):
    release = read(changes)
    assert release.run_config("mxfp4", "gsm8k").model_changed
    assert release.policy.for_task("gsm8k").model_changed


def test_what_the_policy_says_of_several_models_itself_stands(read):
    release = read(model_changed=True, policy={"tasks": {"gsm8k": {"model_changed": False}}})
    assert not release.policy.for_task("gsm8k").model_changed


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"margin": 2}, "release.yaml: margin 2: input should be less than 1"),
        ({"margin": "2%"}, 'release.yaml: margin "2%"'),
        ({"margin": None, "tasks": {"gsm8k": {"margin": 0}}}, "release.yaml: tasks.gsm8k.margin 0"),
        ({"tasks": {"gsm8k": {"margin": {"point": 1}}}}, "tasks.gsm8k.margin"),
        ({"alpha": 0.9}, "release.yaml: alpha 0.9"),
        ({"tier": "optional"}, 'release.yaml: tier "optional"'),
        ({"tasks": {"gsm8k": {"expected": "0.9"}}}, "tasks.gsm8k.expected"),
        ({"expected": {"gsm8": "0.9 +- 0.1"}}, "expected.gsm8: no such task is asked; did you mean gsm8k?"),
        ({"policy": "relase"}, "did you mean release? The names are release, smoke and strict"),
        ({"policy": "none.yaml"}, "there is no such file and no policy of that name"),
        ({"policy": 3}, "release.yaml: policy: write a policy's name (release, smoke, strict), its file, or its keys"),
        ({"policy": {"margn": 0.1}}, "release.yaml: policy.margn is not known; did you mean margin?"),
        ({"policy": {"margin": 3}}, "release.yaml: policy.margin 3"),
        ({"policy": {"tasks": {"gsm8k": {"teir": 1}}}}, "policy.tasks.gsm8k.teir is not known; did you mean tier?"),
        ({"policy": {"tasks": ["gsm8k"]}}, "release.yaml: policy.tasks"),
        (
            {"policy": {"tasks": {"gsm8": {"tier": "advisory"}}}},
            "policy.tasks.gsm8: no such task is asked; did you mean",
        ),
        ({"policy": {1: 2}}, "release.yaml: policy: 1 is no key of a policy"),
        ({"policy": {"margin": 0.1}, "margin": 0.1}, "margin is said twice, there and as policy.margin"),
        (
            {"policy": {"tasks": {"gsm8k": {"margin": 0.1}}}, "tasks": {"gsm8k": {"margin": 0.2}}},
            "tasks.gsm8k.margin is said twice, there and as policy.tasks.gsm8k.margin",
        ),
        ({"suite": {"tasks": ["gsm8k", "tau2"], "margin": 0.01}}, "suite: the runs do not hold its task 'tau2'"),
        ({"target": "benchmark", "margin": {"recovery": 0.9}}, "a margin of recovery and target: benchmark"),
        (
            {"target": "benchmark", "tasks": {"gsm8k": {"method": "bca"}}},
            "tasks.gsm8k: method: bca resamples",
        ),
    ],
)
def test_what_cannot_be_asked_for_is_refused_in_a_line(refused, changes, said):
    assert said in refused(changes)


def test_a_mistake_in_a_policys_file_is_said_to_be_there(refused, tmp_path):
    (tmp_path / "p.yaml").write_text("margn: 0.1\n")
    assert "p.yaml: margn is not known; did you mean margin?" in refused(policy="p.yaml")
    (tmp_path / "p.yaml").write_text("tasks: {tau2: {margin: 0.1}}\n")
    said = refused(policy="p.yaml")
    assert "p.yaml: " in said
    assert "'tau2', which the runs do not hold; they hold gsm8k" in said


def test_a_policys_file_may_speak_of_advisory_tasks_that_are_not_asked(read, tmp_path):
    (tmp_path / "p.yaml").write_text("tasks: {tau2: {tier: advisory}}\n")
    assert read(policy=str(Path(tmp_path / "p.yaml"))).policy.tasks["tau2"].tier == "advisory"
