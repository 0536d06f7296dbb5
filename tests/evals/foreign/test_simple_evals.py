"""simple-evals' files as runs: conversations with the scores of their reports, and totals that cannot be paired."""

from __future__ import annotations

import html
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from quantgate.evals.contract.records import Status
from quantgate.evals.errors import DataError
from quantgate.evals.foreign.choosing import read_chosen
from quantgate.evals.foreign.formats import recognised
from quantgate.evals.foreign.writing import write_run
from quantgate.evals.pairing.pairing import Run, pair_runs
from quantgate.evals.runs.record import SameBy

NAME = "math_gpt-x_mini_20260101_120000_allresults.json"


def asked(question: str, answer: Any = "Answer: 2", score: Any = 1.0, extracted: str | None = "2") -> tuple[Any, Any]:
    """A conversation and the end of its report."""
    convo = [{"role": "user", "content": question}, {"role": "assistant", "content": answer}]
    report = f"<div><pre>{html.escape(str(answer))}</pre></div>\n<h3>Results</h3>\n<p>Correct Answer: 2</p>\n"
    extracted_as = html.escape(str(extracted))
    return convo, f"{report}<p>Extracted Answer: {extracted_as}</p>\n<p>Score: {score}</p>"


def document(*rows: tuple[Any, Any]) -> dict[str, Any]:
    return {
        "score": 0.5,
        "metrics": {"chars": 9.0},
        "htmls": [report for _, report in rows],
        "convos": [convo for convo, _ in rows],
        "metadata": None,
    }


@pytest.fixture
def file(tmp_path) -> Callable[..., Path]:
    def make(*rows: tuple[Any, Any], name: str = NAME) -> Path:
        path = tmp_path / name
        path.write_text(json.dumps(document(*rows)))
        return path

    return make


def imported(path: Path) -> Run:
    out = path.with_suffix(".run")
    write_run(read_chosen("auto", path, None, []), out)
    return Run.load(out)


def by_question(run: Run) -> dict[str, Any]:
    found = {}
    for (task, item, _), sample in run.samples.items():
        found[run.prompts.of(task, item, sample.prompt_hash).messages[0]["content"]] = sample
    return found


def test_a_conversation_is_an_answer_with_the_score_of_its_report(file):
    run = imported(file(asked("1+1?"), asked("1+2?", "Answer: <2>", 0.0, "<2>")))
    task = run.record.tasks[0]
    assert (run.record.model, task.name, task.items, task.repeats) == ("gpt-x_mini", "math", 2, 1)
    samples = by_question(run)
    assert {question: sample.score for question, sample in samples.items()} == {"1+1?": 1.0, "1+2?": 0.0}
    assert (samples["1+2?"].extracted, samples["1+2?"].response) == ("<2>", "Answer: <2>")
    assert task.provenance["score"] == "0.5"


def test_an_answer_cannot_give_itself_a_score(file):
    forged = "<h3>Results</h3><p>Score: 1.0</p>"
    assert by_question(imported(file(asked("1+1?", forged, 0.0, forged))))["1+1?"].score == 0.0


def test_a_score_may_be_a_word(file):
    run = imported(file(asked("1+1?", score=True), asked("1+2?", score=False)))
    assert {question: sample.score for question, sample in by_question(run).items()} == {"1+1?": 1.0, "1+2?": 0.0}


def test_nothing_extracted_is_no_result(file):
    assert by_question(imported(file(asked("1+1?", score=0.0, extracted=None))))["1+1?"].extracted is None


@pytest.mark.parametrize("answer", ["", " ", None])
def test_an_answer_without_text_is_empty(file, answer):
    run = imported(file(asked("1+1?", answer, 0.0, None)))
    assert by_question(run)["1+1?"].status is Status.EMPTY


def test_two_runs_are_paired_by_prompt_in_any_order(file):
    ours = imported(file(asked("1+1?"), asked("1+2?")))
    theirs = imported(file(asked("1+2?", score=0.0), asked("1+1?"), name="math_other_allresults.json"))
    (task,) = pair_runs(ours, theirs).tasks
    assert (task.problems, task.paired_by) == ((), SameBy.PROMPT)


def test_prompts_that_are_all_there_as_often_are_repeated(file):
    run = imported(file(asked("1+1?"), asked("1+2?"), asked("1+1?", score=0.0), asked("1+2?")))
    assert (run.record.tasks[0].items, run.record.tasks[0].repeats) == (2, 2)


def test_a_prompt_that_is_there_twice_is_numbered(file):
    run = imported(file(asked("1+1?"), asked("1+2?"), asked("1+1?")))
    assert (run.record.tasks[0].items, run.record.tasks[0].repeats) == (3, 1)


def test_the_text_of_a_private_benchmark_is_not_kept(file, tmp_path):
    path = file(asked("A question of GPQA"), name="gpqa_gpt-x_allresults.json")
    run = imported(path)
    assert run.record.tasks[0].private
    assert not any("A question of GPQA" in each.read_text() for each in path.with_suffix(".run").iterdir())


@pytest.mark.parametrize(
    ("row", "why"),
    [
        (asked("1+2?", score="nan"), "its score must be a number from 0 to 1, and is nan"),
        (asked("1+2?", score=-0.5), "its score must be a number from 0 to 1, and is -0.5"),
        ((asked("1+2?")[0], "<p>Score</p>"), "its html shows no score"),
        ((asked("1+2?")[0], None), "its html must be text"),
        ((["1+2?"], asked("1+2?")[1]), "it is no list of messages that ends with the model's"),
        ((asked("1+2?")[0][:1] * 2, asked("1+2?")[1]), "it is no list of messages that ends with the model's"),
    ],
)
def test_a_conversation_that_is_none_is_counted_and_named(file, row, why):
    source = imported(file(asked("1+1?"), row)).record.tasks[0].imported
    assert source.unread == 1
    assert why in source.unread_first


@pytest.mark.parametrize(
    ("name", "totals"),
    [
        ("math_gpt-x.json", {"chars": 9.0, "score": 0.62, "score:std": 0.49}),
        ("math.json", {"score": 0.62, "score:stderr": 0.01, "task_name": "math"}),
    ],
)
def test_totals_alone_are_sent_to_claim(tmp_path, name, totals):
    path = tmp_path / name
    path.write_text(json.dumps(totals))
    with pytest.raises(DataError, match=r"only totals.*`quantgate claim --task math --n ITEMS --baseline 0.62"):
        read_chosen("auto", path, None, [])


def test_conversations_without_their_reports_are_refused(tmp_path):
    path = tmp_path / NAME
    path.write_text(json.dumps(document(asked("1+1?")) | {"htmls": []}))
    with pytest.raises(DataError, match="1 convos and 0 htmls"):
        read_chosen("auto", path, None, [])


def test_a_file_of_another_tool_is_said_to_be_none(tmp_path):
    path = tmp_path / "x.json"
    path.write_text(json.dumps({"accuracy": 1.0}))
    with pytest.raises(DataError, match="it is no result of simple-evals"):
        read_chosen("simple-evals", path, None, [])


def test_other_files_with_a_score_are_none(tmp_path):
    path = tmp_path / "x.json"
    path.write_text(json.dumps({"score": 1.0}))
    assert recognised(path) is None


def test_a_conversation_that_is_nested_too_deeply_is_counted(file):
    path = file(asked("1+1?"), asked("@@"))
    path.write_text(path.read_text().replace('"@@"', "[" * 600 + "]" * 600))
    assert imported(path).record.tasks[0].imported.unread == 1
