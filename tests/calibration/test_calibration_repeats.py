"""False passes with repeats and strata, by seeded simulation over populations of easy, hard and divided items.

The models of `test_calibration_bayesian.py` are those that a bound has to fear most; these are what it will meet.
"""

import math

import numpy as np
import pytest

from quantgate.evals.stats import bayesian_pvalue
from quantgate.evals.stats.calibration import Method, Model, simulated_differences, simulated_false_pass

pytestmark = pytest.mark.slow

ALPHA = 0.05
BAR = 0.055
RUNS = 500
DIVIDED, HARD, EASY = (0.5, 0.5), (2.0, 3.0), (20.0, 1.0)
SIZES = {"airline": 50, "retail": 114, "telecom": 114}
TAU2 = np.repeat(list(SIZES), list(SIZES.values())).tolist()


def allowed(runs):
    """The bar, and three standard errors of the simulation."""
    return BAR + 3 * math.sqrt(BAR * (1 - BAR) / runs)


@pytest.mark.parametrize("rates", [DIVIDED, HARD, EASY], ids=["divided", "hard", "easy"])
@pytest.mark.parametrize("model", [Model.BROKEN, Model.WORSE])
@pytest.mark.parametrize("repeats", [1, 4, 16])
@pytest.mark.parametrize(("n", "margin"), [(114, 0.03), (400, 0.02)])
def test_repeats_of_easy_and_hard_items_do_not_let_a_worse_build_pass(rates, model, repeats, n, margin):
    found = simulated_false_pass(Method.BAYESIAN, model, n, repeats, margin, runs=RUNS, seed=n + repeats, rates=rates)
    assert found.rate <= allowed(RUNS)


def test_some_worse_builds_do_pass_or_the_rates_would_say_nothing():
    assert simulated_false_pass(Method.BAYESIAN, Model.BROKEN, 400, 4, 0.05, runs=RUNS).rate > 0.015


@pytest.mark.parametrize("repeats", [4, 16])
def test_the_naive_bootstrap_of_item_means_passes_it_far_more_often(repeats):
    naive, gate = (
        simulated_false_pass(method, Model.SURE, 50, repeats, 0.02, runs=RUNS)
        for method in (Method.NAIVE, Method.BAYESIAN)
    )
    assert naive.exceeds(BAR)
    assert naive.rate == pytest.approx(0.98**50, abs=0.07), "no broken item is among those that were asked"
    assert not gate.exceeds(ALPHA)


@pytest.mark.parametrize("model", list(Model))
@pytest.mark.parametrize("margin", [0.02, 0.05])
def test_a_macro_average_over_strata_of_divided_items_does_not_either(model, margin):
    runs = 250
    rng = np.random.default_rng(round(1000 * margin))
    passed = 0
    for _ in range(runs):
        parts = [simulated_differences(model, rng, n, 4, margin, DIVIDED) for n in SIZES.values()]
        passed += bayesian_pvalue(np.concatenate(parts), -margin, strata=TAU2, draws=2000) < ALPHA
    assert passed / runs <= allowed(runs)


@pytest.mark.parametrize("model", list(Model))
def test_the_simulated_build_is_worse_by_the_margin(model):
    differences = simulated_differences(model, np.random.default_rng(3), 400_000, 2, 0.05)
    assert differences.mean() == pytest.approx(-0.05, abs=4 * differences.std() / math.sqrt(400_000))


def test_a_seed_repeats_the_answer():
    first, again = (simulated_false_pass(Method.NAIVE, Model.BROKEN, 20, 2, 0.2, runs=200, seed=5) for _ in range(2))
    assert first == again


@pytest.mark.parametrize(
    ("method", "changes", "said"),
    [
        (Method.EXACT, {}, "the exact test is for single answers"),
        (Method.NAIVE, {"runs": 0}, "runs must be at least 1"),
        (Method.NAIVE, {"rates": (1.0, 99.0)}, "more than the mean solve rate"),
    ],
)
def test_what_cannot_be_simulated_is_refused(method, changes, said):
    with pytest.raises(ValueError, match=said):
        simulated_false_pass(method, Model.BROKEN, 50, 4, 0.05, **changes)
