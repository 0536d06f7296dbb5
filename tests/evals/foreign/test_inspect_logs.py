"""Logs of Inspect as runs: which questions, which answers, what they score, and what a log does not tell."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from quantgate.evals.foreign.formats import read_source
from quantgate.evals.foreign.types import ForeignRun
from quantgate.evals.foreign.writing import write_run
from quantgate.evals.pairing.pairing import Run
from quantgate.evals.runs.record import Draw, SameBy
from tests.evals.foreign.inspect_made import INSPECT, MODEL, Json, log, sample, write_eval, write_json

pytestmark = INSPECT


def imported(path: Path) -> tuple[Run, ForeignRun]:
    source = read_source("auto", path)
    out = path.parent / f"run of {path.name}"
    shutil.rmtree(out, ignore_errors=True)
    write_run(source, out)
    return Run.load(out), source


def the_answer(tmp_path: Path, made: Json) -> Any:
    """The one answer of a log with one sample."""
    run, _ = imported(write_json(tmp_path / "x.json", log([made])))
    (found,) = run.samples.values()
    return found


@pytest.mark.parametrize("write", [write_json, write_eval])
def test_each_sample_is_an_answer(tmp_path, write):
    suffix = ".json" if write is write_json else ".eval"
    made = log([sample(1), sample(2, "I"), sample(1, "P", epoch=2), sample(2, "N", epoch=2)], config={"epochs": 2})
    run, source = imported(write(tmp_path / f"x{suffix}", made))
    (task,) = run.record.tasks
    assert (task.name, task.items, task.repeats, task.metric) == ("gsm8k", 2, 2, "match")
    scores = {(each.response, each.item_id, each.repeat): each.score for each in run.samples.values()}
    assert sorted(scores.values()) == [0.0, 0.0, 0.5, 1.0]
    assert len({item for _, item, _ in scores}) == 2
    assert (source.model, source.created, source.notes) == (MODEL, "2026-11-26T23:17:28+00:00", ())


@pytest.mark.parametrize(
    ("value", "score"),
    [("C", 1.0), ("I", 0.0), ("P", 0.5), ("N", 0.0), (0.25, 0.25), (1, 1.0), (True, 1.0), ("yes", 1.0), ("0.5", 0.5)],
)
def test_scores_are_read_as_inspect_reads_them(tmp_path, value, score):
    assert the_answer(tmp_path, sample(1, value)).score == score


@pytest.mark.parametrize("value", [7, -1, "A", [1, 0], float("inf")])
def test_a_score_that_is_none_is_no_answer_and_is_told(tmp_path, value):
    run, _ = imported(write_json(tmp_path / "x.json", log([sample(1), sample(2, value)])))
    (told,) = (task.imported for task in run.record.tasks)
    assert (told.unread, len(run.samples)) == (1, 1)
    assert "score" in told.unread_first


@pytest.mark.parametrize("value", [None, float("nan")])
def test_an_answer_that_nobody_has_scored_is_missing(tmp_path, value):
    found = the_answer(tmp_path, sample(1, value))
    assert (found.status, found.score, found.error) == ("error", None, "the log has no score for it")


@pytest.mark.parametrize(
    ("more", "status", "score"),
    [
        ({"stop_reason": "max_tokens"}, "truncated", 1.0),
        ({"stop_reason": "model_length"}, "truncated", 1.0),
        ({"stop_reason": "content_filter"}, "refused", 0.0),
        ({"says": ""}, "empty", 0.0),
        ({"says": [{"type": "reasoning", "reasoning": "hm"}]}, "empty", 0.0),
        ({"says": "", "stop_reason": "max_tokens"}, "truncated", 1.0),
        ({"limit": {"type": "token", "limit": 10}}, "truncated", 1.0),
        ({"limit": {"type": "message", "limit": 10}}, "truncated", 1.0),
        ({"limit": {"type": "time", "limit": 10}}, "error", None),
        ({"limit": {"type": "operator", "limit": 1}}, "error", None),
        ({"error": {"message": "TimeoutError()", "traceback": "", "traceback_ansi": ""}}, "error", None),
        ({"error": {"message": "ModelRefusalError('no')", "traceback": "", "traceback_ansi": ""}}, "refused", 0.0),
        ({"output": {"choices": []}, "messages": [{"role": "user", "content": "?"}]}, "error", None),
    ],
)
def test_how_an_answer_ended_is_its_status(tmp_path, more, status, score):
    found = the_answer(tmp_path, sample(1, "C", **more))
    assert (found.status, found.score) == (status, score)


def test_what_a_server_says_that_takes_no_request_is_no_answer(tmp_path):
    said = {"role": "assistant", "content": "maximum context length is 5", "source": "generate"}
    output = {"choices": [{"message": said, "stop_reason": "model_length"}], "usage": None}
    found = the_answer(tmp_path, sample(1, "C", output=output, model_usage={}))
    assert (found.status, found.score, found.response, found.extracted) == ("truncated", 0.0, None, None)
    assert found.error == "maximum context length is 5"


def test_an_agent_that_ends_with_a_call_has_not_said_nothing(tmp_path):
    call = {"id": "1", "function": "submit", "arguments": {}}
    said = {"role": "assistant", "content": "", "source": "generate", "tool_calls": [call]}
    made = sample(1, "C", messages=[{"role": "user", "content": "?"}, said])
    made["output"]["choices"] = [{"message": said, "stop_reason": "tool_calls"}]
    found = the_answer(tmp_path, made)
    assert (found.status, found.score) == ("ok", 1.0)


def test_a_fault_that_was_scored_is_told_with_its_reason_and_without_the_request_or_a_key(tmp_path):
    message = r"ModelGenerateError('\nRequest:\n{}\n\nBadRequestError(\'no: sk-abcdefghijk12345\')')"
    fault = {"error": {"message": message, "traceback": "", "traceback_ansi": ""}}
    run, _ = imported(
        write_json(tmp_path / "x.json", log([sample(1), sample(2, "I", **fault), sample(3, "C", **fault)]))
    )
    (task,) = run.record.tasks
    assert task.imported.faults == {"BadRequestError('no: ***": 2}
    assert task.imported.faults_score == 1.0


def test_attempts_are_counted(tmp_path):
    retries = [{"message": "x", "traceback": "", "traceback_ansi": ""}] * 2
    assert the_answer(tmp_path, sample(1, error_retries=retries)).attempts == 3


def test_thoughts_and_usage_stand_beside_the_answer(tmp_path):
    parts = [{"type": "reasoning", "reasoning": "hm"}, {"type": "text", "text": "#### 5"}]
    found = the_answer(tmp_path, sample(1, says=parts))
    assert (found.reasoning, found.response, found.extracted) == ("hm", "#### 5", "5")
    assert found.usage == {"prompt_tokens": 7, "completion_tokens": 3, "total_tokens": 10}


def test_an_item_has_the_same_id_wherever_the_shuffle_has_put_it(tmp_path):
    questions = ["one?", "two?", "three?"]
    ids = []
    for name, order in (("a", (0, 1, 2)), ("b", (2, 0, 1))):
        made = log([sample(place + 1, input=questions[which]) for place, which in enumerate(order)])
        run, _ = imported(write_eval(tmp_path / f"{name}.eval", made))
        by_prompt = {run.prompts.of("gsm8k", each.item_id, each.prompt_hash).messages[0]["content"]: each.item_id
                     for each in run.samples.values()}  # fmt: skip
        ids.append(by_prompt)
    assert ids[0] == ids[1]
    assert list(ids[0]) != list(ids[1]) or len(set(ids[0].values())) == 3


def test_shuffled_choices_are_one_question(tmp_path):
    def item(choices: list[str], target: str) -> str:
        return str(the_answer(tmp_path, sample(1, choices=choices, target=target)).item_id)

    assert item(["a", "b", "c"], "B") == item(["c", "a", "b"], "C") != item(["a", "b", "c"], "C")


def test_ids_that_the_dataset_gave_are_kept(tmp_path):
    assert the_answer(tmp_path, sample("q/7")).item_id == "q/7"


def test_questions_that_are_there_twice_are_numbered_and_told(tmp_path):
    made = [sample(9, input="same?"), sample(10, input="same?"), sample(11, input="other?")]
    run, source = imported(write_eval(tmp_path / "x.eval", log(made)))
    ids = {each.item_id for each in run.samples.values()}
    assert len(ids) == 3
    assert [id for id in ids if id.endswith("-2")]
    assert "2 items are asked word for word like others" in source.notes[0]


def test_hashes_are_of_all_that_was_sent(tmp_path):
    def of(system: str) -> tuple[str, str]:
        sent = [{"role": "system", "content": system}, {"role": "user", "content": "Question 1?", "source": "input"}]
        said = {"role": "assistant", "content": "#### 5", "source": "generate"}
        found = the_answer(tmp_path, sample(1, messages=[*sent, said]))
        return found.item_id, found.prompt_hash

    (item, brief), (same, long) = of("Be brief."), of("Be long.")
    assert item == same
    assert brief != long


def test_examples_among_the_messages_are_part_of_the_prompt(tmp_path):
    shown = [{"role": "user", "content": "1+1?"}, {"role": "assistant", "content": "2", "source": "input"}]
    made = sample(1)
    made["messages"] = [*shown, *made["messages"]]
    run, _ = imported(write_json(tmp_path / "x.json", log([made])))
    (found,) = run.samples.values()
    told = run.prompts.of("gsm8k", found.item_id, found.prompt_hash)
    assert [each["content"] for each in told.messages] == ["1+1?", "2", "Question 1?"]
    assert told.reference == "5"


def test_without_messages_the_questions_are_compared(tmp_path):
    run, _ = imported(write_json(tmp_path / "x.json", log([sample(1, messages=[])])))
    assert run.record.tasks[0].imported.same_by is SameBy.TEXT


def test_a_picture_is_part_of_what_was_asked(tmp_path):
    def of(picture: str) -> str:
        parts = [{"type": "text", "text": "What?"}, {"type": "image", "image": picture}]
        return str(the_answer(tmp_path, sample(1, input=[{"role": "user", "content": parts}])).prompt_hash)

    assert of("data:image/png;base64,AAAA") != of("data:image/png;base64,BBBB")


def test_sampling_is_what_the_solver_says_over_task_and_model(tmp_path):
    plan = {"steps": [{"solver": "generate", "params": {"temperature": 0.7, "top_p": None}}], "config": {"seed": 3}}
    run, _ = imported(write_json(tmp_path / "x.json", log([sample(1)], plan=plan)))
    (task,) = run.record.tasks
    assert task.sampling == {"temperature": 0.7, "max_tokens": 512, "seed": 3, "extra_body": {}}
    assert task.imported.unknown == ("data_hash", "top_p", "stop")


def test_what_else_shapes_an_answer_must_be_the_same_and_connections_need_not(tmp_path):
    asked = {"temperature": 0.0, "reasoning_effort": "low", "top_k": 5, "max_connections": 8, "max_retries": 2}
    made = log([sample(1)], model_generate_config=asked, config={"message_limit": 30})
    run, _ = imported(write_json(tmp_path / "x.json", made))
    assert run.record.tasks[0].settings == {
        "solver": "generate()",
        "limit": None,
        "message_limit": 30,
        "reasoning_effort": "low",
        "top_k": 5,
    }


def test_epochs_are_those_of_the_run_whatever_the_arguments_say(tmp_path):
    made = log([sample(1, epoch=epoch) for epoch in (1, 2, 4)], config={"epochs": 4}, task_args={"epochs": 1})
    run, _ = imported(write_json(tmp_path / "x.json", made))
    assert run.record.tasks[0].repeats == 4
    assert [repeat for _, _, repeat in run.samples] == [0, 1, 3]


@pytest.mark.parametrize(("shuffled", "draw"), [(True, Draw.RANDOM), (False, Draw.FIRST)])
def test_a_limit_says_how_many_of_the_benchmark_there_are(tmp_path, shuffled, draw):
    dataset = {"samples": 1319, "sample_ids": [1], "shuffled": shuffled}
    run, _ = imported(write_json(tmp_path / "x.json", log([sample(1)], dataset=dataset, config={"limit": 1})))
    (task,) = run.record.tasks
    assert (task.whole, task.items, task.draw, task.settings["limit"]) == (1319, 1, draw, 1)


@pytest.mark.parametrize("status", ["error", "cancelled", "started"])
def test_of_a_run_that_broke_off_what_is_there_is_read_and_the_rest_is_missing(tmp_path, status):
    dataset = {"samples": 8, "sample_ids": [1, 2, 3, 4]}
    made = log([sample(1), sample(2)], dataset=dataset, status=status)
    header = "_journal/start.json" if status == "started" else "header.json"
    run, source = imported(write_eval(tmp_path / "x.eval", made, header=header))
    assert run.record.tasks[0].items == 4
    assert len(run.samples) == 2
    assert source.notes == (f"gsm8k: the status of x.eval is {status}; 2 of 4 samples are in it",)


def test_the_first_scorer_counts_and_the_others_stand_beside(tmp_path):
    scores = {"two": {"value": {"a": 0.25, "b": 1}}, "match": {"value": "C", "answer": "5"}, "rate": {"value": 7}}
    found = the_answer(tmp_path, sample(1, scores=scores))
    assert found.score == 0.25
    assert found.metrics == {"two/a": 0.25, "two/b": 1.0, "match": 1.0, "rate": 7.0}


def test_what_inspect_itself_puts_first_counts(tmp_path):
    scores = {"two": {"value": {"a": 0.25, "b": 1}}, "match": {"value": "I"}}
    results = {"headline": {"scorer": "two", "score": "b"}, "scores": []}
    run, _ = imported(write_json(tmp_path / "x.json", log([sample(1, scores=scores)], results=results)))
    assert run.record.tasks[0].metric == "two/b"
    assert [each.score for each in run.samples.values()] == [1.0]


def printed(value: float) -> Json:
    metrics = {"accuracy": {"name": "accuracy", "value": value}}
    return {"scores": [{"name": "match", "scorer": "match", "reducer": "mode", "metrics": metrics}]}


def test_a_figure_that_is_no_mean_is_told_with_the_mean(tmp_path):
    samples = [sample(1, "C"), sample(1, "C", epoch=2), sample(1, "I", epoch=3)]
    _, source = imported(write_json(tmp_path / "x.json", log(samples, results=printed(1.0))))
    assert source.notes == (
        "gsm8k: Inspect says 1 (accuracy of match, mode of epochs), and the mean of all scores in the log is 0.666667",
    )
    assert source.tasks[0].provenance["accuracy by inspect"].startswith("1.0 ")


def test_a_figure_that_is_the_mean_needs_no_word(tmp_path):
    _, source = imported(write_json(tmp_path / "x.json", log([sample(1), sample(2, "I")], results=printed(0.5))))
    assert source.notes == ()


def test_empty_answers_that_were_right_are_told(tmp_path):
    _, source = imported(write_json(tmp_path / "x.json", log([sample(1, "C", says=""), sample(2)])))
    assert "1 empty or refused answers score 0 here" in source.notes[0]


def test_no_key_of_the_model_is_kept(tmp_path):
    made = log(
        [sample(1)],
        model_base_url="http://me:secret@host:8000/v1?key=secret",
        model_args={"api_key": "sk-abcdefghijk12345"},
        task_args={"token": "hf_abcdefgh12345678"},
    )
    run, _ = imported(write_json(tmp_path / "x.json", made))
    assert run.record.endpoint == {"base_url": "http://host:8000/v1"}
    for word in ("secret", "sk-abc", "hf_abc"):
        assert word not in run.record.to_json()
