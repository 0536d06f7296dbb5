"""A run directory that is open for reading: what it holds, what was asked, what of it may be shown."""

from __future__ import annotations

import json

import pytest

from quantgate.evals.contract.records import Continuation
from quantgate.evals.errors import RunDirectoryError
from quantgate.evals.inspection.opened import OpenedRun
from quantgate.evals.inspection.seen import Choice
from quantgate.evals.samples.lines import line_of
from tests.evals.inspection.made import asked, made_run, sample, task


def only(run):
    (chosen,) = [run.task(name) for name in run.tasks]
    (one,) = chosen.samples()
    return run.seen(one)


def test_an_answer_comes_with_what_was_asked(tmp_path):
    seen = only(OpenedRun.open(made_run(tmp_path / "run", [sample("1")], prompts=[asked("1", "How many?", "18")])))
    assert seen.asked.messages[0]["content"] == "How many?"
    assert (seen.reference, seen.answer, seen.hidden) == ("18", "So the answer is 18.", False)


def test_a_run_that_kept_no_prompts_says_so(tmp_path):
    run = OpenedRun.open(made_run(tmp_path / "run", [sample("1")]))
    assert not run.keeps_questions
    assert only(run).asked is None


def test_of_a_private_task_nothing_but_ids_statuses_and_numbers_is_shown_unless_it_is_revealed(tmp_path):
    answer = sample("1", 0.0, "SECRET", reasoning="SECRET", vote="SECRET", error="SECRET", response="SECRET")
    folder = made_run(tmp_path / "run", [answer], [task(["1"], private="keep it")], [asked("1", "SECRET", "SECRET")])
    hidden = only(OpenedRun.open(folder))
    assert hidden.hidden
    assert "SECRET" not in repr(hidden)
    assert (hidden.sample.item_id, hidden.sample.score, hidden.sample.status) == ("1", 0.0, "ok")
    assert only(OpenedRun.open(folder, revealed=True)).answer == "SECRET"


def test_the_later_of_two_answers_counts_and_a_torn_line_is_none(tmp_path):
    folder = made_run(tmp_path / "run", [sample("1", 0.0, "17"), sample("1")])
    with (folder / "samples.jsonl").open("ab") as file:
        file.write(line_of(sample("1", 0.0, "99"))[:40])
    assert only(OpenedRun.open(folder)).sample.extracted == "18"


def test_nothing_is_written_into_a_run_directory(tmp_path):
    folder = made_run(tmp_path / "run", [sample("1")], prompts=[asked("1")])
    before = {file.name: file.stat().st_mtime_ns for file in folder.iterdir()}
    folder.chmod(0o555)
    try:
        only(OpenedRun.open(folder))
    finally:
        folder.chmod(0o755)
    assert {file.name: file.stat().st_mtime_ns for file in folder.iterdir()} == before


def test_a_folder_that_is_no_run_is_refused(tmp_path):
    with pytest.raises(RunDirectoryError, match="is no run directory"):
        OpenedRun.open(tmp_path)


CONTINUATIONS = tuple(Continuation("The sky is", text) for text in (" blue", " red"))


def test_choices_come_with_their_log_likelihoods_the_taken_and_the_right_one_marked(tmp_path):
    told = json.dumps({"loglikelihoods": [[-3.5, True], [-1.25, False]]})
    answer = sample("1", 0.0, " red", response=told)
    prompt = asked("1", reference="blue", messages=(), continuations=CONTINUATIONS)
    seen = only(OpenedRun.open(made_run(tmp_path / "run", [answer], prompts=[prompt])))
    assert seen.choices == (Choice(" blue", -3.5, False, True), Choice(" red", -1.25, True, False))
    without = only(OpenedRun.open(made_run(tmp_path / "old", [answer])))
    assert without.choices == (Choice(None, -3.5, False, False), Choice(None, -1.25, True, False))


def choices_of(tmp_path, continuations, totals, extracted, reference):
    answer = sample("1", extracted=extracted, response=json.dumps({"loglikelihoods": [[one, False] for one in totals]}))
    prompt = asked("1", reference=reference, messages=(), continuations=continuations)
    return only(OpenedRun.open(made_run(tmp_path / "run", [answer], prompts=[prompt]))).choices


def test_choices_in_a_questions_gap_are_told_apart_by_the_question(tmp_path):
    gap = tuple(Continuation(f"He poured it into the {name}", " until it was full.") for name in ("cup", "bottle"))
    assert choices_of(tmp_path, gap, [-9.0, -7.0], "bottle", "cup") == (
        Choice("He poured it into the cup until it was full.", -9.0, False, True),
        Choice("He poured it into the bottle until it was full.", -7.0, True, False),
    )


def test_choices_that_are_asked_for_without_their_question_too_are_shown_once(tmp_path):
    twice = (*CONTINUATIONS, *(Continuation("", each.text) for each in CONTINUATIONS))
    assert choices_of(tmp_path, twice, [-3.0, -4.0, -1.0, -2.0], "blue", "blue or azure") == (
        Choice(" blue", -3.0, True, True),
        Choice(" red", -4.0, False, False),
    )


def test_an_answer_that_only_looks_like_log_likelihoods_is_a_text(tmp_path):
    seen = only(OpenedRun.open(made_run(tmp_path / "run", [sample("1", response='{"loglikelihoods": "none"}')])))
    assert seen.choices == ()
    assert seen.answer == '{"loglikelihoods": "none"}'


MESSAGES = [
    {"role": "assistant", "content": "Hi!", "tool_calls": None},
    {"role": "assistant", "content": None, "tool_calls": [{"name": "book", "arguments": {"seat": 3}}]},
    {"role": "tool", "content": "booked"},
    "no message",
    {"role": "user", "content": "  "},
]


@pytest.fixture
def talked(tmp_path):
    def make(response="simulations/airline/3.trial-0.json", name="tau2", text=None):
        folder = made_run(
            tmp_path / "run", [sample("airline/3", response=response, task=name)], [task(["airline/3"], name)]
        )
        (folder / "simulations" / "airline").mkdir(parents=True)
        told = json.dumps({"simulation": {"messages": MESSAGES}}) if text is None else text
        (folder / "simulations" / "airline" / "3.trial-0.json").write_text(told)
        return only(OpenedRun.open(folder))

    return make


def test_a_conversation_is_read_from_its_file_with_the_tools_that_were_called(talked):
    turns = [(turn.role, turn.text) for turn in talked().turns]
    assert turns == [("assistant", "Hi!"), ("assistant", 'book({"seat": 3})'), ("tool", "booked")]


@pytest.mark.parametrize("text", ["", "[]", '{"simulation": {"messages": 3}}', "{" * 100_000])
def test_a_conversation_that_is_broken_is_none(talked, text):
    assert talked(text=text).turns == ()


@pytest.mark.parametrize("response", ["simulations/airline/../airline/3.trial-0.json", "/etc/hostname", "run.json"])
def test_no_other_file_is_read_for_a_conversation(talked, response):
    assert talked(response).turns == ()


def test_a_model_that_answers_with_a_path_is_no_conversation(talked):
    seen = talked(name="gsm8k")
    assert (seen.turns, seen.answer) == ((), "simulations/airline/3.trial-0.json")
