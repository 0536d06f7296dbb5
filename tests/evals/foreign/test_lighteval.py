"""lighteval's details as runs: generated answers and log-likelihoods, with the results that were written with them."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from quantgate.evals.contract.records import Continuation, Status
from quantgate.evals.errors import DataError, UsageError
from quantgate.evals.foreign.choosing import read_chosen
from quantgate.evals.foreign.formats import recognised
from quantgate.evals.foreign.writing import write_run
from quantgate.evals.pairing.pairing import Run
from quantgate.evals.runs.record import SameBy

DATE = "2026-11-27T00-28-20.123456"
Edit = Callable[[list[dict[str, Any]]], Any]


def generated(number: int) -> dict[str, Any]:
    doc = {"query": f"What is {number}?", "choices": [f"{2 * number}"], "gold_index": 0, "id": str(10 * number)}
    response = {
        "input": [{"role": "user", "content": f"Shots. What is {number}?"}],
        "text": [f"It is {number}."],
        "reasonings": ["Hm."],
        "logprobs": [],
    }
    return {"doc": doc, "metric": {"extractive_match": float(number % 2), "length": 7.0}, "model_response": response}


def scored(number: int) -> dict[str, Any]:
    doc = {"query": f"Which is {number}?", "choices": [" yes", " no"], "gold_index": 1, "id": str(number)}
    response = {"input": f"Which is {number}?", "logprobs": [-2.0, -0.5], "argmax_logits_eq_gold": [False, True]}
    return {"doc": doc, "metric": {"acc": 1.0}, "model_response": response}


def results(task: str, printed: float) -> dict[str, Any]:
    generation = {"temperature": 0.0, "max_new_tokens": 512, "top_p": None, "seed": None, "stop_tokens": None}
    config = {"base_url": "http://user:word@127.0.0.1:8000/v1", "generation_parameters": generation}
    return {
        "config_general": {
            "lighteval_sha": "?",
            "max_samples": 4,
            "model_config": config,
            "model_name": "org/fp8",
        },
        "results": {task: {"extractive_match": printed, "extractive_match_stderr": 0.1}},
        "versions": {task: 1},
        "config_tasks": {task: {"hf_repo": "AI/gsm8k"}},
    }


@pytest.fixture
def folder(tmp_path):
    """A folder as lighteval leaves it, with the details of one task of four documents; `edit` changes its rows."""

    def make(
        edit: Edit = lambda rows: None,
        one: Callable[[int], dict[str, Any]] = generated,
        task: str = "gsm8k|5",
        model: str = "org/fp8",
        date: str = DATE,
        printed: float = 0.5,
    ) -> Path:
        rows = [one(number) for number in range(4)]
        rows = edit(rows) or rows
        details = tmp_path / "out" / "details" / model / date
        details.mkdir(parents=True, exist_ok=True)
        pq.write_table(pa.Table.from_pylist(rows), details / f"details_{task}_{date}.parquet")
        totals = tmp_path / "out" / "results" / model / f"results_{date}.json"
        totals.parent.mkdir(parents=True, exist_ok=True)
        totals.write_text(json.dumps(results(task.replace("|", ":"), printed)))
        return tmp_path / "out"

    return make


@pytest.fixture
def imported(tmp_path):
    def make(path: Path) -> Run:
        write_run(read_chosen("auto", path, None, []), tmp_path / "run")
        return Run.load(tmp_path / "run")

    return make


def test_a_run_has_what_the_files_tell_and_says_what_they_do_not(folder, imported):
    run = imported(folder())
    task = run.record.task("gsm8k:5")
    assert (task.items, task.metric, task.version, task.grader) == (4, "extractive_match", "1", "lighteval unknown")
    assert (task.sampling, task.settings) == ({"temperature": 0.0, "max_tokens": 512}, {"few_shot": 5, "limit": 4})
    assert task.imported.unknown == ("data_hash", "top_p", "seed", "stop")
    assert task.imported.same_by is SameBy.PROMPT
    assert task.provenance["accuracy by lighteval"] == "0.5 (extractive_match)"
    assert (run.record.model, run.record.endpoint) == ("org/fp8", {"base_url": "http://127.0.0.1:8000/v1"})
    sample = run.samples["gsm8k:5", "10", 0]
    assert (sample.score, sample.response, sample.reasoning) == (1.0, "It is 1.", "Hm.")
    assert sample.metrics == {"extractive_match": 1.0, "length": 7.0}


def test_the_order_of_rows_changes_nothing(folder, imported, tmp_path):
    before = dict(imported(folder()).samples.items())
    write_run(read_chosen("auto", folder(lambda rows: rows[::-1]), None, []), tmp_path / "after")
    assert dict(Run.load(tmp_path / "after").samples.items()) == before


def test_choices_keep_their_log_likelihoods(folder, imported):
    run = imported(folder(one=scored, task="mc|0"))
    sample = run.samples["mc:0", "2", 0]
    assert (sample.extracted, sample.margin, sample.score) == ("no", 1.5, 1.0)
    asked = run.prompts.of("mc:0", "2", sample.prompt_hash)
    assert asked.continuations == (Continuation("Which is 2?", " yes"), Continuation("Which is 2?", " no"))
    assert asked.reference == "no"


def test_log_likelihoods_that_are_none_are_a_fault_that_was_scored(folder, imported):
    def edit(rows):
        rows[0]["model_response"]["logprobs"] = [math.nan, -0.5]

    task = imported(folder(edit, scored, "mc|0")).record.task("mc:0")
    assert (task.imported.faults, task.imported.faults_score) == ({"its log-likelihoods are no numbers": 1}, 1.0)


@pytest.mark.parametrize("text", [[], [""], [" \n", ""]])
def test_an_answer_without_text_is_empty_and_scores_nothing(folder, imported, text):
    sample = imported(folder(lambda rows: rows[1]["model_response"].update(text=text))).samples["gsm8k:5", "10", 0]
    assert (sample.status, sample.score) == (Status.EMPTY, 0.0)


def test_several_answers_to_a_document_have_the_score_that_they_have_together(folder, tmp_path):
    source = read_chosen("auto", folder(lambda rows: rows[1]["model_response"].update(text=["a", "b"])), None, [])
    assert any("1 items were answered several times" in note for note in source.notes)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lambda row: row["metric"].update(extractive_match=math.nan), "extractive_match must be a number from 0 to 1"),
        (lambda row: row["metric"].update(extractive_match=None), "extractive_match must be a number from 0 to 1"),
        (lambda row: row["metric"].update(extractive_match=1.5), "and is 1.5"),
        (lambda row: row["doc"].update(id=None), "its document has no id"),
    ],
)
def test_a_row_that_is_none_is_counted_and_named(folder, imported, change, why):
    task = imported(folder(lambda rows: change(rows[3]))).record.task("gsm8k:5")
    assert task.imported.unread == 1
    assert f"{DATE}.parquet, row 4: " in task.imported.unread_first
    assert why in task.imported.unread_first


def test_without_what_was_sent_it_is_the_query_that_pairs(folder, imported):
    def edit(rows):
        rows[2]["model_response"]["input"] = None

    assert imported(folder(edit)).record.task("gsm8k:5").imported.same_by is SameBy.TEXT


def test_a_figure_that_is_not_the_mean_is_told(folder):
    notes = read_chosen("auto", folder(printed=0.75), None, []).notes
    assert "gsm8k:5: lighteval says 0.75 (extractive_match), and the mean of all scores is 0.5" in notes


def test_of_several_dates_the_newest_is_read(folder):
    folder(lambda rows: rows[:3], date="2026-11-26T00-00-00.000000")
    source = read_chosen("auto", folder(), None, [])
    assert any(f"the newest is read, {DATE}" in note for note in source.notes)
    assert len(list(source.tasks[0].rows())) == 4


def test_of_several_models_one_has_to_be_named(folder):
    folder(model="org/mxfp4")
    path = folder()
    with pytest.raises(DataError, match="2 models, org/fp8, org/mxfp4: name the files of one of them"):
        read_chosen("auto", path, None, [])
    assert len(read_chosen("auto", path, "org/mxfp4", []).tasks) == 1
    with pytest.raises(UsageError, match="it holds org/fp8, org/mxfp4"):
        read_chosen("auto", path, "int4", [])


@pytest.mark.parametrize("part", ["", "details/org/fp8", f"details/org/fp8/{DATE}/details_gsm8k|5_{DATE}.parquet"])
def test_every_part_of_the_folder_finds_the_rest(folder, imported, part):
    path = folder() / part
    found = recognised(path)
    assert found is not None
    assert found.name == "lighteval"
    assert imported(path).record.task("gsm8k:5").settings["limit"] == 4


def test_details_of_an_earlier_version_are_one_line(folder):
    path = folder(lambda rows: [{"example": "a", "predictions": ["b"], "metrics": "{}"} for _ in rows])
    with pytest.raises(DataError, match="its columns are example, metrics, predictions"):
        read_chosen("auto", path, None, [])


def test_details_that_are_cut_in_half_are_one_line(folder):
    path = folder()
    (file,) = path.rglob("*.parquet")
    file.write_bytes(file.read_bytes()[:-200])
    with pytest.raises(DataError, match="cannot be read as Parquet"):
        read_chosen("auto", path, None, [])
