"""A suite under a release file: its tasks, options and margins count where the file says nothing."""

import pytest
import yaml

from quantgate.evals.errors import UsageError
from quantgate.evals.settings.release import load_release
from tests.evals.settings.release.conftest import TASKS, WHOLE

SUITE = {
    "summary": "what a maker publishes",
    "sources": ["a card"],
    "not_asked": {"SciCode": "it has no task here"},
    "temperature": 1.0,
    "tasks": {
        "gsm8k": {"limit": 200, "margin": 0.03},
        "gpqa_diamond": {"repeats": 8, "margin": 0.05, "tier": "advisory"},
    },
    "suite": {"tasks": ["gsm8k", "gpqa_diamond"], "margin": 0.01},
}


@pytest.fixture
def mine(tmp_path):
    """Writes the suite with other keys; `None` leaves one out."""

    def write(**changes):
        whole = {name: value for name, value in {**SUITE, **changes}.items() if value is not None}
        (tmp_path / "mine.yaml").write_text(yaml.safe_dump(whole, sort_keys=False))
        return "mine.yaml"

    return write


@pytest.fixture
def by_suite(read, mine):
    """Reads a release file that names the suite, and no task unless it says some."""

    def load(suite=None, overrides=None, **changes):
        return read({"suite": mine(**(suite or {})), "tasks": None}, overrides, **changes)

    return load


def test_its_tasks_are_asked_as_it_says_and_decided_by_its_margins(by_suite):
    release = by_suite()
    assert release.tasks == ("gsm8k", "gpqa_diamond")
    gsm8k, gpqa = (release.run_config("fp8", task) for task in release.tasks)
    assert (gsm8k.limit, gsm8k.temperature, gpqa.repeats, gpqa.temperature) == (200, 1.0, 8, 1.0)
    assert [release.policy.for_task(task).margin.written for task in release.tasks] == [0.03, 0.05]
    assert release.policy.suite is not None
    assert release.policy.suite.margin.written == 0.01
    assert release.suite is not None
    assert (release.suite.name, release.suite.changed) == ("mine.yaml", ())
    assert release.suite.not_asked == {"SciCode": "it has no task here"}


@pytest.mark.parametrize(
    ("said", "overrides", "limit", "temperature"),
    [
        ({"tasks": {"gsm8k": {"limit": 20}}}, None, 20, 1.0),
        ({"limit": 30, "temperature": 0.6}, None, 30, 0.6),
        ({"tasks": {"gsm8k": {"limit": None}}, "preset": "greedy"}, None, None, None),
        ({"limit": 30}, {"limit": 5}, 5, 1.0),
    ],
    ids=["a task", "the top", "null and a preset", "the command line"],
)
def test_what_the_release_says_wins_wherever_it_stands(by_suite, said, overrides, limit, temperature):
    config = by_suite(overrides=overrides, **said).run_config("mxfp4", "gsm8k")
    assert (config.limit, config.temperature) == (limit, temperature)


@pytest.mark.parametrize(
    ("said", "margins"),
    [
        ({"tasks": {"gsm8k": {"margin": 0.02}}}, [0.02, 0.05]),
        ({"margin": 0.04}, [0.04, 0.04]),
        ({"policy": "strict"}, [0.01, 0.01]),
        ({"policy": {"tasks": {"gpqa_diamond": {"margin": 0.07}}}}, [0.03, 0.07]),
    ],
    ids=["a task", "the top", "a named policy", "a policy's task"],
)
def test_so_it_is_with_margins(by_suite, said, margins):
    release = by_suite(**said)
    assert [release.policy.for_task(task).margin.written for task in release.tasks] == margins
    assert release.policy.for_task("gpqa_diamond").tier.value == "advisory"


def test_a_margin_for_all_tasks_is_none_of_log_probabilities(by_suite):
    tasks = {"gsm8k": {"margin": {"top1": 0.01, "kl": 0.05}}, "gpqa_diamond": None}
    release = by_suite({"tasks": tasks, "suite": None}, margin=0.04)
    assert release.policy.for_task("gsm8k").margin.kl == 0.05


def test_a_mean_of_the_release_takes_the_place_of_the_suites(by_suite, mine, read, tmp_path):
    own = {"tasks": ["gsm8k", "gpqa_diamond"], "margin": 0.02}
    assert by_suite(policy={"suite": own}).policy.suite.margin.written == 0.02
    given = read({"suite": own}, {"suite": str(tmp_path / mine())}, tasks=None)
    assert (given.policy.suite.margin.written, given.suite.name) == (0.02, "mine.yaml")


def test_what_is_changed_is_told_in_words(by_suite):
    said = {"gsm8k": {"limit": 20, "margin": 0.1}, "lm-eval:ifeval": None}
    assert set(by_suite(tasks=said, max_tokens=99).suite.changed) == {
        "gsm8k, gpqa_diamond: max_tokens 99",
        "gsm8k: limit 20 in place of 200",
        "gsm8k: margin 0.1 in place of 0.03",
        "lm-eval:ifeval: is asked besides",
    }


def test_null_takes_away_the_task_that_the_suite_asks_first_and_is_told(by_suite, mine, tmp_path):
    suite = {"first": "gpqa_diamond"}
    assert by_suite(suite).policy.first == "gpqa_diamond"
    written = {name: value for name, value in WHOLE.items() if name != "tasks"}
    (tmp_path / "null.yaml").write_text(yaml.safe_dump({**written, "suite": mine(**suite), "first": None}))
    release = load_release(tmp_path / "null.yaml", None, TASKS)
    assert release.policy.first is None
    assert release.suite.changed == ("asked before all others: none in place of gpqa_diamond",)
    (tmp_path / "copy.yaml").write_text(release.without_secrets())
    assert load_release(tmp_path / "copy.yaml", None, TASKS).policy.first is None


def test_where_the_data_lie_is_no_change(by_suite):
    assert by_suite(tasks={"gsm8k": {"data": "a.jsonl"}}, header={"x-team": "TEAM"}).suite.changed == ()


def test_the_copy_asks_and_decides_the_same(by_suite, tmp_path):
    release = by_suite(tasks={"gsm8k": {"extra_body": {"top_k": 1}}}, temperature=0.6, alpha=0.01)
    again = tmp_path / "again.yaml"
    again.write_text(release.without_secrets())
    same = load_release(again, None, TASKS)
    pairs = [(build.label, task) for build in release.asked for task in release.tasks]
    assert [same.run_config(*pair) for pair in pairs] == [release.run_config(*pair) for pair in pairs]
    assert (same.policy, same.tasks, same.suite) == (release.policy, release.tasks, release.suite)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"base_url": "http://h/v1"}, "mine.yaml: base_url is the release file's: a suite says what is asked"),
        ({"out": "x"}, "mine.yaml: out is the release file's"),
        ({"tasks": {"gsm8k": {"concurrency": 4}}}, "mine.yaml: tasks.gsm8k.concurrency is the release file's"),
        ({"tasks": {"gsm8k": {"repeat": 4}}}, "mine.yaml: tasks.gsm8k.repeat is not known; did you mean repeats?"),
        ({"tasks": {"gsm9k": None}}, "no task is called 'gsm9k'"),
        ({"temprature": 1}, "mine.yaml: temprature is not known; did you mean temperature?"),
        ({"tasks": {"gsm8k": {"repeats": 0}}}, "mine.yaml: tasks.gsm8k.repeats 0"),
        ({"tasks": {"gsm8k": {"margin": 3}}}, "mine.yaml: tasks.gsm8k.margin"),
        ({"suite": {"tasks": ["gsm8k", "tau2"], "margin": 0.01}}, "'tau2'"),
        ({"summary": None}, "mine.yaml: summary is missing"),
        ({"sources": "a card"}, "mine.yaml: sources"),
        ({"not_asked": ["SciCode"]}, "mine.yaml: not_asked"),
        ({"tasks": None}, "mine.yaml: tasks is missing"),
    ],
)
def test_what_no_suite_may_say_is_refused_with_its_place(by_suite, changes, said):
    with pytest.raises(UsageError) as refusal:
        by_suite(changes)
    assert said in str(refusal.value)


@pytest.mark.parametrize(("named", "hint"), [("quik", "did you mean quick?"), ("there/is/none.yaml", "The names are")])
def test_what_is_neither_name_nor_file_is_refused(refused, named, hint):
    said = refused(suite=named, tasks=None)
    assert said.startswith(f"release.yaml: suite {named}: there is no such file and no suite of that name")
    assert hint in said


def test_a_mapping_is_the_mean_of_several_tasks_as_ever(read):
    release = read(tasks=["gsm8k", "gpqa_diamond"], suite={"tasks": ["gsm8k", "gpqa_diamond"], "margin": 0.01})
    assert (release.suite, release.policy.suite.margin.written) == (None, 0.01)
