"""Records of Every Eval Ever as runs."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from quantgate.evals.contract.records import Status
from quantgate.evals.errors import DataError, UsageError
from quantgate.evals.foreign.choosing import read_chosen
from quantgate.evals.foreign.writing import write_run
from quantgate.evals.pairing.pairing import Run, pair_runs
from quantgate.evals.runs.record import SameBy

Record = dict[str, Any]


def record(sample: str = "1", score: Any = 1.0, model: str = "org/fp8", answer: str = "#### 3", **other: Any) -> Record:
    return {
        "schema_version": "0.3.0",
        "evaluation_id": f"gsm8k/{model}/1",
        "model_id": model,
        "evaluation_name": "gsm8k",
        "evaluation_result_id": "exact_match",
        "sample_id": sample,
        "interaction_type": "single_turn",
        "input": {"raw": f"What is {sample} + 2?", "reference": ["3"]},
        "output": {"raw": [answer]},
        "answer_attribution": [{"turn_idx": 0, "extracted_value": "3", "is_terminal": True}],
        "evaluation": {"score": score, "is_correct": score == 1},
        "token_usage": {"input_tokens": 5, "output_tokens": 7, "total_tokens": 12},
        "performance": {"latency_ms": 1500},
    } | other


def totals(**config: Any) -> Record:
    return {
        "schema_version": "0.3.0",
        "evaluation_id": "gsm8k/org/fp8/1",
        "eval_library": {"name": "lm_eval", "version": "0.4.13"},
        "evaluation_results": [
            {
                "evaluation_result_id": "exact_match",
                "evaluation_name": "gsm8k",
                "metric_config": {"metric_name": "exact_match", "lower_is_better": False, **config},
                "score_details": {"score": 0.5, "uncertainty": {"num_samples": 2}},
                "generation_config": {"generation_args": {"temperature": 0.0, "max_tokens": 512}},
            }
        ],
        "detailed_evaluation_results": {"format": "jsonl", "total_rows": 2},
    }


@pytest.fixture
def files(tmp_path) -> Callable[..., Path]:
    """Writes records, and totals beside them; gives the file of records."""

    def make(*records: Record | str, about: Record | None = None, name: str = "fp8") -> Path:
        file = tmp_path / f"{name}_samples.jsonl"
        file.write_text("".join(f"{each if isinstance(each, str) else json.dumps(each)}\n" for each in records))
        if about is not None:
            (tmp_path / f"{name}.json").write_text(json.dumps(about))
        return file

    return make


def imported(path: Path, model: str | None = None) -> Run:
    out = path.parent / f"{path.stem}.run"
    write_run(read_chosen("auto", path, model, []), out)
    return Run.load(out)


def test_a_record_is_an_answer_with_its_question(files):
    run = imported(files(record(), record("2", 0.0), about=totals()))
    sample = run.samples["gsm8k", "1", 0]
    assert (sample.score, sample.extracted, sample.response, sample.latency_s) == (1.0, "3", "#### 3", 1.5)
    assert sample.usage == {"prompt_tokens": 5, "completion_tokens": 7}
    assert run.samples["gsm8k", "2", 0].score == 0.0


def test_what_the_totals_tell_is_told(files):
    task = imported(files(record(), record("2"), about=totals())).record.tasks[0]
    assert (task.grader, task.metric) == ("lm_eval 0.4.13", "exact_match")
    assert task.sampling == {"temperature": 0.0, "max_tokens": 512}
    assert task.provenance["score"] == "0.5"
    assert "top_p" in task.imported.unknown
    assert "temperature" not in task.imported.unknown


def test_the_file_of_totals_leads_to_that_of_records(files):
    file = files(record(), about=totals())
    assert len(imported(file.with_name("fp8.json")).samples) == 1


def test_records_that_are_gone_are_missing(files):
    assert imported(files(record(), about=totals())).record.tasks[0].items == 2


def test_without_totals_all_but_the_answers_is_unknown(files):
    task = imported(files(record())).record.tasks[0]
    assert {"grader", "temperature", "version"} <= set(task.imported.unknown)


def test_two_runs_are_paired_by_their_questions_in_any_order(files):
    ours = imported(files(record(), record("2")))
    theirs = imported(files(record("2", 0.0, "org/mxfp4"), record(model="org/mxfp4"), name="mxfp4"))
    (task,) = pair_runs(ours, theirs).tasks
    assert (task.problems, task.paired_by) == ((), SameBy.TEXT)


def test_the_same_ids_with_other_questions_are_refused(files):
    other = {"raw": "Who?", "reference": ["3"]}
    theirs = imported(files(record(model="org/mxfp4", input=other), name="mxfp4"))
    assert pair_runs(imported(files(record())), theirs).tasks[0].problems


def test_a_sample_that_all_have_as_often_is_repeated(files):
    run = imported(files(record(), record("2"), record(score=0.0), record("2")))
    assert run.record.tasks[0].repeats == 2
    assert [run.samples["gsm8k", "1", repeat].score for repeat in (0, 1)] == [1.0, 0.0]


@pytest.mark.parametrize(("again", "score"), [(1.0, 1.0), (0.0, None)])
def test_a_sample_that_is_there_more_often_than_others_counts_once_where_its_rows_agree(files, again, score):
    run = imported(files(record(), record("2"), record("3"), record(score=again)))
    assert (run.record.tasks[0].repeats, run.samples["gsm8k", "1", 0].score) == (1, score)
    assert "item 1, repeat 0 is there twice" in run.record.tasks[0].imported.unread_first


def test_which_repeats_the_rows_of_a_sample_are_that_is_there_too_often_is_not_decided_by_their_order(files):
    rows = [record(score=0.0), record(), record(), record("2"), record("2"), record("3"), record("3")]
    run = imported(files(*rows))
    assert run.record.tasks[0].repeats == 2
    assert [sample.score for key, sample in run.samples.items() if key[1] == "1"] == [None]


def test_rows_of_two_results_of_which_one_was_cut_off_are_not_taken_for_items_of_the_other(files):
    about = totals()
    about["evaluation_results"].append({**about["evaluation_results"][0], "evaluation_result_id": "f1"})
    about["detailed_evaluation_results"]["total_rows"] = 4
    assert imported(files(record(), record("2"), about=about)).record.tasks[0].items == 2


def test_each_metric_of_an_evaluation_is_a_task(files):
    run = imported(files(record(), record(score=0.0, evaluation_result_id="f1")))
    assert {task.name: run.samples[task.name, "1", 0].score for task in run.record.tasks} == {
        "gsm8k/exact_match": 1.0,
        "gsm8k/f1": 0.0,
    }


def test_an_error_is_missing_and_what_was_scored_for_it_is_told(files):
    run = imported(files(record(), record("2", 0.0, error="Connection refused")))
    assert run.samples["gsm8k", "2", 0].status is Status.ERROR
    assert run.record.tasks[0].imported.faults == {"Connection refused": 1}


def test_a_refusal_scores_nothing(files):
    sample = imported(files(record(score=1.0, error="stopped by content_filter"))).samples["gsm8k", "1", 0]
    assert (sample.status, sample.score) == (Status.REFUSED, 0.0)


def test_an_empty_answer_is_empty_but_where_choices_were_compared(files):
    run = imported(files(record(score=0.0, answer=" "), record("2", 1.0, answer="")))
    assert [run.samples["gsm8k", item, 0].status for item in "12"] == [Status.EMPTY, Status.OK]


def test_of_a_conversation_the_last_word_is_the_answer(files):
    said = [{"turn_idx": turn, "role": "assistant", "content": text} for turn, text in enumerate(("Hm.", "3"))]
    run = imported(files(record(interaction_type="agentic", output=None, messages=said)))
    assert run.samples["gsm8k", "1", 0].response == "3"


def test_percent_are_read_as_such(files):
    run = imported(files(record(score=75.0), about=totals(metric_unit="percent", max_score=100)))
    assert run.samples["gsm8k", "1", 0].score == 0.75


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"evaluation": {"score": float("nan")}}, "evaluation.score must be a number from 0 to 1, and is nan"),
        ({"evaluation": {"score": [1]}}, "evaluation.score must be a number from 0 to 1"),
        ({"evaluation": {"score": 75.0}}, "evaluation.score must be a number from 0 to 1, and is 75.0"),
        ({"input": "What?"}, "input.raw must be text"),
        ({"sample_id": 7}, "sample_id must be text"),
        ({"model_id": None}, "model_id must be text"),
    ],
)
def test_a_record_that_is_none_is_counted_and_named(files, change, why):
    source = imported(files(record(), record("2") | change)).record.tasks[0].imported
    assert source.unread == 1
    assert why in source.unread_first


def test_a_torn_line_is_counted(files):
    source = imported(files(record(), json.dumps(record("2"))[:80])).record.tasks[0].imported
    assert (source.unread, source.unread_first.partition(":")[0]) == (1, "fp8_samples.jsonl, line 2")


def test_one_of_several_models_has_to_be_named(files):
    file = files(record(), record(score=0.0, model="org/mxfp4"))
    with pytest.raises(DataError, match=r"2 models, org/fp8, org/mxfp4: .*--model"):
        read_chosen("auto", file, None, [])
    assert imported(file, "org/mxfp4").samples["gsm8k", "1", 0].score == 0.0
    with pytest.raises(UsageError, match="it holds org/fp8, org/mxfp4"):
        read_chosen("auto", file, "other", [])


def test_the_same_evaluation_twice_in_a_folder_is_refused(files):
    folder = files(record()).parent
    files(record(), name="again")
    with pytest.raises(DataError, match=r"gsm8k twice, in again_samples.jsonl, fp8_samples.jsonl"):
        read_chosen("auto", folder, None, [])


def test_totals_alone_are_sent_to_claim(tmp_path):
    file = tmp_path / "fp8.json"
    file.write_text(json.dumps(totals()))
    for path in (file, tmp_path):
        with pytest.raises(
            DataError, match=r"only totals are there.*quantgate claim --task gsm8k --n 2 --baseline 0.5"
        ):
            read_chosen("auto", path, None, [])


def test_a_file_of_another_tool_is_said_to_be_none(tmp_path):
    path = tmp_path / "x.json"
    path.write_text(json.dumps({"accuracy": 1.0}))
    with pytest.raises(DataError, match="it is no record of Every Eval Ever"):
        read_chosen("every-eval-ever", path, None, [])


def test_a_metric_of_which_less_is_better_is_refused(files):
    with pytest.raises(DataError, match="less is better"):
        read_chosen("auto", files(record(), about=totals(lower_is_better=True)), None, [])


def test_a_record_that_is_nested_too_deeply_is_counted(files):
    line = json.dumps(record("2", input={"raw": "?", "reference": "@@"})).replace('"@@"', "[" * 600 + "]" * 600)
    assert "nested too deeply" in imported(files(record(), line)).record.tasks[0].imported.unread_first
