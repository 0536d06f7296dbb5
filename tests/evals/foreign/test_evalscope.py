"""evalscope's reviews as runs: joined with predictions, faults and endings told, subsets as strata."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from quantgate.evals.contract.records import Status
from quantgate.evals.errors import DataError, UsageError
from quantgate.evals.foreign.choosing import read_chosen
from quantgate.evals.foreign.formats import recognised
from quantgate.evals.foreign.writing import write_run
from quantgate.evals.pairing.pairing import Run
from quantgate.evals.runs.record import SameBy

CONFIG = """
api_url: http://user:word@127.0.0.1:8000/v1
datasets: [gsm8k]
evalscope_version: 1.14.1
generation_config: {max_tokens: 512, temperature: 0.0}
limit: 4
repeats: %d
resolved_benchmarks: {gsm8k: {few_shot_num: 0, dataset_id: AI/gsm8k}}
"""
FILE = "gsm8k_main.jsonl"
Edit = Callable[[list[dict[str, Any]], list[dict[str, Any]]], None]


def messages(index: int, question: str, answer: Any) -> list[dict[str, Any]]:
    asked = {"id": f"q{index}", "role": "user", "content": question, "source": None}
    said = {"id": f"a{index}", "role": "assistant", "content": answer, "source": "generate"}
    return [asked, said]


def answer(index: int, score: float = 1.0, question: str | None = None, text: Any = None, repeats: int = 1) -> Any:
    """A review, and the prediction that belongs to it."""
    group = index // repeats
    said = messages(index, question or f"What is {group} and {group}?", f"It is {index}." if text is None else text)
    value = {"value": {"accuracy": score}, "status": "success", "main_score_name": "accuracy"}
    review = {
        "index": index,
        "target": [str(2 * group)],
        "messages": said,
        "sample_score": {
            "score": value | {"extracted_prediction": str(index), "prediction": said[1]["content"]},
            "sample_id": index,
            "group_id": group,
            "generation_index": index % repeats,
            "sample_metadata": {},
        },
    }
    output = {
        "choices": [{"message": said[1], "stop_reason": "stop"}],
        "usage": {"input_tokens": 10, "output_tokens": 5, "total_tokens": 15},
        "time": 0.5,
        "error": None,
    }
    return review, {"index": index, "model": "fp8", "model_output": output, "messages": said}


@pytest.fixture
def folder(tmp_path):
    """The folder of an invocation over four questions; `edit` changes its reviews and predictions."""

    def make(
        edit: Edit = lambda reviews, predictions: None,
        name: str = "fp8/20261127_002551",
        model: str = "fp8",
        repeats: int = 1,
        subsets: tuple[str, ...] = (FILE,),
        report: dict[str, Any] | None = None,
    ) -> Path:
        root = tmp_path / name
        for file in subsets:
            made = [answer(index, float(index % 2), repeats=repeats) for index in range(4 * repeats)]
            reviews, predictions = [each[0] for each in made], [each[1] for each in made]
            edit(reviews, predictions)
            for kind, rows in (("reviews", reviews), ("predictions", predictions)):
                lines(root / kind / model / file, rows)
        (root / "configs").mkdir(exist_ok=True)
        (root / "configs" / "task_config.yaml").write_text(CONFIG % repeats)
        if report is not None:
            (root / "reports" / model).mkdir(parents=True)
            (root / "reports" / model / "gsm8k.json").write_text(json.dumps(report))
        return root

    return make


def lines(file: Path, rows: list[Any]) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("".join(f"{row if isinstance(row, str) else json.dumps(row)}\n" for row in rows))


def imported(path: Path, out: Path, model: str | None = None) -> Run:
    write_run(read_chosen("auto", path, model, []), out)
    return Run.load(out)


@pytest.fixture
def run(folder, tmp_path):
    return lambda *told, **named: imported(folder(*told, **named), tmp_path / "run")


def by_question(run: Run) -> dict[str, Any]:
    asked = {each.item_id: each for each in run.samples.values()}
    return dict(sorted(asked.items()))


def sample_of(run: Run, response: str | None) -> Any:
    return next(each for each in run.samples.values() if each.response == response)


def report(**summary: int) -> dict[str, Any]:
    metric = {"identity": {"name": "accuracy", "aggregation": "mean"}, "score": 0.5}
    return {"dataset_name": "gsm8k", "metrics": [metric], "execution_summary": summary}


def test_a_run_has_what_the_files_tell_and_says_what_they_do_not(run):
    found = run(report=report(requested=4, errored=0))
    task = found.record.task("gsm8k")
    assert (task.items, task.metric, task.grader) == (4, "accuracy", "evalscope 1.14.1")
    assert (task.sampling, task.settings) == (
        {"temperature": 0.0, "max_tokens": 512, "extra_body": {}},
        {"few_shot": 0, "limit": 4},
    )
    assert task.imported.unknown == ("data_hash", "top_p", "seed", "stop")
    assert task.imported.same_by is SameBy.PROMPT
    assert task.provenance["accuracy by evalscope"] == "0.5"
    assert found.record.endpoint == {"base_url": "http://127.0.0.1:8000/v1"}
    sample = sample_of(found, "It is 1.")
    assert (sample.score, sample.extracted, sample.finish_reason, sample.latency_s) == (1.0, "1", "stop", 0.5)
    assert sample.usage == {"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15}


def test_neither_the_order_of_lines_nor_that_of_the_questions_changes_an_item(folder, tmp_path):
    def reorder(reviews, predictions):
        random.Random(1).shuffle(reviews)
        for place, review in enumerate(reviews):
            review["index"] = review["sample_score"]["group_id"] = place

    before = imported(folder(), tmp_path / "before")
    after = imported(folder(reorder, "mxfp4/20261127_002820"), tmp_path / "after")
    assert {item: each.response for item, each in by_question(before).items()} == {
        item: each.response for item, each in by_question(after).items()
    }


def test_repeats_are_the_generations_of_a_question(run):
    found = run(repeats=3)
    assert (found.record.task("gsm8k").items, found.record.task("gsm8k").repeats) == (4, 3)
    first = sample_of(found, "It is 0.").item_id
    assert [found.samples["gsm8k", first, repeat].response for repeat in range(3)] == [
        "It is 0.",
        "It is 1.",
        "It is 2.",
    ]


def test_older_reviews_are_of_the_repeat_that_their_index_says(run):
    def older(reviews, predictions):
        for review in reviews:
            del review["sample_score"]["generation_index"], review["sample_score"]["group_id"]

    assert {key[2] for key in run(older, repeats=2).samples} == {0, 1}


@pytest.mark.parametrize(
    ("choice", "text", "status", "score"),
    [
        ({"stop_reason": "max_tokens"}, "It is", Status.TRUNCATED, 1.0),
        ({"stop_reason": "max_tokens"}, "", Status.TRUNCATED, 1.0),
        ({"stop_reason": "content_filter"}, "I", Status.REFUSED, 0.0),
        ({"stop_reason": "stop"}, "", Status.EMPTY, 0.0),
        ({"stop_reason": "stop"}, " \n", Status.EMPTY, 0.0),
        ({"stop_reason": "unknown"}, "It is 8", Status.OK, 1.0),
        ({"stop_reason": "stop"}, [{"type": "text", "text": "No.", "refusal": True}], Status.REFUSED, 0.0),
        ({"stop_reason": "stop"}, [{"type": "reasoning", "reasoning": "Hm."}], Status.EMPTY, 0.0),
    ],
)
def test_how_an_answer_ended_is_read_from_its_prediction(run, choice, text, status, score):
    def edit(reviews, predictions):
        reviews[3], predictions[3] = answer(3, 1.0, text=text)
        predictions[3]["model_output"]["choices"][0] |= choice
        random.Random(2).shuffle(predictions)

    found = run(edit)
    (sample,) = [each for each in found.samples.values() if each.extracted == "3"]
    assert (sample.status, sample.score) == (status, score)


@pytest.mark.parametrize(
    ("output", "why"),
    [
        ({"error": "timed out, sk-abcdefghij1234"}, "timed out, ***"),
        ({"choices": []}, "the model gave no answer"),
    ],
)
def test_a_fault_that_was_scored_is_missing_and_told(run, output, why):
    def edit(reviews, predictions):
        reviews[0]["sample_score"]["score"]["value"] = {"accuracy": 0.0}
        predictions[0]["model_output"] |= output

    task = run(edit).record.task("gsm8k")
    assert (task.imported.faults, task.imported.faults_score) == ({why: 1}, 0.0)


def test_a_review_without_a_score_is_missing_and_says_why(run):
    def edit(reviews, predictions):
        reviews[0]["sample_score"]["score"] |= {"value": {}, "status": "transport_error"}

    (sample,) = [each for each in run(edit).samples.values() if each.status is Status.ERROR]
    assert sample.error == "evalscope has no accuracy for it (transport_error)"


def test_what_a_server_says_that_takes_no_request_is_no_answer_of_the_model(run):
    def edit(reviews, predictions):
        predictions[1]["model_output"] |= {"usage": None}
        predictions[1]["model_output"]["choices"][0]["stop_reason"] = "model_length"

    (sample,) = [each for each in run(edit).samples.values() if each.status is Status.TRUNCATED]
    assert (sample.score, sample.response, sample.error, sample.turned_away) == (0.0, None, "It is 1.", True)


def test_a_prediction_of_another_answer_with_the_same_index_tells_nothing(folder, tmp_path):
    def edit(reviews, predictions):
        predictions[1]["messages"] = [predictions[1]["messages"][0], predictions[1]["messages"][1] | {"id": "another"}]
        predictions[1]["model_output"]["choices"][0]["stop_reason"] = "max_tokens"

    source = read_chosen("auto", folder(edit), None, [])
    assert any("1 answers have no prediction" in note for note in source.notes)
    write_run(source, tmp_path / "run")
    assert sample_of(Run.load(tmp_path / "run"), "It is 1.").status is Status.OK


def test_questions_that_failed_and_were_left_out_are_missing(folder, tmp_path):
    def lose(reviews, predictions):
        del reviews[3], predictions[3]

    source = read_chosen("auto", folder(lose, report=report(requested=4, errored=1)), None, [])
    assert any("1 answers failed" in note for note in source.notes)
    assert (source.tasks[0].items, len(list(source.tasks[0].rows()))) == (4, 3)


def test_a_run_without_a_report_has_as_many_questions_as_were_asked_for(folder):
    source = read_chosen("auto", folder(lambda reviews, predictions: reviews.pop()), None, [])
    assert source.tasks[0].items == 4
    assert any("no report" in note for note in source.notes)


def test_subsets_are_strata_of_one_task(run):
    found = run(subsets=("gsm8k_main.jsonl", "gsm8k_socratic.jsonl"))
    task = found.record.task("gsm8k")
    assert (task.items, task.strata) == (8, {"main": 4, "socratic": 4})


def test_questions_that_are_alike_are_told_apart_by_what_else_is_known(folder, tmp_path):
    def alike(order):
        def edit(reviews, predictions):
            for place, what in zip((0, 1), order, strict=True):
                reviews[place], predictions[place] = answer(place, 1.0, "The same?", f"of {what}")
                reviews[place]["target"] = ["1"]
                reviews[place]["sample_score"]["sample_metadata"] = {"id": what}

        return edit

    source = read_chosen("auto", folder(alike("ab")), None, [])
    assert any("2 items are asked word for word like others" in note for note in source.notes)
    before = imported(folder(alike("ab")), tmp_path / "before")
    after = imported(folder(alike("ba"), "mxfp4/20261127_002820"), tmp_path / "after")
    assert sample_of(before, "of a").item_id == sample_of(after, "of a").item_id
    assert sample_of(before, "of b").item_id != sample_of(before, "of a").item_id


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (
            lambda row: row["sample_score"]["score"].update(value={"accuracy": float("nan")}),
            "accuracy must be a number",
        ),
        (lambda row: row["sample_score"]["score"].update(value={"accuracy": [1.0]}), "accuracy must be a number"),
        (lambda row: row["sample_score"]["score"].update(value={"accuracy": 1.5}), "and is 1.5"),
        (lambda row: row.update(index="1"), "index must be a whole number"),
        (lambda row: row.update(messages=[]), "nobody can tell what was asked"),
        (lambda row: row.update(messages="x"), "nobody can tell what was asked"),
    ],
)
def test_a_review_that_is_none_is_counted_and_named(run, change, why):
    task = run(lambda reviews, predictions: change(reviews[3])).record.task("gsm8k")
    assert task.imported.unread == 1
    assert task.imported.unread_first.startswith(f"{FILE}, line 4: ")
    assert why in task.imported.unread_first


def test_a_torn_line_and_a_second_answer_are_counted(run):
    def edit(reviews, predictions):
        reviews += [reviews[0], '{"index": 4, "sample_sc']

    task = run(edit).record.task("gsm8k")
    assert (task.imported.unread, task.items) == (2, 4)


def test_of_several_invocations_the_newest_is_read_and_that_is_said(folder, tmp_path):
    folder(lambda reviews, predictions: None, "all/20261126_000000")
    folder(lambda reviews, predictions: reviews.pop(), "all/20261127_000000")
    source = read_chosen("auto", tmp_path / "all", None, [])
    assert any("the newest is read, 20261127_000000" in note for note in source.notes)
    assert len(list(source.tasks[0].rows())) == 3


def test_of_several_models_one_has_to_be_named(folder, tmp_path):
    folder(name="all/20261126_000000")
    folder(name="all/20261127_000000", model="mxfp4")
    with pytest.raises(DataError, match="2 models, fp8, mxfp4: name the files of one of them"):
        read_chosen("auto", tmp_path / "all", None, [])
    assert read_chosen("auto", tmp_path / "all", "mxfp4", []).model == "mxfp4"
    with pytest.raises(UsageError, match="it holds fp8, mxfp4"):
        read_chosen("auto", tmp_path / "all", "int4", [])


@pytest.mark.parametrize("part", ["", "reviews", "reviews/fp8", f"reviews/fp8/{FILE}"])
def test_every_part_of_an_invocation_finds_the_rest(folder, tmp_path, part):
    root = folder()
    found = recognised(root / part)
    assert found is not None
    assert found.name == "evalscope"
    assert imported(root / part, tmp_path / "run").record.task("gsm8k").sampling["max_tokens"] == 512


def test_a_broken_configuration_is_one_line(folder):
    root = folder()
    (root / "configs" / "task_config.yaml").write_text("a: [")
    with pytest.raises(DataError, match=r"task_config\.yaml: it is not YAML"):
        read_chosen("auto", root, None, [])


@pytest.mark.parametrize(
    "name", ["generation_config", "resolved_benchmarks", "datasets", "limit", "repeats", "api_url"]
)
@pytest.mark.parametrize("value", ["true", "[1]", "-1", "{a: {b: 1}}", ".nan"])
def test_a_configuration_of_other_kinds_tells_nothing_and_breaks_nothing(folder, tmp_path, name, value):
    root = folder()
    (root / "configs" / "task_config.yaml").write_text(f"{name}: {value}\n")
    assert len(imported(root, tmp_path / "run").samples) == 4


def test_a_link_out_of_the_folder_is_refused(folder, tmp_path):
    root = folder()
    (tmp_path / "elsewhere.jsonl").write_text("{}")
    (root / "reviews" / "fp8" / "gsm8k_x.jsonl").symlink_to(tmp_path / "elsewhere.jsonl")
    with pytest.raises(DataError, match="is a link out of the folder"):
        read_chosen("auto", root, None, [])
