"""The levels of the looks: all looks together err as often as they may, at whatever discordance rate."""

import numpy as np
import pytest

from quantgate.evals.stats.calibration import discordance_grid
from quantgate.evals.stats.checks import SMALLEST_ALPHA
from quantgate.evals.stats.sequential import boundary
from quantgate.evals.stats.sequential.boundary import exact_levels
from quantgate.evals.stats.sequential.crossing import crossing
from quantgate.evals.stats.sequential.ordering import CANNOT_PASS
from quantgate.evals.stats.sequential.sizes import look_sizes
from quantgate.evals.stats.sequential.spending import spent
from tests.evals.stats.sequential.trinomial_paths import first_passes

pytestmark = pytest.mark.slow


def design(items, alpha=0.05, count=8):
    sizes = look_sizes(items, count)
    return sizes, [spent(size / items, alpha) for size in sizes]


def test_one_look_is_the_fixed_test():
    for items in (1, 20, 198):
        assert exact_levels([items], [0.05], 0.02) == (0.05,)


@pytest.mark.parametrize(("items", "margin", "alpha"), [(12, 0.3, 0.05), (14, 0.1, 0.2), (15, 0.05, 0.4)])
def test_no_path_of_few_items_errs_more_often_than_is_spent(items, margin, alpha):
    sizes, used = design(items, alpha, count=4)
    levels = exact_levels(sizes, used, margin)
    for psi in (margin, 1.2 * margin, 0.4, 0.7, 1.0):
        passed = np.cumsum(first_passes(sizes, levels, margin, psi, -margin))
        assert (passed <= np.array(used) + 1e-12).all()


@pytest.mark.parametrize(
    ("items", "margin"), [(60, 0.05), (150, 0.02), (100, 0.3), pytest.param(500, 0.05, marks=pytest.mark.slow)]
)
def test_nor_does_any_rate_of_a_fine_grid(items, margin):
    sizes, used = design(items)
    levels = exact_levels(sizes, used, margin)
    passed = np.array(
        [np.cumsum(crossing(sizes, levels, margin, float(psi), -margin).first) for psi in discordance_grid(margin, 60)]
    )
    assert (passed <= np.array(used) + 1e-9).all()
    assert passed[:, -1].max() > 0.047, "little is given away"


@pytest.mark.parametrize("sizes", [(5, 6, 7, 40), (30, 31, 90), (1, 90), (45, 90), tuple(range(30, 91, 10))])
def test_looks_may_lie_anywhere(sizes):
    used = [spent(size / sizes[-1], 0.05, -1.0) for size in sizes]
    levels = exact_levels(sizes, used, 0.05)
    rates = [crossing(sizes, levels, 0.05, float(psi), -0.05).power for psi in discordance_grid(0.05, 40)]
    assert 0.03 < max(rates) <= 0.05 + 1e-9


def test_levels_that_would_err_are_lowered_no_further_than_they_must(monkeypatch):
    """As if the normal approximation had asked for levels twice as high."""
    sizes, used = design(100, count=3)
    normal = boundary.correlated_levels
    monkeypatch.setattr(boundary, "correlated_levels", lambda *given: [2 * level for level in normal(*given)])
    levels = exact_levels(sizes, used, 0.05)
    grid = discordance_grid(0.05, 150)
    errs = [crossing(sizes, levels, 0.05, float(psi), -0.05).power for psi in grid]
    assert 0.0485 < max(errs) <= 0.05 + 1e-9
    higher = (*levels[:-1], levels[-1] * 1.04)
    assert max(crossing(sizes, higher, 0.05, float(psi), -0.05).power for psi in grid) > 0.05


@pytest.mark.parametrize(("psi", "losses"), [(0.1, (0.02, 0.03, 0.05, 0.1)), (0.4, (0.02, 0.021, 0.2, 0.4))])
def test_a_build_worse_by_more_passes_more_seldom(psi, losses):
    sizes, used = design(198)
    levels = exact_levels(sizes, used, 0.02)
    rates = [crossing(sizes, levels, 0.02, psi, -loss).power for loss in losses]
    assert rates == sorted(rates, reverse=True)


def test_a_look_that_may_err_less_than_the_exact_test_can_is_passed_by_nobody():
    sizes, used = design(198, alpha=0.005)
    levels = exact_levels(sizes, used, 0.02)
    assert levels[0] == CANNOT_PASS
    assert all(level == CANNOT_PASS or level >= SMALLEST_ALPHA for level in levels)
    assert levels[-1] > 0.0028
    assert exact_levels(sizes, [share / 10 for share in used], 0.02) == (CANNOT_PASS,) * len(sizes)


def test_a_margin_must_be_a_loss_that_there_can_be():
    with pytest.raises(ValueError, match="margin must lie"):
        exact_levels([10, 20], [0.01, 0.05], 2)
