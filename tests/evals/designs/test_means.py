"""The whole procedure, simulated, where items are answered several times or strata weigh."""

from dataclasses import replace

import pytest

from quantgate.evals.designs.means import simulated_course_of_means
from quantgate.evals.designs.planned import planned_design
from quantgate.evals.stats.planning.population import Population
from quantgate.evals.stats.planning.simulation import simulated_power, solve_rates

pytestmark = pytest.mark.slow

NOISE = {"between": (0.0019,), "within": (0.12,)}
POOL = Population(sizes=(198,), weights=(1.0,), **NOISE)
TAU2 = Population(sizes=(50, 114, 114), weights=(1.0, 1.0, 1.0), between=(0.0019,) * 3, within=(0.05,) * 3)


def design(items, repeats, margin, looks=8):
    return planned_design(
        items, repeats, margin=margin, alpha=0.05, regression_alpha=0.05, order="any", looks=looks, exact=False
    )


def test_one_look_is_about_the_fixed_bound():
    fixed = replace(design(198, 8, 0.03, looks=1), futility=0.0)
    found = simulated_course_of_means(fixed, POOL, runs=300)
    bound = simulated_power(*solve_rates(0.0019, 0.12), 198, 8, 0.03, runs=300)
    assert found.passed == pytest.approx(bound.power, abs=0.1)
    assert found.mean == 198 * 8


def test_an_equal_build_is_passed_sooner():
    found = simulated_course_of_means(design(198, 16, 0.03), POOL, runs=100)
    assert found.passed > 0.7
    assert found.mean < 0.75 * 198 * 16


def test_a_broken_build_is_stopped_within_the_first_pass():
    found = simulated_course_of_means(design(198, 16, 0.03), POOL, -0.3, runs=50)
    assert found.regressed == 1.0
    assert found.mean < 120


def test_at_the_margin_neither_verdict_is_given_more_often_than_it_may():
    found = simulated_course_of_means(design(198, 8, 0.03), POOL, -0.03, runs=200)
    assert max(found.passed, found.regressed) < 0.05 + 0.046
    assert found.mean < 0.8 * 198 * 8, "most of them are given up"


def test_strata_are_looked_at_as_they_weigh():
    once = design(278, 1, 0.05)
    equal, broken = (simulated_course_of_means(once, TAU2, loss, runs=60) for loss in (0.0, -0.3))
    assert equal.passed > 0.6
    assert equal.mean < 278
    assert broken.regressed == 1.0
    assert broken.mean < 100


@pytest.mark.parametrize(
    ("changes", "difference", "said"),
    [({"margin": None}, 0.0, "no margin"), ({}, -0.6, "between -0.5 and 0"), ({}, 0.1, "between -0.5 and 0")],
)
def test_what_cannot_be_simulated_is_refused(changes, difference, said):
    with pytest.raises(ValueError, match=said):
        simulated_course_of_means(replace(design(198, 4, 0.03), **changes), POOL, difference)


def test_other_items_than_the_population_has_are_refused():
    with pytest.raises(ValueError, match="other items"):
        simulated_course_of_means(design(100, 4, 0.03), POOL)
