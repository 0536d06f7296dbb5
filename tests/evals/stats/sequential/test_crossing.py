"""How often a build passes at each look, for any truth."""

import numpy as np
import pytest

from quantgate.evals.stats.planning.power import exact_power
from quantgate.evals.stats.sequential.boundary import exact_levels
from quantgate.evals.stats.sequential.crossing import crossing, missed
from quantgate.evals.stats.sequential.ordering import CANNOT_PASS, passing_outcomes
from quantgate.evals.stats.sequential.sizes import look_sizes
from quantgate.evals.stats.sequential.spending import spent
from tests.evals.stats.sequential.trinomial_paths import first_passes

pytestmark = pytest.mark.slow


def levels_of(items, margin, count=8):
    sizes = look_sizes(items, count)
    return sizes, exact_levels(sizes, [spent(size / items, 0.05) for size in sizes], margin)


@pytest.mark.parametrize(("discordance", "difference"), [(0.1, 0.0), (0.3, -0.1), (0.5, 0.2), (0.05, -0.05), (1, 0)])
def test_it_is_the_sum_over_all_paths(discordance, difference):
    sizes, levels = (8, 12, 20), (0.2, 0.1, 0.3)
    expected = first_passes(sizes, levels, 0.1, discordance, difference)
    found = crossing(sizes, levels, 0.1, discordance, difference)
    assert found.first == pytest.approx(expected, abs=1e-9)
    assert found.power == pytest.approx(expected.sum())
    assert found.expected_items == pytest.approx(expected @ sizes + 20 * (1 - expected.sum()))


@pytest.mark.parametrize(("n", "psi", "difference"), [(198, 0.05, 0.0), (500, 0.06, -0.01), (1319, 0.03, 0.0)])
def test_one_look_has_the_power_of_the_fixed_test(n, psi, difference):
    assert crossing([n], [0.05], 0.02, psi, difference).power == pytest.approx(
        exact_power(n, 0.02, psi, difference), abs=2e-4
    )


def test_simulated_builds_pass_at_each_look_as_often():
    sizes, levels = levels_of(300, 0.05, 4)
    rng = np.random.default_rng(5)
    answers = rng.choice([-1, 0, 1], p=[0.05, 0.9, 0.05], size=(4000, 300))
    lost, gained = (answers == -1).cumsum(axis=1), (answers == 1).cumsum(axis=1)
    passed = np.array(
        [
            lost[:, size - 1] <= passing_outcomes(size, 0.05, level)[(lost + gained)[:, size - 1]]
            for size, level in zip(sizes, levels, strict=True)
        ]
    )
    first = np.where(passed.any(axis=0), passed.argmax(axis=0), -1)
    rates = [float((first == place).mean()) for place in range(4)]
    assert rates == pytest.approx(crossing(sizes, levels, 0.05, 0.1, 0.0).first, abs=4 * np.sqrt(0.25 / 4000))


def test_nobody_passes_where_nobody_can():
    found = crossing((50, 100), (CANNOT_PASS, 0.05), 0.05, 0.0, 0.0)
    assert found.first == (0.0, pytest.approx(1.0))
    assert found.expected_items == pytest.approx(100)


@pytest.mark.parametrize(("items", "margin"), [(16, 0.1), (50, 0.05), pytest.param(198, 0.02, marks=pytest.mark.slow)])
def test_the_bounds_that_are_shown_hold_at_other_differences_too(items, margin):
    """All looks together, at the levels of a design whose margin is another."""
    sizes, levels = levels_of(items, margin)
    for difference in (-3 * margin, -1.5 * margin, -margin, -margin / 2, 0.0, margin):
        for psi in np.linspace(max(abs(difference), 0.02), 1, 7):
            assert missed(sizes, levels, float(psi), difference) <= 0.05 + 1e-9


@pytest.mark.parametrize(("discordance", "difference"), [(0.1, 0.2), (1.2, 0.0), (1.0, -1.0)])
def test_a_truth_that_cannot_be_is_refused(discordance, difference):
    with pytest.raises(ValueError, match="no builds flip"):
        missed((10,), (0.05,), discordance, difference)
