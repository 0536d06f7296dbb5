"""The list of items that changed, and their counts."""

from __future__ import annotations

from dataclasses import replace

from quantgate.evals.decision.described import FlipTable
from quantgate.evals.decision.flips import flip_table, flips
from quantgate.evals.decision.gate import decide
from quantgate.evals.pairing.pairing import Run, pair_runs
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
