"""Plans of unlike repeats and of a benchmark's very items: their power is that of the bound that decides."""

from dataclasses import replace

import numpy as np
import pytest

from quantgate.evals.stats.benchmark.bounds import benchmark_bounds
from quantgate.evals.stats.bounds import paired_bounds
from quantgate.evals.stats.planning.simulation import simulated_power, solve_rates
from quantgate.evals.stats.planning.splits import Population, fewest_repeats, power_of_split


def items(size=60, between=0.0025, within=0.12, **more):
    return Population((size,), (1.0,), (between,), (within,), **more)


def test_equal_repeats_have_the_power_of_the_plan_for_questions():
    found = power_of_split(items(), (4, 4), 0.08, runs=400)
    known = simulated_power(*solve_rates(0.0025, 0.12), 60, 4, 0.08, runs=400)
    assert abs(found.power - known.power) < 4 * found.standard_error


def test_a_baseline_that_is_asked_more_often_lifts_the_power():
    few, many = (power_of_split(items(), (count, 4), 0.06, runs=300) for count in (4, 32))
    assert many.power > few.power + few.standard_error


@pytest.mark.slow
def test_a_benchmark_s_very_items_take_fewer_repeats_than_questions_like_them():
    like = fewest_repeats(items(100), 0.06, power=0.8, least=2)
    these = fewest_repeats(items(100, benchmark=True), 0.06, power=0.8)
    assert these.repeats < like.repeats
    assert these.power.power >= 0.8 - these.power.standard_error


def test_strata_have_the_power_of_their_weighted_mean():
    strata = Population((20, 40), (1.0, 1.0), (0.0025,) * 2, (0.12,) * 2, benchmark=True)
    assert power_of_split(strata, (2, 2), 0.08, runs=60).power < power_of_split(strata, (8, 8), 0.08, runs=60).power


def test_what_no_number_of_repeats_reaches_is_out_of_reach():
    assert fewest_repeats(items(40), 0.02, largest=64) is None


@pytest.mark.slow
@pytest.mark.parametrize(("repeats", "benchmark"), [((8, 3), False), ((4, 4), True), ((8, 3), True)])
def test_the_power_is_that_of_the_gate_s_own_bound(repeats, benchmark):
    rng, runs, margin = np.random.default_rng(4), 250, 0.07
    population = solve_rates(0.0025, 0.12)
    passed = 0
    for _ in range(runs):
        chosen = rng.integers(len(population[0]), size=60)
        ours, theirs = (rates[chosen] for rates in population)
        answers = [
            (rng.random((60, count)) < rates[:, None]).astype(float)
            for rates, count in zip((ours, theirs), repeats, strict=True)
        ]
        if benchmark:
            passed += benchmark_bounds(*answers).lower > (theirs - ours).mean() - margin
        else:
            change = answers[1].mean(axis=1) - answers[0].mean(axis=1)
            passed += paired_bounds(change, method="bayesian").lower > -margin
    found = power_of_split(items(benchmark=benchmark), repeats, margin)
    assert passed / runs == pytest.approx(found.power, abs=3.5 * (0.25 / runs + found.standard_error**2) ** 0.5)


def test_repeats_of_a_stratum_whose_answers_count_once_add_no_pairs():
    """The greedy stratum's items alone keep what no flip shows above the margin, however often they are asked."""
    strata = Population((30, 60), (1.0, 1.0), (0.0, 0.0025), (0.0, 0.12), benchmark=True)
    as_pairs, once = strata, replace(strata, once=(True, False))
    assert power_of_split(as_pairs, (16, 16), 0.04, runs=40).power > 0.9
    assert power_of_split(once, (16, 16), 0.04, runs=40).power < 0.4
