"""The list of items that changed, and their counts."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from quantgate.evals.contract.asked import Asked
from quantgate.evals.contract.records import Continuation, Status
from quantgate.evals.decision.described import Flip, FlipAnswer, FlipAnswers, FlipTable
from quantgate.evals.decision.flips import flip_table, flips
from quantgate.evals.decision.gate import decide
from quantgate.evals.pairing.pairing import Run, pair_runs
from quantgate.evals.samples.prompts import PROMPTS_FILE, Prompts, line_of_prompt
from quantgate.evals.settings.policy import Policy
from tests.evals.made_runs import pair_of, run_of


def test_losses_come_before_gains_with_scores_and_prompt_hash():
    (task,) = pair_runs(run_of([1.0, 0.0, 1.0, 1.0]), run_of([1.0, 1.0, 0.0, 1.0])).tasks
    found = flips(task, task.item_scores())
    assert [(flip.item_id, flip.baseline, flip.candidate) for flip in found] == [("2", 1.0, 0.0), ("1", 0.0, 1.0)]
    assert found[0].prompt_hash == "hash 2"
    assert found[0].texts is None


def test_the_table_of_single_answers_adds_up_to_the_items():
    (task,) = pair_runs(*pair_of(7, 3, 100)).tasks
    table = flip_table(task.item_scores())
    assert table == FlipTable(losses=7, gains=3, same=90, both_right=81, both_wrong=9)


def test_repeats_count_items_whose_mean_moved():
    (task,) = pair_runs(run_of([1.0, 0.5, 1.0], repeats=2), run_of([0.5, 1.0, 1.0], repeats=2)).tasks
    assert flip_table(task.item_scores()) == FlipTable(losses=1, gains=1, same=1)


def test_texts_are_the_ends_of_the_answers_and_only_there_when_asked_for():
    baseline, candidate = run_of([1.0, 1.0]), run_of([1.0, 0.0])
    wordy = {key: replace(sample, response="x" * 5000 + "right") for key, sample in baseline.samples.items()}
    pairs = pair_runs(Run(baseline.record, wordy), candidate)
    assert decide(pairs, Policy(margin=0.5)).tasks[0].flips[0].texts is None
    (flip,) = decide(pairs, Policy(margin=0.5), texts=True).tasks[0].flips
    assert flip.texts is not None
    assert flip.texts.baseline is not None
    assert flip.texts.baseline.endswith("right")
    assert len(flip.texts.baseline) == 2001
    assert flip.texts.candidate is None


def test_the_text_shown_is_of_the_repeat_that_differs():
    baseline, candidate = run_of([1.0], repeats=3), run_of([1.0], repeats=3)
    key = ("gsm8k", "0", 2)
    told = {each: replace(sample, response=f"repeat {each[2]}") for each, sample in candidate.samples.items()}
    told[key] = replace(told[key], score=0.0)
    (flip,) = decide(pair_runs(baseline, Run(candidate.record, told)), Policy(), texts=True).tasks[0].flips
    assert flip.texts is not None
    assert flip.texts.candidate == "repeat 2"


def changed(run: Run, **fields: object) -> Run:
    """The run with all its samples changed so."""
    return replace(run, samples={key: replace(sample, **fields) for key, sample in run.samples.items()})


def only_flip(baseline: Run, candidate: Run, *, texts: bool = False) -> Flip:
    (task,) = pair_runs(baseline, candidate).tasks
    (flip,) = flips(task, task.item_scores(), texts=texts)
    return flip


def test_items_that_lost_as_much_stand_in_their_natural_order():
    scores = [1.0] * 12
    (task,) = pair_runs(run_of(scores), run_of([0.0 if n in (2, 10, 11) else 1.0 for n in range(12)])).tasks
    assert [flip.item_id for flip in flips(task, task.item_scores())] == ["2", "10", "11"]


def test_a_flip_tells_what_both_answers_came_to_and_in_which_repeat():
    baseline, candidate = run_of([1.0], repeats=2), run_of([1.0], repeats=2)
    key = ("gsm8k", "0", 1)
    cut = replace(candidate.samples[key], score=0.0, extracted=None, status=Status.TRUNCATED)
    flip = only_flip(baseline, Run(candidate.record, {**candidate.samples, key: cut}))
    assert flip.repeat == 1
    assert flip.answers == FlipAnswers(FlipAnswer(Status.OK, "5"), FlipAnswer(Status.TRUNCATED))


def test_the_right_answer_and_the_question_are_those_that_the_run_has_kept(tmp_path):
    asked = Asked("gsm8k", "0", "hash 0", ({"role": "user", "content": "How many?"},), reference="5")
    (tmp_path / PROMPTS_FILE).write_bytes(line_of_prompt(asked))
    baseline = replace(run_of([1.0]), path=tmp_path, prompts=Prompts.open(tmp_path))
    assert only_flip(baseline, run_of([0.0])).reference == "5"
    told = only_flip(run_of([1.0]), replace(run_of([0.0]), prompts=Prompts.open(tmp_path)), texts=True)
    assert told.texts is not None
    assert (told.reference, told.texts.question) == ("5", "How many?")


@pytest.mark.parametrize(
    ("extracted", "shown"), [("(b)", ("B", False)), (None, (None, False)), ("a word", (None, True))]
)
def test_of_a_private_task_letters_are_told_and_no_text(tmp_path, extracted, shown):
    leaked = Asked("gsm8k", "0", "hash 0", ({"role": "user", "content": "secret"},), reference="secret")
    (tmp_path / PROMPTS_FILE).write_bytes(line_of_prompt(leaked))
    private = {"private": "Its authors ask that no text of it is published"}
    baseline = replace(run_of([1.0], **private), prompts=Prompts.open(tmp_path))
    baseline = changed(baseline, extracted=extracted, response="the secret answer")
    flip = only_flip(baseline, run_of([0.0], **private))
    assert flip.answers is not None
    assert flip.answers.baseline is not None
    assert (flip.answers.baseline.extracted, flip.answers.baseline.withheld) == shown
    assert "secret" not in repr(flip)


def test_texts_that_were_asked_for_are_there_of_a_private_task_too():
    private = {"private": "Its authors ask that no text of it is published"}
    flip = only_flip(changed(run_of([1.0], **private), extracted="a word"), run_of([0.0], **private), texts=True)
    assert flip.answers is not None
    assert flip.answers.baseline == FlipAnswer(Status.OK, "a word")


def test_a_result_as_long_as_an_answer_is_cut_to_where_both_part_and_has_no_control_character():
    flip = only_flip(
        changed(run_of([1.0]), extracted="x " * 600 + "\x1b[31mred\n" + "y" * 98_000),
        changed(run_of([0.0]), extracted="x " * 600 + "\u202egreen"),
    )
    assert flip.answers is not None
    assert flip.answers.baseline is not None
    assert flip.answers.candidate is not None
    ours, theirs = flip.answers.baseline.extracted, flip.answers.candidate.extracted
    assert ours is not None
    assert ours.startswith("…x x x x x x x x x x [31mred yyy")
    assert len(ours) < 210
    assert theirs == "…x x x x x x x x x x green"


def test_of_log_likelihoods_the_choices_are_told_and_of_a_conversation_its_turns(tmp_path):
    choices = (Continuation("Sky?", " blue"), Continuation("Sky?", " red"))
    (tmp_path / PROMPTS_FILE).write_bytes(
        line_of_prompt(Asked("gsm8k", "0", "hash 0", continuations=choices, reference=" blue"))
    )
    told = '{"loglikelihoods": [[-0.5, true], [-1.5, false]]}'
    baseline = replace(run_of([1.0]), path=tmp_path, prompts=Prompts.open(tmp_path))
    flip = only_flip(changed(baseline, response=told, extracted=" blue"), run_of([0.0]), texts=True)
    assert flip.texts is not None
    assert (flip.texts.question, flip.texts.baseline) == ("Sky?\n· blue\n· red", "→ -0.50  blue\n  -1.50  red")
    (tmp_path / "simulations" / "retail").mkdir(parents=True)
    turns = {"simulation": {"messages": [{"role": "user", "content": "Hello"}, {"role": "assistant", "content": "Hi"}]}}
    (tmp_path / "simulations" / "retail" / "1.json").write_text(json.dumps(turns))
    played = replace(run_of([1.0], name="tau2"), path=tmp_path)
    flip = only_flip(changed(played, response="simulations/retail/1.json"), run_of([0.0], name="tau2"), texts=True)
    assert flip.texts is not None
    assert flip.texts.baseline == "user:\nHello\n\nassistant:\nHi"
