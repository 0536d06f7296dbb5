"""Plans of a macro average: the formula is what the bound itself does, and a plan has its power."""

import numpy as np
import pytest

from quantgate.evals.stats.bounds import paired_bounds
from quantgate.evals.stats.planning.macro import flipping, macro_items, macro_repeats, simulated_macro_power
from quantgate.evals.stats.planning.simulation import solve_rates
from quantgate.evals.stats.planning.strata import macro_power

TAU2 = (50, 114, 114)
NOISE = {"between_variance": 0.0025, "within_variance": 0.1775}


def test_no_flip_costs_the_unseen_item_of_the_smallest_stratum():
    floor = np.log(1 / 0.05) / (3 * 51)
    assert macro_power(TAU2, 0.0, floor + 1e-6) == 1
    assert macro_power(TAU2, 0.0, floor - 1e-6) == 0


def test_a_true_loss_leaves_the_power_of_a_smaller_margin():
    assert macro_power(TAU2, 0.02, 0.03, difference=-0.01) == pytest.approx(macro_power(TAU2, 0.02, 0.02))


def test_power_grows_with_items_and_margin_and_falls_with_variance():
    power = macro_power(TAU2, 0.02, 0.03)
    assert macro_power((100, 228, 228), 0.02, 0.03) > power
    assert macro_power(TAU2, 0.02, 0.04) > power > macro_power(TAU2, 0.04, 0.03)


@pytest.mark.slow
@pytest.mark.parametrize(("margin", "repeats"), [(0.02, 40), (0.03, 9), (0.03, 1), (0.05, 4)])
def test_the_formula_is_what_simulation_of_the_bound_gives(margin, repeats):
    simulated = simulated_macro_power(*solve_rates(**NOISE), TAU2, repeats, margin)
    formula = macro_power(TAU2, 0.0025 + 0.1775 / repeats, margin)
    assert formula == pytest.approx(simulated.power, abs=0.02 + 2 * simulated.standard_error)


@pytest.mark.slow
def test_it_passes_the_comparisons_that_a_gates_own_bound_passes():
    rng, (first, second), passed, runs = np.random.default_rng(5), solve_rates(**NOISE), 0, 25
    for _ in range(runs):
        changes = []
        for size in TAU2:
            items = rng.integers(len(first), size=size)
            changes.append(rng.binomial(4, second[items]) - rng.binomial(4, first[items]))
        bounds = paired_bounds(np.concatenate(changes) / 4, strata=np.repeat(["a", "b", "c"], TAU2))
        passed += bounds.lower > -0.03
    simulated = simulated_macro_power(first, second, TAU2, 4, 0.03, runs=runs, seed=5)
    assert abs(passed - simulated.power * runs) <= 2


@pytest.mark.slow
def test_fewer_items_than_all_are_planned_in_proportion():
    planned = macro_items((500, 1000), 0.05, 0.05)
    assert planned.sizes[1] == pytest.approx(2 * planned.sizes[0], abs=1)
    assert planned.power.power >= 0.8 - planned.power.standard_error


def test_more_items_than_there_are_are_said_and_not_simulated():
    planned = macro_items(TAU2, 0.03, 0.18)
    assert sum(planned.sizes) > sum(TAU2)
    assert planned.power is None


def test_what_no_benchmark_and_no_repeats_reach_is_no_plan():
    assert macro_items(TAU2, 0.01, 0.9) is None
    assert macro_repeats(TAU2, 0.01, **NOISE) is None
    assert macro_repeats(TAU2, 0.1, **NOISE, largest=1) is None


def test_a_population_that_flips_has_no_difference():
    baseline, candidate = flipping(0.18)
    assert (baseline != candidate).mean() == 0.18
    assert baseline.mean() == candidate.mean()


@pytest.mark.parametrize(
    ("sizes", "repeats", "margin"), [((50,), 1, 0.02), ((50, 0), 1, 0.02), (TAU2, 0, 0.02), (TAU2, 1, 1.5)]
)
def test_what_cannot_be_simulated_is_refused(sizes, repeats, margin):
    with pytest.raises(ValueError, match=r"strata|margin|asked|items|repeats"):
        simulated_macro_power([0.5], [0.5], sizes, repeats, margin)
