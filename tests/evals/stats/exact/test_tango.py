"""Tango's statistic and interval: published reference values, symmetry, and the orders that the exact test rests on."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize_scalar
from scipy.special import xlogy
from scipy.stats import norm

from quantgate.evals.stats import score_statistic, tango_interval


@pytest.mark.parametrize(
    ("losses", "gains", "n", "confidence", "lower", "upper"),
    [
        (7, 1, 21, 0.95, -0.517232, -0.026003),
        (150, 86, 1600, 0.95, -0.058998, -0.021362),
        (12, 2, 50, 0.95, -0.344709, -0.061112),
        (0, 1, 44, 0.90, -0.036517, 0.095662),
        (0, 1, 54, 0.95, -0.049125, 0.097714),
        (36, 23, 1319, 0.90, -0.019802, -0.000283),
        (6, 2, 198, 0.90, -0.048808, 0.003898),
        (2, 0, 200, 0.90, -0.029765, 0.003481),
        (0, 0, 20, 0.90, -0.119158, 0.119158),
        (0, 0, 20, 0.95, -0.161125, 0.161125),
    ],
)
def test_interval_has_the_reference_values(losses, gains, n, confidence, lower, upper):
    assert tango_interval(losses, gains, n, confidence) == pytest.approx((lower, upper), abs=6e-7)


@pytest.mark.parametrize("n", [1, 20, 198, 1319])
def test_without_flips_the_limit_is_wilsons(n):
    z = norm.isf(0.05)
    assert tango_interval(0, 0, n, 0.90)[1] == pytest.approx(z**2 / (n + z**2), abs=1e-12)


def test_all_losses_and_all_gains_reach_the_end_of_the_scale():
    assert tango_interval(9, 0, 9)[0] == -1.0
    assert tango_interval(0, 9, 9)[1] == 1.0
    assert tango_interval(9, 0, 9)[1] < -0.3


@settings(deadline=None, max_examples=50)
@given(st.integers(1, 400), st.data())
def test_interval_is_mirrored_when_the_builds_change_places(n, data):
    losses = data.draw(st.integers(0, n))
    gains = data.draw(st.integers(0, n - losses))
    lower, upper = tango_interval(losses, gains, n)
    assert -1 <= lower <= (gains - losses) / n <= upper <= 1
    assert tango_interval(gains, losses, n) == (-upper, -lower)


@pytest.mark.parametrize("null_difference", [-0.6, -0.2, -0.03, 0.04, 0.5])
@pytest.mark.parametrize(("losses", "gains", "n"), [(7, 1, 21), (1, 7, 21), (0, 3, 12), (4, 0, 12), (5, 7, 12)])
def test_statistic_uses_the_constrained_maximum_likelihood_estimate(losses, gains, n, null_difference):
    def minus_log_likelihood(psi):
        p_loss, p_gain = (psi - null_difference) / 2, (psi + null_difference) / 2
        return -(xlogy(losses, p_loss) + xlogy(gains, p_gain) + xlogy(n - losses - gains, 1 - psi))

    psi = minimize_scalar(
        minus_log_likelihood, bounds=(abs(null_difference), 1), method="bounded", options={"xatol": 1e-12}
    ).x
    expected = (gains - losses - n * null_difference) / math.sqrt(n * (psi - null_difference**2))
    assert float(score_statistic(losses, gains, n, null_difference)) == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("n", [1, 2, 7, 20])
def test_statistic_falls_with_losses_rises_with_gains_and_falls_with_the_null_difference(n):
    losses, gains = np.meshgrid(np.arange(n + 1), np.arange(n + 1), indexing="ij")
    possible = losses + gains <= n
    nulls = np.linspace(-0.99, 0.99, 400)
    table = np.array([np.where(possible, score_statistic(losses, gains, n, d), np.nan) for d in nulls])
    rounding = 1e-9
    assert np.nanmax(np.diff(table, axis=1)) < rounding
    assert np.nanmin(np.diff(table, axis=2)) > -rounding
    assert np.nanmax(np.diff(table, axis=0)) < rounding


def test_statistic_takes_several_nulls_of_either_sign_at_once():
    nulls = [-0.6, -0.03, 0.0, 0.04, 0.5]
    single = [float(score_statistic(7, 4, 21, null)) for null in nulls]
    assert score_statistic(7, 4, 21, nulls).tolist() == single


def test_statistic_is_zero_where_data_and_null_agree_exactly():
    assert float(score_statistic(0, 0, 10, 0.0)) == 0.0
    assert float(score_statistic(3, 1, 10, -0.2)) == pytest.approx(0.0, abs=1e-12)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((-1, 0, 5), "must not be negative"),
        ((3, 3, 5), "exceeds n = 5"),
        ((0, 0, 0), "n must be at least 1"),
        ((1.5, 0, 5), "losses must be a whole number"),
        ((1, 0, 5, 1.0), "confidence must lie between 0 and 1"),
    ],
)
def test_refuses_impossible_input(arguments, message):
    with pytest.raises(ValueError, match=message):
        tango_interval(*arguments)
