"""A release file, whole: what it says is what is asked and decided."""

from pathlib import Path

import pytest

from quantgate.evals.settings.release import Budget, Order, Report, Stop

EXAMPLE = """
name: glm-5.2-mxfp4
baseline:  {label: fp8,   base_url: http://127.0.0.1:8000/v1, model: glm-5.2-fp8}
candidate: {label: mxfp4, base_url: http://127.0.0.1:8001/v1, model: glm-5.2-mxfp4}
tasks:
  gsm8k:        {margin: 0.02}
  gpqa_diamond: {margin: 0.03, repeats: 8}
  tau2:         {margin: 0.05, repeats: 4, user_model: gpt}
policy: release
stop: early
budget: {max_time: 4h, max_requests: 20000}
out: releases/mxfp4
reports: [html, markdown, junit, json]
"""


def test_the_file_of_the_readme_is_read_whole(read_text, tmp_path):
    release = read_text(EXAMPLE)
    assert (release.name, release.tasks) == ("glm-5.2-mxfp4", ("gsm8k", "gpqa_diamond", "tau2"))
    assert [build.label for build in release.asked] == ["fp8", "mxfp4"]
    assert (release.stop, release.order, release.looks, release.futility) == (Stop.EARLY, Order.INTERLEAVED, 8, 0.05)
    assert release.budget == Budget(4 * 3600.0, 20000)
    assert release.out == tmp_path / "releases" / "mxfp4"
    assert [release.policy.for_task(task).margin.written for task in release.tasks] == [0.02, 0.03, 0.05]


def test_each_build_is_asked_each_task_as_run_would_be_given_it(read_text, tmp_path):
    config = read_text(EXAMPLE).run_config("mxfp4", "gpqa_diamond")
    assert (config.task, config.model, config.repeats) == (("gpqa_diamond",), "glm-5.2-mxfp4", 8)
    assert (config.base_url, config.label) == ("http://127.0.0.1:8001/v1", "mxfp4")
    assert config.out == tmp_path / "releases" / "mxfp4" / "mxfp4"


def test_a_tasks_own_options_are_given_to_it_alone(read_text):
    release = read_text(EXAMPLE)
    (own,) = release.given_options("fp8", "tau2")
    assert (own.name, own.value) == ("user_model", "gpt")
    assert own.where.endswith("release.yaml: tasks.tau2.user_model")
    assert release.given_options("fp8", "gsm8k") == ()
    assert release.run_config("fp8", "tau2").options == {"user_model": "gpt"}


@pytest.mark.parametrize("tasks", ["gsm8k", ["gsm8k"], {"gsm8k": None}, {"gsm8k": {}}])
def test_tasks_may_be_names_alone(read, tasks):
    release = read(tasks=tasks)
    assert (release.tasks, release.policy.for_task("gsm8k").margin.written) == (("gsm8k",), 0.02)


def test_what_is_not_said_has_a_default(read, tmp_path):
    release = read()
    assert (release.name, release.stop, release.budget) == ("out", Stop.EARLY, Budget())
    assert release.report_files() == {
        Report.HTML: tmp_path / "out" / "report.html",
        Report.MARKDOWN: tmp_path / "out" / "report.md",
        Report.JUNIT: tmp_path / "out" / "junit.xml",
        Report.JSON: tmp_path / "out" / "gate.json",
    }


def test_several_candidates_are_a_comparison(read, tmp_path):
    one = {"base_url": "http://h:2/v1", "model": "org/m-mxfp4"}
    release = read(candidate=[one, {**one, "model": "m-int4", "label": "int4"}])
    assert [build.label for build in release.candidates] == ["m-mxfp4", "int4"]
    assert release.report_files()[Report.JSON] == tmp_path / "out" / "compare.json"
    assert read(candidate=None, candidates=[one]).candidates[0].label == "candidate"


def test_a_finished_run_stands_for_the_baseline(read, tmp_path):
    (tmp_path / "runs" / "fp8").mkdir(parents=True)
    release = read(baseline={"run": "runs/fp8"})
    assert release.baseline.run == release.path_of("baseline") == tmp_path / "runs" / "fp8"
    assert [build.label for build in release.asked] == ["mxfp4"]


def test_the_command_line_wins_over_the_whole_file(read):
    tasks = {"gsm8k": {"limit": 50, "extra_body": {"top_k": 1, "min_p": 0.1}}}
    release = read(
        tasks=tasks,
        overrides={"limit": 10, "extra_body": {"top_k": 20}, "out": Path("here"), "stop": "never", "looks": None},
    )
    config = release.run_config("fp8", "gsm8k")
    assert (config.limit, config.extra_body, config.out) == (10, {"top_k": 20, "min_p": 0.1}, Path("here/fp8"))
    assert (release.stop, release.looks) == (Stop.NEVER, 8)


def test_a_wrong_value_of_the_command_line_is_named_by_its_option(refused):
    assert refused(overrides={"stop": "soon"}) == '--stop "soon": write early or never'
    assert refused(overrides={"max_tokens": 0}).startswith("--max-tokens 0: input should be greater")


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"tasks": None}, "release.yaml: tasks is missing"),
        ({"tasks": []}, "release.yaml: tasks is missing"),
        ({"tasks": 3}, "release.yaml: tasks 3: name them"),
        ({"tasks": ["gsm8k", "gsm8k"]}, "release.yaml: tasks: gsm8k is named twice"),
        ({"tasks": [{"gsm8k": {"limit": 3}}]}, "is no name of a task; what a task is given stands in a mapping"),
        ({"tasks": {"gsm8": None}}, "release.yaml: tasks: no task is called 'gsm8'; did you mean gsm8k?"),
        ({"tasks": {"gsm8k": 0.01}}, "tasks.gsm8k 0.01: write its options with their names, as gsm8k: {margin: 0.01}"),
        ({"out": None}, "release.yaml: out is missing: name the folder"),
        ({"out": 3}, "release.yaml: out 3: name the folder"),
        ({"out": ""}, 'release.yaml: out "": name the folder'),
    ],
)
def test_what_cannot_be_used_is_refused_in_a_line(refused, changes, said):
    assert said in refused(changes)
