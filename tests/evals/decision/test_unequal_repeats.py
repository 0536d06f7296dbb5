"""A baseline with more repeats than the candidate, or fewer: the whole decision."""

import random
from dataclasses import replace

import numpy as np
import pytest

from quantgate.evals.decision.gate import decide
from quantgate.evals.decision.spreads import spreads_of
from quantgate.evals.decision.types import TaskVerdict
from quantgate.evals.pairing.pairing import Run, pair_runs
from quantgate.evals.settings.policy import Policy
from quantgate.evals.stats.bounds import paired_bounds
from tests.evals.made_runs import joined, run_of

WARM = {"temperature": 1.0}


def sampled(rates, repeats, seed, **task):
    """A run whose answers are right with each item's rate."""
    chance, run = random.Random(seed), run_of([1.0] * len(rates), repeats=repeats, sampling=WARM, **task)
    keys = sorted(run.samples)
    return Run(
        run.record, {key: replace(run.samples[key], score=float(chance.random() < rates[int(key[1])])) for key in keys}
    )


def sampled_means(run, repeats):
    """Each item's mean over the first repeats."""
    (pairs,) = pair_runs(run, run_of([1.0] * 200, repeats=repeats, sampling=WARM)).tasks
    return pairs.answers("baseline")[:, :repeats].mean(axis=1)


def decided(baseline, candidate, policy=None, noise=None):
    again = pair_runs(baseline, noise) if noise is not None else None
    return decide(pair_runs(baseline, candidate), policy or Policy(), again).tasks[0]


def test_the_bound_is_that_of_the_means_over_each_build_s_own_repeats():
    baseline, candidate = sampled([0.8] * 60, 8, 1), sampled([0.8] * 60, 2, 2)
    (pairs,) = pair_runs(baseline, candidate).tasks
    scores = pairs.item_scores()
    task = decided(baseline, candidate)
    assert task.lower == paired_bounds(scores.candidate - scores.baseline, method="bayesian").lower
    assert (task.repeats, task.asked) == (2, {"baseline": 8, "candidate": 2})


def test_the_noise_of_each_build_is_counted_by_its_own_repeats():
    baseline, candidate = sampled([0.5] * 300, 16, 3), sampled([0.9] * 300, 2, 4)
    (pairs,) = pair_runs(baseline, candidate).tasks
    (spread,) = spreads_of(pairs, pairs.item_scores())
    assert spread.of_baseline == pytest.approx(0.25, abs=0.01)
    assert spread.within - spread.of_baseline == pytest.approx(0.09, abs=0.03)
    assert spread.noise(16, 2) == pytest.approx(0.25 / 16 + 0.09 / 2, abs=0.015)


def test_more_repeats_are_asked_of_the_build_that_has_fewer():
    task = decided(sampled([0.7] * 150, 16, 5), sampled([0.7] * 150, 2, 6), Policy(margin=0.05))
    assert task.verdict is TaskVerdict.INCONCLUSIVE
    assert 2 < task.prospects[0].repeats < 16
    assert "were asked of the baseline 16 times and of the candidate 2 times each." in task.reason


def test_a_candidate_that_was_asked_once_can_be_asked_again():
    task = decided(sampled([0.7] * 150, 16, 5), sampled([0.7] * 150, 1, 6), Policy(margin=0.05))
    assert task.prospects[0].over == "repeats"


@pytest.mark.parametrize("asked", [(16, 1), (1, 16)])
def test_equal_builds_raise_no_pooled_alarm_because_one_was_asked_more_often(asked):
    rates = np.full(200, 0.5 if asked == (16, 1) else 0.9)
    runs = [
        joined(*(sampled(rates, count, 10 * build + task, name=f"task {task}") for task in range(2)))
        for build, count in enumerate(asked)
    ]
    verdict = decide(pair_runs(*runs), Policy(margin=0.2))
    assert verdict.pooled.pvalue > 0.05


def test_a_noise_run_is_held_against_as_many_answers_of_every_run():
    rates = [0.8] * 200
    task = decided(sampled(rates, 8, 1), sampled(rates, 2, 2), noise=sampled(rates, 4, 3))
    noise = task.description.noise
    first, second, other = (sampled_means(sampled(rates, count, seed), 2) for count, seed in ((8, 1), (4, 3), (2, 2)))
    assert (noise.flips.count, noise.noise.count) == (int((first != other).sum()), int((first != second).sum()))


def test_agreement_is_told_of_the_repeats_that_both_were_asked():
    task = decided(run_of([1.0] * 40, repeats=4), run_of([1.0] * 40, repeats=1))
    assert (task.description.agreement.count, task.description.agreement.n) == (40, 40)


def test_what_is_lost_and_won_is_counted_over_as_many_answers_of_either_build():
    rates = [0.95] * 200
    baseline, candidate = sampled(rates, 16, 1), sampled(rates, 1, 2)
    task = decided(baseline, candidate)
    first, other = sampled_means(baseline, 1), sampled_means(candidate, 1)
    assert task.flip_table.losses == int((first > other).sum())
    assert task.flip_table.gains == int((first < other).sum())
    assert len(task.flips) == task.flip_table.losses + task.flip_table.gains
    assert task.difference == pytest.approx(other.mean() - sampled_means(baseline, 16).mean())


def test_what_would_settle_it_names_the_repeats_of_either_build():
    rates = [random.Random(1).betavariate(3, 1) for _ in range(150)]
    task = decided(sampled(rates, 16, 5, whole=5000), sampled(rates, 2, 6, whole=5000), Policy(margin=0.03))
    assert "items with as many flips, asked of the baseline 16 times and of the candidate 2 times each, " in task.reason


@pytest.mark.parametrize(("margin", "which"), [(0.055, "by the candidate"), (0.03, "by both builds")])
def test_repeats_that_would_settle_it_are_those_of_the_build_that_has_fewer(margin, which):
    policy = Policy(margin=margin, target="benchmark")
    task = decided(sampled([0.5] * 100, 16, 5), sampled([0.5] * 100, 2, 8), policy)
    assert task.verdict is TaskVerdict.INCONCLUSIVE
    assert f"repeats of the 100 items {which} would settle it" in task.reason


def test_a_suite_of_unlike_repeats_is_settled_by_times_as_many_of_all():
    """More answers of the candidate alone would leave the baseline's noise, which is not what is counted on."""
    runs = [
        joined(*(sampled([0.7] * 80, count, 40 * build + task, name=f"task {task}") for task in range(2)))
        for build, count in enumerate((8, 1))
    ]
    policy = Policy(margin=0.4, target="benchmark", suite={"tasks": ["task 0", "task 1"], "margin": 0.03})
    mean = decide(pair_runs(*runs), policy).suite.mean
    assert mean.verdict is TaskVerdict.INCONCLUSIVE
    assert {one.over for one in mean.prospects} == {"times"}
    assert " times as many repeats of every item would settle it" in mean.reason
    assert mean.reason.endswith("160 were asked, some tasks' more often.")
