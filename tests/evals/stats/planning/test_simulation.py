"""Repeats planned by simulation: the population has the variances asked for, and the plan the power."""

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from quantgate.evals.stats.planning.power import exact_power
from quantgate.evals.stats.planning.repeats import power_with_repeats
from quantgate.evals.stats.planning.simulation import simulated_power, simulated_repeats, solve_rates

PLANNED = {"between_variance": 0.0025, "within_variance": 0.0975}


def rate_variances(baseline, candidate):
    """Variance over items of the true change, and the mean within-item variance of one pair of answers."""
    within = baseline * (1 - baseline) + candidate * (1 - candidate)
    return float((candidate - baseline).var()), float(within.mean())


@pytest.mark.slow
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


@pytest.mark.slow
def test_the_plan_has_the_power_and_clearly_fewer_repeats_have_not():
    planned = simulated_repeats(198, 0.03, **PLANNED)
    assert planned.power.power >= 0.8 - planned.power.standard_error
    fewer = simulated_power(*solve_rates(0.0025, 0.0975), 198, planned.repeats - 2, 0.03, runs=1000, seed=9)
    assert fewer.power < 0.8
    assert planned == simulated_repeats(198, 0.03, **PLANNED)


@pytest.mark.slow
def test_the_plan_may_need_more_repeats_than_the_formula_says():
    formula = power_with_repeats(198, 13, 0.03, unseen_item=True, **PLANNED)
    assert formula >= 0.928
    assert simulated_repeats(198, 0.03, power=0.928, **PLANNED).repeats > 13


@pytest.mark.parametrize(("margin", "largest"), [(0.01, 64), (0.03, 4), (0.03, 1)])
def test_what_the_most_repeats_cannot_reach_is_no_plan(margin, largest):
    assert simulated_repeats(198, margin, largest=largest, **PLANNED) is None


def latent_rates(spread, size=2000):
    """Beta solve rates of accuracy .8, and the same with a little change of either sign; no mean difference."""
    rng = np.random.default_rng(5)
    rates = rng.beta(2.4, 0.6, size)
    change = spread * rng.choice([-1, 1], size) * rates * (1 - rates)
    return rates, np.clip(rates + change - change.mean(), 0, 1)


def test_simulation_and_formula_agree_on_many_items_and_repeats():
    first, second = latent_rates(0.3)
    between, within = rate_variances(first, second)
    formula = power_with_repeats(
        400, 4, 0.03, between_variance=between, within_variance=within, difference=float((second - first).mean())
    )
    simulated = simulated_power(first, second, 400, 4, 0.03, runs=200)
    # The bound that decides is wider than the normal one.
    assert formula - 0.15 < simulated.power < formula


@pytest.mark.parametrize("repeats", [4, 8, 16])
def test_with_the_unseen_item_the_formula_agrees_with_simulation_on_gpqa_diamond(repeats):
    first, second = latent_rates(0.3)
    between, within = rate_variances(first, second)
    variances = {"between_variance": between, "within_variance": within}
    simulated = simulated_power(first, second, 198, repeats, 0.03, runs=200)
    plain = power_with_repeats(198, repeats, 0.03, **variances)
    honest = power_with_repeats(198, repeats, 0.03, unseen_item=True, **variances)
    assert simulated.power == pytest.approx(honest, abs=0.04 + 2 * simulated.standard_error)
    assert simulated.power < plain - 0.08


@pytest.mark.slow
def test_simulation_of_single_answers_agrees_with_enumeration():
    # Answers that are the same each time flip on 3% of the items either way.
    first, second = np.repeat([1.0, 0.0, 1.0], [3, 3, 94]), np.repeat([0.0, 1.0, 1.0], [3, 3, 94])
    assert rate_variances(first, second) == pytest.approx((0.06, 0.0))
    simulated = simulated_power(first, second, 300, 1, 0.03, runs=1500)
    assert simulated.power == pytest.approx(exact_power(300, 0.03, 0.06), abs=4 * simulated.standard_error)


def test_simulation_is_reproducible_and_falls_below_alpha_at_the_margin():
    rates, _ = latent_rates(0.0)
    worse = rates * (1 - 0.05 / rates.mean())
    one = simulated_power(rates, worse, 100, 4, 0.05, runs=120, seed=3)
    assert one == simulated_power(rates, worse, 100, 4, 0.05, runs=120, seed=3)
    assert one.power <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / 120)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: simulated_power([0.5], [0.5, 0.6], 10, 1, 0.02), "one rate per item"),
        (lambda: simulated_power([0.5], [1.5], 10, 1, 0.02), r"in \[0, 1\]"),
        (lambda: simulated_power([0.5], [0.5], 10, 1, 0.02, runs=0), "runs must be"),
    ],
)
def test_refuses_arguments_out_of_range(call, message):
    with pytest.raises(ValueError, match=message):
        call()
