"""Holm's step-down: reference values, the closure it shortens, and bounds that hold together."""

import itertools
from functools import partial

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import ndtri

from quantgate.evals.stats import exact_lower_bound, exact_upper_bound, noninferiority_pvalue
from quantgate.evals.stats.families import (
    holm,
    holm_adjusted,
    holm_lower_bounds,
    regression_pvalue,
    step_down,
)

pvalue_lists = st.lists(st.floats(0, 1), max_size=7)


@pytest.mark.parametrize(
    ("pvalues", "adjusted"),
    [
        ([0.01, 0.02, 0.03, 0.04, 0.05], [0.05, 0.08, 0.09, 0.09, 0.09]),  # as R's p.adjust gives it
        ([0.01, 0.04, 0.03, 0.005], [0.03, 0.06, 0.06, 0.02]),  # by hand: 4 * .005, 3 * .01, 2 * .03, .04 raised
        ([0.6, 0.5], [1.0, 1.0]),
        ([0.04], [0.04]),
        ([], []),
    ],
)
def test_adjusted_p_values(pvalues, adjusted):
    assert holm_adjusted(pvalues) == pytest.approx(adjusted)


def test_steps_down_and_stops_at_the_first_that_is_not_rejected():
    # .005 < .05/4 and .01 < .05/3, but .03 >= .05/2; .04 would be below .05/1 and is no longer asked.
    assert holm([0.01, 0.04, 0.03, 0.005]) == [True, False, False, True]


@pytest.mark.slow
@given(pvalue_lists, st.floats(0.001, 0.4))
def test_is_the_closed_test_of_bonferroni(pvalues, alpha):
    """A member is rejected where Bonferroni rejects every subset of the family that holds it."""
    members = range(len(pvalues))
    subsets = [s for size in range(1, len(pvalues) + 1) for s in itertools.combinations(members, size)]
    rejected = {s for s in subsets if min(len(s) * pvalues[i] for i in s) < alpha}
    assert holm(pvalues, alpha) == [all(s in rejected for s in subsets if i in s) for i in members]


@given(pvalue_lists, st.randoms())
def test_the_order_of_the_family_does_not_matter(pvalues, random):
    order = list(range(len(pvalues)))
    random.shuffle(order)
    adjusted = holm_adjusted(pvalues)
    assert holm_adjusted([pvalues[i] for i in order]) == [adjusted[i] for i in order]


@pytest.mark.parametrize("pvalue", [-0.1, 1.1, float("nan")])
def test_refuses_what_is_no_p_value(pvalue):
    with pytest.raises(ValueError, match=r"pvalues\[1\] is"):
        holm([0.5, pvalue])


def test_a_regression_is_what_the_upper_bound_shows():
    for losses, gains, n, margin in ((40, 5, 200, 0.03), (12, 2, 200, 0.03), (20, 2, 200, 0.05), (9, 9, 100, 0.1)):
        shown = exact_upper_bound(losses, gains, n) < -margin
        assert (regression_pvalue(losses, gains, n, margin) < 0.05) == shown
    assert regression_pvalue(40, 5, 200, 0.03) < 0.001
    assert regression_pvalue(0, 0, 200, 0.03) > 0.99


def test_naming_which_tasks_regressed():
    tasks = {"gsm8k": (90, 20, 1319), "gpqa": (16, 4, 198), "tau2": (3, 2, 278)}
    pvalues = [regression_pvalue(*outcome, 0.02) for outcome in tasks.values()]
    assert [p < 0.05 for p in pvalues] == [True, True, False]
    # The family of three asks the second for less than .05 / 2.
    assert holm(pvalues) == [True, pvalues[1] < 0.025, False]


FORMATS = [(4, 3, 400), (9, 4, 400), (22, 6, 400)]


def exact_bounds(outcomes, margin):
    """The step-down over the exact bounds of (losses, gains, n)."""
    return holm_lower_bounds([partial(exact_lower_bound, *outcome) for outcome in outcomes], margin)


def test_formats_are_decided_as_holm_decides_their_p_values():
    for margin in (0.01, 0.02, 0.03, 0.04, 0.06, 0.08):
        pvalues = [noninferiority_pvalue(*outcome, margin) for outcome in FORMATS]
        bounds = exact_bounds(FORMATS, margin)
        assert [b.passes for b in bounds] == holm(pvalues)
        assert [b.lower > -margin for b in bounds] == [b.passes for b in bounds]


def test_the_one_left_over_is_decided_at_the_whole_alpha():
    bounds = exact_bounds(FORMATS, 0.04)
    assert [b.passes for b in bounds] == [True, True, False]
    assert [b.level for b in bounds] == pytest.approx([0.05 / 3, 0.05 / 3, 0.05])
    assert bounds[2].lower == exact_lower_bound(22, 6, 400)
    assert bounds[0].lower == pytest.approx(-0.04, abs=1e-12)


def test_where_all_pass_each_bound_is_at_its_share_of_alpha():
    bounds = exact_bounds(FORMATS, 0.08)
    assert all(b.passes for b in bounds)
    assert [b.lower for b in bounds] == [exact_lower_bound(*outcome, 0.05 / 3) for outcome in FORMATS]


def test_a_family_of_one_is_the_plain_bound_and_none_is_none():
    assert exact_bounds([(6, 2, 198)], 0.03)[0].lower == exact_lower_bound(6, 2, 198)
    assert exact_bounds([], 0.03) == []


def test_the_bounds_hold_together_at_least_as_often_as_promised():
    """Three normal estimates, correlated through their baseline, with true differences on and off the margin."""
    rng = np.random.default_rng(11)
    margin, alpha, runs = 0.02, 0.1, 4000
    for truth in ([-0.02, -0.02, -0.02], [-0.02, -0.01, 0.0], [-0.03, 0.0, 0.0]):
        wrong = 0
        for _ in range(runs):
            noise = 0.006 * (0.7 * rng.standard_normal() + 0.7 * rng.standard_normal(3))
            estimates = np.asarray(truth) + noise
            at = [lambda a, e=e: e + 0.006 * 0.99 * ndtri(a) for e in estimates]
            bounds = holm_lower_bounds(at, margin, alpha)
            wrong += any(b.lower > t for b, t in zip(bounds, truth, strict=True))
        assert wrong / runs <= alpha + 3 * np.sqrt(alpha * (1 - alpha) / runs)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: holm_lower_bounds([], 3), "margin must lie"),
        (lambda: regression_pvalue(1, 1, 10, 0), "margin must lie"),
        (lambda: holm_lower_bounds([], 0.03, alpha=0.6), "alpha must lie"),
        (lambda: holm([0.1], alpha=0), "alpha must lie"),
    ],
)
def test_refuses_arguments_out_of_range(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_members_of_which_nothing_is_known_keep_their_share():
    pvalues = [0.02, 0.03]

    def rejected(others):
        return [step.rejected for step in step_down([lambda left, p=p: left * p < 0.05 for p in pvalues], others)]

    assert rejected(0) == [True, True]
    assert rejected(1) == [False, False]
