"""Repeats planned by simulation: the population has the variances asked for, and the plan the power."""

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from quantgate.evals.stats.planning.power import power_with_repeats, rate_variances, simulated_power
from quantgate.evals.stats.planning.repeats import simulated_repeats, solve_rates

GPQA = {"between_variance": 0.0025, "within_variance": 0.0975}


@settings(deadline=None, max_examples=40)
@given(st.floats(0, 1), st.floats(0, 0.5))
def test_a_population_has_the_variances_asked_for_and_no_difference(between, within):
    assume(between + 2 * within <= 1)
    baseline, candidate = solve_rates(between, within)
    assert rate_variances(baseline, candidate) == pytest.approx((between, within), abs=1e-3)
    assert candidate.mean() == pytest.approx(baseline.mean(), abs=1e-4)


@pytest.mark.parametrize("variances", [(-0.1, 0.2), (0.2, -0.1), (0.5, 0.3), (float("nan"), 0.1)])
def test_variances_that_no_builds_have_are_refused(variances):
    with pytest.raises(ValueError, match="no builds have variances"):
        solve_rates(*variances)


def test_the_plan_has_the_power_and_clearly_fewer_repeats_have_not():
    planned = simulated_repeats(198, 0.03, **GPQA)
    assert planned.power.power >= 0.8 - planned.power.standard_error
    fewer = simulated_power(*solve_rates(0.0025, 0.0975), 198, planned.repeats - 2, 0.03, runs=1000, seed=9)
    assert fewer.power < 0.8
    assert planned == simulated_repeats(198, 0.03, **GPQA)


def test_the_plan_may_need_more_repeats_than_the_formula_says():
    formula = power_with_repeats(198, 13, 0.03, unseen_item=True, **GPQA)
    assert formula >= 0.928
    assert simulated_repeats(198, 0.03, power=0.928, **GPQA).repeats > 13


@pytest.mark.parametrize(("margin", "largest"), [(0.01, 64), (0.03, 4), (0.03, 1)])
def test_what_the_most_repeats_cannot_reach_is_no_plan(margin, largest):
    assert simulated_repeats(198, margin, largest=largest, **GPQA) is None
