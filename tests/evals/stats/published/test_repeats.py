"""Printed accuracies: warnings, counts that the digits leave open, and repeats of unknown division over the items."""

import itertools

import numpy as np
import pytest

from quantgate.evals.stats import exact_lower_bound, noninferiority_pvalue
from quantgate.evals.stats.bayesian.unseen_item import bayesian_lower_bound, bayesian_upper_bound
from quantgate.evals.stats.published.pairings import judge_claim
from quantgate.evals.stats.published.repeats import judge_published, judge_repeated_claim


@pytest.mark.slow
def test_gsm8k_with_one_answer_per_item_is_judged_by_the_exact_test():
    judged = judge_published(200, "0.965", "0.955", 0.03, digits=3)
    assert (judged.baseline_counts, judged.candidate_counts, judged.warnings) == ((193,), (191,), ())
    assert judged.judgements == (judge_claim(200, 193, 191, 0.03),)
    assert judged.verdict == "inconclusive"
    assert judge_published(200, "0.965", "0.955", 0.05, digits=3).verdict == "equivalent"


@pytest.mark.parametrize("margin", [0.01, 0.02, 0.03])
def test_gpqa_is_inconclusive_up_to_three_points_even_in_the_best_case(margin):
    judged = judge_published(198, "0.9217", "0.9026", margin, digits=4, repeats=2)
    assert judged.verdict == "inconclusive"
    assert judged.judgements[0].lower_best <= -0.03


def test_a_value_that_no_count_gives_is_taken_as_the_nearest_with_a_warning():
    judged = judge_published(198, "0.9217", "0.9026", 0.03, digits=4, repeats=2)
    assert (judged.baseline_counts, judged.candidate_counts) == ((365,), (357,))
    (warning,) = judged.warnings
    assert "candidate 0.9026: no count out of 198 items x 2 answers = 396" in warning
    assert "357 (0.9015)" in warning


@pytest.mark.slow
@pytest.mark.parametrize(
    ("n", "baseline", "candidate", "repeats"),
    [
        (1319, "0.9999", "0.9999", 1),
        (1319, "0.9999", "0.5", 1),
        (198, "0.9217", "0.9999", 2),
        (200, "0.965", "0.2001", 1),
    ],
)
def test_numbers_that_cannot_be_show_nothing(n, baseline, candidate, repeats):
    judged = judge_published(n, baseline, candidate, 0.05, digits=4, repeats=repeats)
    assert judged.warnings
    assert judged.verdict == "inconclusive"


@pytest.mark.slow
def test_counts_that_the_digits_leave_open_must_all_agree():
    judged = judge_published(200, "0.98", "0.98", 0.04, digits=2)
    assert judged.baseline_counts == (195, 196, 197)
    assert [(j.baseline_correct, j.candidate_correct) for j in judged.judgements] == [(197, 195), (195, 197)]
    single = {
        judge_claim(200, b, c, 0.04).verdict
        for b, c in itertools.product(judged.baseline_counts, judged.candidate_counts)
    }
    assert judged.verdict == (single.pop() if len(single) == 1 else "inconclusive")


def test_equivalent_at_one_end_and_non_inferior_at_the_other_is_non_inferior():
    judged = judge_published(300, "0.96", "0.97", 0.033, digits=2)
    assert {j.verdict for j in judged.judgements} == {"equivalent", "non_inferior"}
    assert judged.verdict == "non_inferior"


def test_the_bounds_are_those_of_the_two_extreme_divisions():
    judged = judge_repeated_claim(50, 4, 182, 175, 0.05)
    even = np.repeat([-1 / 4, 0], [7, 43])
    # 45 items right and one half right, against 43 and one three quarters right: as few as can be right in both.
    opposed = np.zeros(50)
    opposed[:6] = -1
    opposed[6] = 3 / 4 - 1
    opposed[45] = 1 - 2 / 4
    opposed[46:] = 1
    assert judged.lower_best == bayesian_lower_bound(even)
    assert judged.upper_best == bayesian_upper_bound(even)
    assert judged.lower_worst == bayesian_lower_bound(opposed)
    assert judged.upper_worst == bayesian_upper_bound(opposed)
    assert judged.difference == pytest.approx(-7 / 200) == opposed.mean()


def extremes_hold(n, repeats, first, second):
    judged = judge_repeated_claim(n, repeats, int(first.sum()), int(second.sum()), 0.05)
    differences = (second - first) / repeats
    assert judged.lower_worst - 1e-9 <= bayesian_lower_bound(differences) <= judged.lower_best + 1e-9
    assert judged.upper_best - 1e-9 <= bayesian_upper_bound(differences) <= judged.upper_worst + 1e-9


@pytest.mark.slow
def test_every_division_of_three_items_lies_between_the_extremes():
    tables = {
        tuple(sorted(zip(first, second, strict=True)))
        for first in itertools.product(range(3), repeat=3)
        for second in itertools.product(range(3), repeat=3)
    }
    for table in tables:
        extremes_hold(3, 2, *np.array(table).T)


@pytest.mark.slow
@pytest.mark.parametrize(("n", "repeats"), [(30, 2), (60, 4), (198, 2), (40, 16)])
def test_random_divisions_lie_between_the_extremes(n, repeats):
    rng = np.random.default_rng(n)
    for shape in (0.1, 0.5, 2.0, 20.0):
        for _ in range(6):
            rates = rng.beta(4 * shape, shape, n)
            other = rates if rng.random() < 0.5 else rng.permutation(rates)
            extremes_hold(n, repeats, rng.binomial(repeats, rates), rng.binomial(repeats, other))


def test_items_answered_alike_each_time_are_no_easier_than_single_answers():
    for losses_only in (0, 3):
        repeated = judge_repeated_claim(100, 2, 2 * 96, 2 * (96 - losses_only), 0.05)
        single = judge_claim(100, 96, 96 - losses_only, 0.05)
        assert repeated.lower_worst < single.lower_worst + 0.001


def test_equal_builds_and_sure_regressions_get_their_verdict():
    assert judge_repeated_claim(198, 2, 380, 380, 0.1).verdict == "equivalent"
    assert judge_repeated_claim(198, 2, 380, 250, 0.05).verdict == "regressed"
    assert judge_repeated_claim(198, 2, 300, 380, 0.05).verdict == "non_inferior"


def test_one_repeat_is_the_case_without():
    assert judge_published(200, 0.965, 0.955, 0.03, digits=3).judgements[0].lower_best == exact_lower_bound(2, 0, 200)
    assert noninferiority_pvalue(2, 0, 200, 0.03) > 0.05


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((0, 2, 0, 0, 0.05), "at least 1"),
        ((10, 0, 0, 0, 0.05), "at least 1"),
        ((10, 2, 21, 5, 0.05), "exceeds n"),
        ((10, 2, 5, -1, 0.05), "must not be negative"),
        ((10, 2, 5, 5.5, 0.05), "whole number"),
        ((10, 2, 5, 5, 0), "margin must lie"),
        ((10, 2, 5, 5, 0.05, 0.6), "alpha must be"),
    ],
)
def test_refuses_counts_that_cannot_be(arguments, message):
    with pytest.raises(ValueError, match=message):
        judge_repeated_claim(*arguments)
