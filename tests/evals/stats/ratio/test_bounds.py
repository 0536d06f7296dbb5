"""Bounds of recovery for any scores: exact and Bayesian, missing answers, strata and clusters."""

import numpy as np
import pytest

from quantgate.evals.stats.bounds import paired_bounds
from quantgate.evals.stats.ratio.bayesian import bayesian_ratio_bound, excesses
from quantgate.evals.stats.ratio.bounds import Scores, ratio_bounds
from quantgate.evals.stats.ratio.exact import ratio_lower_bound

ONES, NONE = np.ones(60), np.zeros(60)
STRATA = ["a"] * 10 + ["b"] * 50


def cells(losses, gains, both, neither):
    baseline = np.repeat([1.0, 0.0, 1.0, 0.0], [losses, gains, both, neither])
    return Scores(baseline, np.repeat([0.0, 1.0, 1.0, 0.0], [losses, gains, both, neither]))


def test_single_answers_are_bounded_by_the_exact_test_whatever_both_have_wrong():
    few, many = (ratio_bounds(cells(3, 2, 40, wrong), single_answers=True) for wrong in (0, 400))
    assert (few.lower, few.upper) == (many.lower, many.upper)
    assert (few.method, few.lower) == ("exact", ratio_lower_bound(3, 2, 45))
    assert few.upper == pytest.approx(1 / ratio_lower_bound(2, 3, 45))


def test_the_bayesian_bound_is_where_candidate_less_so_much_of_the_baseline_is_shown_above_0():
    rng = np.random.default_rng(3)
    scores = Scores(rng.binomial(4, 0.7, 60) / 4, rng.binomial(4, 0.6, 60) / 4)
    bound = ratio_bounds(scores).lower
    values, null = excesses(scores.baseline, scores.candidate, bound)
    assert paired_bounds(values, method="bayesian").lower == pytest.approx(null, abs=1e-6)


@pytest.mark.parametrize("strata", [None, STRATA])
def test_equal_builds_that_have_all_right_are_bounded_as_a_difference_is(strata):
    found = ratio_bounds(Scores(ONES, ONES), strata=strata)
    assert found.lower == pytest.approx(1 + paired_bounds(NONE, method="bayesian", strata=strata).lower, abs=1e-6)
    assert found.upper == pytest.approx(1 / found.lower)


def test_a_baseline_with_nothing_right_has_no_ratio_whatever_the_candidate_has():
    for candidate in (ONES, NONE):
        found = ratio_bounds(Scores(NONE, candidate), single_answers=True)
        assert (found.estimate, found.lower, found.upper) == (None, 0.0, None)


def test_nor_has_one_whose_only_right_answers_are_missing_ones():
    lowest, highest = cells(1, 30, 0, 29), cells(0, 30, 0, 30)
    assert ratio_bounds(lowest, single_answers=True, highest=highest).estimate is None


@pytest.mark.parametrize("options", [{"single_answers": True}, {}, {"strata": STRATA}])
def test_a_candidate_with_nothing_right_is_bounded_above(options):
    found = ratio_bounds(Scores(ONES, NONE), **options)
    assert found.lower == 0
    assert 0 < found.upper < 0.25


def test_each_bound_has_its_own_worst_case_of_what_is_missing():
    lowest, highest = cells(5, 2, 50, 3), cells(2, 3, 49, 6)
    found = ratio_bounds(lowest, single_answers=True, highest=highest)
    assert found.lower == ratio_bounds(lowest, single_answers=True).lower
    assert found.upper == ratio_bounds(highest, single_answers=True).upper


@pytest.mark.slow
def test_strata_weigh_both_means_and_their_names_change_nothing():
    baseline = np.concatenate([np.full(10, 0.5), np.ones(50)])
    candidate = np.concatenate([np.full(10, 0.25), np.ones(50)])
    found = ratio_bounds(Scores(baseline, candidate), strata=STRATA)
    assert found.estimate == pytest.approx((0.25 + 1) / (0.5 + 1))
    renamed = ratio_bounds(Scores(baseline, candidate), strata=["z" if name == "a" else "m" for name in STRATA])
    assert renamed == found
    alone = ratio_bounds(Scores(baseline, candidate), strata=STRATA, weights={"a": 0, "b": 1})
    assert alone.lower == ratio_bounds(Scores(baseline[10:], candidate[10:])).lower


def test_items_of_one_cluster_are_one_unit():
    scores = cells(3, 2, 55, 0)
    threes = [str(place // 3) for place in range(60)]
    assert ratio_bounds(scores, clusters=threes).lower < ratio_bounds(scores).lower - 0.03
    thirds = np.repeat(scores.baseline[::3], 3), np.repeat(scores.candidate[::3], 3)
    alike = bayesian_ratio_bound(*thirds, 0.05, clusters=threes)
    assert alike == pytest.approx(bayesian_ratio_bound(scores.baseline[::3], scores.candidate[::3], 0.05))


@pytest.mark.parametrize(
    ("scores", "said"),
    [(Scores(ONES, np.ones(3)), "one score for each item"), (Scores(ONES, 2 * ONES), "candidate holds scores")],
)
def test_scores_that_are_none_are_refused(scores, said):
    with pytest.raises(ValueError, match=said):
        ratio_bounds(scores)
