"""A baseline that was asked more often than the candidate, or less: each build's own repeats count."""

from dataclasses import replace

import pytest

from quantgate.evals.contract.records import Status
from quantgate.evals.decision.obstacle import obstacle
from quantgate.evals.pairing.pairing import Run, pair_runs
from quantgate.evals.settings.policy import TaskPolicy
from tests.evals.made_runs import run_of


def scored(run, scores):
    """The run with the scores of some (item, repeat)."""
    samples = {
        key: replace(sample, score=score, status=Status.ERROR if score is None else Status.OK)
        for key, sample in run.samples.items()
        for score in [scores.get(key[1:], sample.score)]
    }
    return Run(run.record, samples)


def prompted(run, prompts):
    samples = {key: replace(sample, prompt_hash=prompts(*key[1:])) for key, sample in run.samples.items()}
    return Run(run.record, samples)


def paired(baseline, candidate):
    (pairs,) = pair_runs(baseline, candidate).tasks
    return pairs


def test_each_build_is_averaged_over_its_own_repeats():
    baseline = scored(run_of([1, 1], repeats=4), {("0", 3): 0.0})
    candidate = scored(run_of([1, 1], repeats=2), {("1", 1): 0.0})
    scores = paired(baseline, candidate).item_scores()
    assert scores.baseline.tolist() == [0.75, 1.0]
    assert scores.candidate.tolist() == [1.0, 0.5]
    assert not scores.single_answers


@pytest.mark.parametrize("repeats", [(4, 1), (1, 4)])
def test_a_single_answer_beside_several_is_no_single_pair(repeats):
    pairs = paired(*(run_of([1, 0], repeats=count) for count in repeats))
    assert (pairs.repeats, pairs.most_repeats) == (1, 4)
    assert not pairs.item_scores().single_answers


def test_what_a_build_was_never_asked_is_not_missing():
    baseline = run_of([1, 1], repeats=4)
    candidate = scored(run_of([1, 1], repeats=2), {("0", 0): None})
    pairs = paired(baseline, candidate)
    scores = pairs.item_scores()
    assert scores.open.tolist() == [0.5, 0.0]
    assert scores.candidate.tolist() == [0.5, 1.0]
    assert [counts.missing for counts in pairs.validity.values()] == [0, 0]


def test_the_share_that_may_be_missing_is_of_the_build_s_own_answers():
    baseline, candidate = run_of([1] * 10, repeats=8), run_of([1] * 9 + [None], repeats=1)
    pairs = paired(baseline, candidate)
    assert not obstacle(pairs, TaskPolicy(max_missing=0.1))
    assert "candidate's samples have no answer" in obstacle(pairs, TaskPolicy(max_missing=0.05))


def test_a_repeat_that_only_one_run_holds_must_have_the_item_s_prompt():
    baseline = prompted(run_of([1, 1], repeats=3), lambda item, repeat: f"{item} {item == '1' and repeat == 2}")
    candidate = prompted(run_of([1, 1], repeats=2), lambda item, _: f"{item} False")
    assert paired(baseline, candidate).problems == (
        "1 items were asked with different prompts, the first of them 1 (repeat 2)",
    )


@pytest.mark.parametrize("repeats", [1, 2])
def test_prompts_that_vary_by_repeat_have_no_partner_beyond_the_shared_ones(repeats):
    runs = [prompted(run_of([1, 1, 0], repeats=count), lambda *key: str(key)) for count in (4, repeats)]
    assert paired(*runs).problems == ()
    other = prompted(runs[1], lambda item, repeat: f"other {item} {repeat}")
    assert f"{3 * repeats} items were asked with different prompts" in paired(runs[0], other).problems[0]


def test_a_run_whose_later_prompts_are_others_is_no_run_of_a_task_that_asks_all_alike():
    baseline = prompted(run_of([1, 1], repeats=4), lambda item, repeat: f"{item} {repeat > 1}")
    candidate = prompted(run_of([1, 1], repeats=2), lambda item, _: f"{item} False")
    assert "different prompts" in paired(baseline, candidate).problems[0]
