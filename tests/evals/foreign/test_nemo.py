"""NeMo Evaluator's results as runs: joined with its logs; of interrupted runs what was scored."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from quantgate.evals.contract.records import Status
from quantgate.evals.errors import DataError
from quantgate.evals.foreign.choosing import read_chosen
from quantgate.evals.foreign.formats import recognised
from quantgate.evals.foreign.writing import write_run
from quantgate.evals.pairing.pairing import Run
from quantgate.evals.runs.record import SameBy

Rows = list[dict[str, Any]]
Edit = Callable[[Rows, Rows, dict[str, Any]], None]
ITEMS = (7, 588, 12, 1214)
KEY = "sk-abcdefghij1234"


def result(problem: int, repeat: int = 0) -> dict[str, Any]:
    prompt = f"Solve: {problem} + {problem}?"
    steps = [{"source": "user", "message": prompt}, {"source": "agent", "message": "It is"}]
    return {
        "problem_idx": problem,
        "repeat": repeat,
        "reward": float(problem % 2),
        "scorer_rewards": {},
        "prompt": prompt,
        "model_response": f"It is {problem}, try {repeat}.",
        "extracted_answer": str(problem),
        "expected_answer": str(2 * problem),
        "scoring_details": {"method": "byob", "correct": True},
        "latency_ms": 32.0,
        "trajectory": [{"steps": steps}],
    }


def request(problem: int, repeat: int = 0) -> dict[str, Any]:
    return {
        "timestamp": "2026-11-26T23:38:18.344Z",
        "problem_idx": problem,
        "repeat": repeat,
        "service": "model",
        "status_code": 200,
        "finish_reason": "stop",
        "usage": {"prompt_tokens": 100, "completion_tokens": 20, "total_tokens": 120},
    }


def bundle(repeats: int = 1) -> dict[str, Any]:
    shuffle = {"seed": 42, "applied": True, "ds_full_size": 1319, "ds_effective_size": 4}
    return {
        "run_id": "eval-1-gsm8k_local",
        "sdk_version": "0.3.0",
        "timestamp": "2026-11-26T23:38:21+00:00",
        "config": {
            "model": "fp8",
            "base_url": "http://user:word@127.0.0.1:4000",
            "repeats": repeats,
            "max_problems": 4,
            "scorers": None,
            "shuffle_seed": 42,
            "shuffle": shuffle,
        },
        "benchmark": {"name": "gsm8k_local", "scores": {"pass@1": {"value": 0.25}}},
    }


def nothing(results: Rows, requests: Rows, told: dict[str, Any]) -> None:
    pass


@pytest.fixture
def folder(tmp_path):
    """The folder of a run of four questions, drawn from a longer benchmark; `edit` changes what its files say."""

    def make(edit: Edit = nothing, name: str = "fp8", repeats: int = 1) -> Path:
        places = [(problem, repeat) for problem in ITEMS for repeat in range(repeats)]
        results, requests = [result(*place) for place in places], [request(*place) for place in places]
        told = bundle(repeats)
        edit(results, requests, told)
        at = tmp_path / name / "gsm8k_local"
        lines(at / "results.jsonl", results)
        lines(at / "model_traffic.jsonl", requests)
        (at / "eval-1-gsm8k_local.json").write_text(json.dumps(told))
        return tmp_path / name

    return make


@pytest.fixture
def interrupted(tmp_path):
    """The folder of a run that broke off: what was scored, and what was answered."""

    def make(scored: Rows, answered: Rows | None = None) -> Path:
        at = tmp_path / "fp8" / "gsm8k_local"
        names = ("problem_idx", "repeat", "reward", "extracted_answer", "scoring_details", "latency_ms")
        lines(
            at / "verified_log.jsonl",
            [{name: row[name] for name in names} | {"response": row["model_response"]} for row in scored],
        )
        if answered is not None:
            told = ({"response": row["model_response"], "model": "fp8", "finish_reason": "length"} for row in answered)
            kept = ("problem_idx", "repeat", "prompt", "expected_answer")
            rows = [one | {name: row[name] for name in kept} for row, one in zip(answered, told, strict=True)]
            lines(at / "inference_log.jsonl", [{"_type": "meta", "config_hash": "x"}, *rows])
        return tmp_path / "fp8"

    return make


def lines(file: Path, rows: list[Any]) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("".join(f"{row if isinstance(row, str) else json.dumps(row)}\n" for row in rows))


@pytest.fixture
def imported(tmp_path):
    def make(path: Path, name: str = "run") -> Run:
        write_run(read_chosen("auto", path, None, []), tmp_path / name)
        return Run.load(tmp_path / name)

    return make


def test_a_run_has_what_the_files_tell_and_says_what_they_do_not(folder, imported):
    run = imported(folder())
    task = run.record.task("gsm8k_local")
    assert (task.items, task.whole, task.metric, task.grader) == (4, 1319, "reward", "NeMo Evaluator 0.3.0")
    assert task.settings == {"limit": 4, "shuffle_seed": 42, "scorers": None, "system_prompt": None}
    assert task.imported.unknown == ("data_hash", "temperature", "top_p", "max_tokens", "seed", "stop")
    assert task.imported.same_by is SameBy.PROMPT
    assert task.provenance["accuracy by NeMo Evaluator"] == "0.25 (pass@1)"
    assert (run.record.model, run.record.endpoint) == ("fp8", {"base_url": "http://127.0.0.1:4000"})
    sample = run.samples["gsm8k_local", "7", 0]
    assert (sample.score, sample.extracted, sample.finish_reason, sample.latency_s) == (1.0, "7", "stop", 0.032)
    assert sample.usage == {"prompt_tokens": 100, "completion_tokens": 20, "total_tokens": 120}


def test_the_order_of_lines_changes_nothing(folder, imported):
    def shuffle(results, requests, told):
        random.Random(1).shuffle(results)
        random.Random(2).shuffle(requests)

    before, after = imported(folder(), "before"), imported(folder(shuffle, "again"), "after")
    assert dict(after.samples.items()) == dict(before.samples.items())


def test_repeats_are_those_of_the_source(folder, imported):
    run = imported(folder(repeats=3))
    assert run.record.task("gsm8k_local").repeats == 3
    assert run.samples["gsm8k_local", "588", 2].response == "It is 588, try 2."


@pytest.mark.parametrize(
    ("reason", "text", "status", "score"),
    [
        ("length", "It is", Status.TRUNCATED, 1.0),
        ("content_filter", "I", Status.REFUSED, 0.0),
        ("stop", "", Status.EMPTY, 0.0),
        ("length", "", Status.TRUNCATED, 1.0),
        ("stop", " \n", Status.EMPTY, 0.0),
    ],
)
def test_how_an_answer_ended_is_read_from_the_log_of_requests(folder, imported, reason, text, status, score):
    def edit(results, requests, told):
        results[0]["model_response"] = text
        requests[0]["finish_reason"] = reason
        requests.reverse()

    sample = imported(folder(edit)).samples["gsm8k_local", "7", 0]
    assert (sample.status, sample.score) == (status, score)


def test_how_a_failure_ended_is_not_unknown_where_no_log_has_it(folder):
    def edit(results, requests, told):
        results[0] |= {"model_response": "", "reward": 0.0, "scoring_details": {"error": "no choices"}}
        del requests[0]

    assert not any("is unknown" in note for note in read_chosen("auto", folder(edit), None, []).notes)


def test_of_several_requests_the_last_tells_how_an_answer_ended(folder, imported):
    def edit(results, requests, told):
        requests.insert(0, request(7) | {"status_code": 500, "finish_reason": ""})
        requests.append(request(7) | {"service": "judge", "finish_reason": "length"})

    assert imported(folder(edit)).samples["gsm8k_local", "7", 0].status is Status.OK


@pytest.mark.parametrize(
    ("category", "error", "why"),
    [
        ("infra_error", f"Connection refused, {KEY}", "Connection refused, ***"),
        ("system", "KeyError: 'choices'", "KeyError: 'choices'"),
        ("graceful", "HTTP 400", "HTTP 400"),
    ],
)
def test_a_fault_that_was_scored_is_missing_and_told(folder, imported, category, error, why):
    def edit(results, requests, told):
        results[0] |= {"model_response": "", "reward": 0.0}
        results[0]["scoring_details"] = {"error": error, "error_category": category, "method": "infra_error"}

    task = imported(folder(edit)).record.task("gsm8k_local")
    assert (task.imported.faults, task.imported.faults_score) == ({why: 1}, 0.0)


def test_an_agent_without_turns_left_is_cut_and_no_fault(folder, imported):
    def edit(results, requests, told):
        results[0] |= {"model_response": "", "reward": 0.0}
        results[0]["scoring_details"] = {"error": "max_turns_exhausted (5 turns)", "error_category": "graceful"}

    sample = imported(folder(edit)).samples["gsm8k_local", "7", 0]
    assert (sample.status, sample.score) == (Status.TRUNCATED, 0.0)


@pytest.mark.parametrize(
    ("change", "why"),
    [({"status_code": 503, "finish_reason": ""}, "HTTP 503"), ({"error_type": "ReadTimeout"}, "ReadTimeout")],
)
def test_an_empty_answer_whose_last_request_failed_is_a_fault(folder, imported, change, why):
    def edit(results, requests, told):
        results[0] |= {"model_response": "", "reward": 0.0}
        requests[0] |= change

    assert imported(folder(edit)).samples["gsm8k_local", "7", 0].error == why


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"reward": float("nan")}, "reward must be a number from 0 to 1, and is nan"),
        ({"reward": [1.0]}, "reward must be a number from 0 to 1"),
        ({"reward": 1.5}, "and is 1.5"),
        ({"reward": 10**400}, "reward must be a number from 0 to 1"),
        ({"latency_ms": 10**400}, "too large"),
        ({"reward": None}, "and is None"),
        ({"problem_idx": "7"}, "problem_idx must be a whole number"),
        ({"repeat": -1}, "repeat must be a whole number"),
    ],
)
def test_a_result_that_is_none_is_counted_and_named(folder, imported, change, why):
    task = imported(folder(lambda results, requests, told: results[3].update(change))).record.task("gsm8k_local")
    assert (task.imported.unread, task.items) == (1, 4)
    assert task.imported.unread_first.startswith("results.jsonl, line 4: ")
    assert why in task.imported.unread_first


def test_a_torn_line_and_a_second_result_are_counted(folder, imported):
    task = imported(folder(lambda results, requests, told: results.extend([results[0], '{"problem']))).record.tasks[0]
    assert (task.imported.unread, task.items) == (2, 4)


def test_a_system_prompt_is_what_two_runs_must_share(folder, imported):
    def edit(results, requests, told):
        results[0]["trajectory"][0]["steps"].insert(0, {"source": "system", "message": "Be short."})

    assert imported(folder(edit)).record.task("gsm8k_local").settings["system_prompt"] == "Be short."


def test_results_without_prompts_pair_by_id_alone(folder, imported):
    def edit(results, requests, told):
        for row in results:
            del row["prompt"]

    assert imported(folder(edit)).record.task("gsm8k_local").imported.same_by is SameBy.ID


def test_a_figure_that_is_not_the_mean_is_told(folder):
    def edit(results, requests, told):
        told["benchmark"]["scores"]["pass@1"]["value"] = 0.9

    notes = read_chosen("auto", folder(edit), None, []).notes
    assert notes == ("gsm8k_local: NeMo Evaluator says 0.9 (pass@1), and the mean of all rewards is 0.25",)


def test_an_interrupted_run_has_what_was_scored(interrupted, imported):
    path = interrupted([result(7), result(588)])
    (note, *_) = read_chosen("auto", path, None, []).notes
    assert note.startswith("gsm8k_local: the run broke off, and 2 scored answers are in its log")
    task = imported(path).record.task("gsm8k_local")
    assert (task.items, task.imported.same_by) == (2, SameBy.ID)


def test_an_interrupted_run_takes_prompts_and_endings_from_its_log_of_answers(interrupted, imported):
    run = imported(interrupted([result(7)], [result(7), result(588)]))
    task = run.record.task("gsm8k_local")
    assert (run.record.model, task.items, task.imported.same_by) == ("fp8", 2, SameBy.PROMPT)
    assert run.samples["gsm8k_local", "7", 0].status is Status.TRUNCATED
    unscored = run.samples["gsm8k_local", "588", 0]
    assert (unscored.status, unscored.error) == (
        Status.ERROR,
        "it was answered, and not scored before the run broke off",
    )


def test_of_what_was_scored_twice_after_an_interruption_the_last_counts(interrupted, imported):
    failed = result(7) | {"reward": 0.0, "scoring_details": {"error": "refused", "error_category": "infra_error"}}
    path = interrupted([failed, result(588), result(7)])
    assert any("1 answers were asked again" in note for note in read_chosen("auto", path, None, []).notes)
    run = imported(path)
    assert (run.samples["gsm8k_local", "7", 0].score, run.record.tasks[0].imported.unread) == (1.0, 0)


def test_a_benchmark_in_two_folders_is_not_chosen_among(folder, tmp_path):
    folder(name="all/shard_0")
    folder(name="all/shard_1")
    with pytest.raises(DataError, match="results of gsm8k_local in 2 folders"):
        read_chosen("auto", tmp_path / "all", None, [])


def test_two_models_are_named(folder, tmp_path):
    def other(results, requests, told):
        told["config"]["model"], told["benchmark"]["name"] = "mxfp4", "other"

    folder(name="all/fp8")
    folder(other, "all/mxfp4")
    with pytest.raises(DataError, match="results of 2 models, fp8, mxfp4"):
        read_chosen("auto", tmp_path / "all", None, [])


def test_of_several_bundles_the_newest_tells(folder, imported):
    path = folder()
    older = bundle() | {"timestamp": "2025-01-01T00:00:00+00:00", "sdk_version": "0.2.0"}
    (path / "gsm8k_local" / "eval-2.json").write_text(json.dumps(older))
    assert imported(path).record.task("gsm8k_local").grader == "NeMo Evaluator 0.3.0"


@pytest.mark.parametrize("part", ["", "gsm8k_local", "gsm8k_local/results.jsonl"])
def test_every_part_of_a_run_finds_the_rest(folder, imported, part):
    path = folder() / part
    found = recognised(path)
    assert found is not None
    assert found.name == "nemo"
    assert imported(path).record.task("gsm8k_local").whole == 1319


def test_a_broken_bundle_is_one_line(folder):
    path = folder()
    (path / "gsm8k_local" / "eval-1-gsm8k_local.json").write_text('{"config": {')
    with pytest.raises(DataError, match=r"eval-1-gsm8k_local\.json: not JSON"):
        read_chosen("auto", path, None, [])
