"""Bounds for a benchmark's very items: the error they may have, and what changes nothing about them."""

from itertools import product

import numpy as np
import pytest

from quantgate.evals.stats.benchmark.bounds import benchmark_bounds, benchmark_pvalue
from quantgate.evals.stats.bounds import paired_bounds
from quantgate.evals.stats.exact.bounds import exact_lower_bound, exact_upper_bound


def answered(rates, repeats, rng):
    return (rng.random((len(rates), repeats)) < np.asarray(rates)[:, None]).astype(float)


def test_one_answer_each_is_the_exact_test_of_single_answers():
    baseline = np.repeat([[1.0], [0.0], [1.0]], [6, 2, 190], axis=0)
    candidate = np.repeat([[0.0], [1.0], [1.0]], [6, 2, 190], axis=0)
    found = benchmark_bounds(baseline, candidate)
    assert (found.lower, found.upper) == (exact_lower_bound(6, 2, 198), exact_upper_bound(6, 2, 198))
    assert found.method == "exact"


def test_pairs_of_answers_are_the_unit():
    found = benchmark_bounds(np.ones((50, 8)), np.ones((50, 8)))
    assert found.lower == exact_lower_bound(0, 0, 400)
    assert "over 400 pairs of answers to these very 50 items" in found.reason


@pytest.mark.parametrize("theirs", [4, 3])
def test_the_order_of_repeats_changes_nothing(theirs):
    rng = np.random.default_rng(5)
    baseline, candidate = answered([0.5] * 30, 4, rng), answered([0.4] * 30, theirs, rng)
    again = benchmark_bounds(rng.permuted(baseline, axis=1), rng.permuted(candidate, axis=1))
    assert again == benchmark_bounds(baseline, candidate)


@pytest.mark.parametrize("repeats", [(4, 4), (6, 2)])
def test_each_bound_counts_a_missing_answer_for_the_worst(repeats):
    rng = np.random.default_rng(6)
    baseline, candidate = (answered([0.8] * 40, count, rng) for count in repeats)
    holed, other = baseline.copy(), candidate.copy()
    holed[0, 0], other[1, 1] = np.nan, np.nan
    found = benchmark_bounds(holed, other)
    every = [
        benchmark_bounds(np.nan_to_num(holed, nan=ours), np.nan_to_num(other, nan=theirs))
        for ours, theirs in product((0.0, 1.0), repeat=2)
    ]
    assert found.lower == min(one.lower for one in every)
    assert found.upper == max(one.upper for one in every)
    assert found.missing == pytest.approx((1 / repeats[0] + 1 / repeats[1]) / 40)


def test_strata_weigh_alike_whatever_their_items():
    rng = np.random.default_rng(7)
    baseline, candidate = answered([0.9] * 60, 4, rng), answered([0.9] * 60, 4, rng)
    names = ["a"] * 10 + ["b"] * 50
    found = benchmark_bounds(baseline, candidate, strata=names)
    by_item = candidate.mean(axis=1) - baseline.mean(axis=1)
    assert found.estimate == pytest.approx((by_item[:10].mean() + by_item[10:].mean()) / 2)
    assert paired_bounds(by_item, strata=names).lower < found.lower < found.estimate < found.upper


def test_the_answers_of_the_build_with_more_are_not_wasted():
    rng = np.random.default_rng(8)
    baseline, candidate = answered([0.7] * 150, 16, rng), answered([0.7] * 150, 4, rng)
    all_of_them, four = benchmark_bounds(baseline, candidate), benchmark_bounds(baseline[:, :4], candidate)
    assert all_of_them.upper - all_of_them.lower < 0.9 * (four.upper - four.lower)


@pytest.mark.parametrize("shapes", [((3, 2), (4, 2)), ((0, 2), (0, 2)), ((3,), (3,))])
def test_answers_that_do_not_fit_are_refused(shapes):
    with pytest.raises(ValueError, match="answers must be two arrays"):
        benchmark_bounds(*(np.zeros(shape) for shape in shapes))


BROKEN = ([1.0] * 20, [0.0] * 1 + [1.0] * 19)
OPEN = ([0.5] * 20, [0.45] * 20)
HALF = ([0.5] * 10 + [1.0] * 10, [0.45] * 10 + [0.95] * 10)
LOST_HERE_WON_THERE = ([1.0] * 4 + [0.0] * 16, [0.0] * 4 + [3 / 16] * 16)
SURE_GAINS = ([0.0] * 3 + [1.0] * 17, [1.0] * 3 + [1 - 4 / 17] * 17)


@pytest.mark.slow
@pytest.mark.parametrize("rates", [BROKEN, OPEN, HALF, LOST_HERE_WON_THERE, SURE_GAINS])
@pytest.mark.parametrize("repeats", [(4, 4), (8, 3)])
def test_the_error_is_at_most_alpha_however_unlike_the_items(rates, repeats):
    rng, runs = np.random.default_rng(9), 1500
    truth = float(np.mean(np.subtract(rates[1], rates[0])))
    misses = np.zeros(2)
    for _ in range(runs):
        baseline, candidate = (answered(rate, count, rng) for rate, count in zip(rates, repeats, strict=True))
        misses += (
            benchmark_pvalue(baseline, candidate, truth) < 0.05,
            benchmark_pvalue(candidate, baseline, -truth) < 0.05,
        )
    assert misses.max() / runs < 0.05 + 3 * (0.05 * 0.95 / runs) ** 0.5


@pytest.mark.parametrize("repeats", [(4, 4), (6, 2)])
def test_the_p_value_is_alpha_at_the_bound(repeats):
    rng = np.random.default_rng(10)
    answers = [answered([0.8] * 30, count, rng) for count in repeats]
    lower = benchmark_bounds(*answers).lower
    assert benchmark_pvalue(*answers, lower + 1e-6) > 0.05 > benchmark_pvalue(*answers, lower - 1e-6)


@pytest.mark.parametrize(("repeats", "proven"), [((1, 1), True), ((4, 4), False), ((4, 2), False)])
def test_what_is_checked_by_simulation_alone_says_so(repeats, proven):
    found = benchmark_bounds(*(np.ones((20, count)) for count in repeats))
    assert ("checked by simulation and not proven" not in found.reason) is proven
