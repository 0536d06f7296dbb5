"""Passing early, by enumeration: a build exactly the margin worse passes at any look 5% of the time at most."""

from functools import cache

import pytest

from quantgate.evals.designs.planned import planned_design
from quantgate.evals.stats.calibration import discordance_grid
from quantgate.evals.stats.planning.power import exact_power
from quantgate.evals.stats.sequential.crossing import crossing

pytestmark = pytest.mark.slow

ALPHA = 0.05


@cache
def looks(items, margin):
    planned = planned_design(
        items, 1, margin=margin, alpha=ALPHA, regression_alpha=ALPHA, exact=True, order="any order"
    ).looks
    return tuple(look.items for look in planned), tuple(look.level for look in planned)


def passing(items, margin, psi, difference):
    return crossing(*looks(items, margin), margin, psi, difference)


@pytest.mark.parametrize(("items", "margin"), [(198, 0.02), (500, 0.02), (1319, 0.02), (198, 0.05), (1319, 0.05)])
def test_a_build_exactly_the_margin_worse_passes_at_most_alpha(items, margin):
    rates = [passing(items, margin, float(psi), -margin).power for psi in discordance_grid(margin, 60)]
    assert 0.045 < max(rates) <= ALPHA + 1e-9


def test_a_build_without_loss_passes_and_half_of_the_items_are_enough():
    found = passing(1319, 0.02, 0.03, 0.0)
    assert found.power >= 0.97
    assert found.expected_items <= 0.50 * 1319


def test_looking_costs_two_points_of_the_fixed_tests_power():
    found = passing(1319, 0.02, 0.06, 0.0)
    assert found.power >= exact_power(1319, 0.02, 0.06) - 0.02
    assert found.expected_items <= 0.72 * 1319
