"""Levels of looks at means that are correlated."""

import numpy as np
import pytest
from scipy.special import ndtr, ndtri
from scipy.stats import multivariate_normal

from quantgate.evals.stats.sequential.correlated import correlated_levels


def crossing(levels, correlation, runs=400_000):
    """How often normal means with such correlations are beyond one of the levels."""
    rng = np.random.default_rng(1)
    values = rng.standard_normal((runs, len(levels))) @ np.linalg.cholesky(correlation).T
    return (values > -ndtri(np.array(levels))).any(axis=1).mean()


@pytest.mark.parametrize(("looks", "constant", "alpha"), [(2, 2.178, 0.025), (5, 2.413, 0.025), (5, 2.122, 0.05)])
def test_equal_levels_are_pococks(looks, constant, alpha):
    """Jennison and Turnbull 2000, table 2.1: what Pocock's constants spend gives them back."""
    fractions = np.arange(1, looks + 1) / looks
    shared = np.sqrt(np.minimum.outer(fractions, fractions) / np.maximum.outer(fractions, fractions))
    level = float(ndtr(-constant))
    spent = [crossing([level] * count, shared[:count, :count]) for count in range(1, looks + 1)]
    assert spent[-1] == pytest.approx(alpha, abs=0.001)
    assert correlated_levels(fractions, spent) == pytest.approx([level] * looks, rel=0.06)


def test_together_they_err_as_often_as_may_be_and_less_where_answers_share_their_items():
    fractions, spent = np.array([0.25, 0.5, 1.0]), [0.01, 0.02, 0.05]
    levels = correlated_levels(fractions, spent)
    ratio = np.minimum.outer(fractions, fractions) / np.maximum.outer(fractions, fractions)
    assert crossing(levels, np.sqrt(ratio)) == pytest.approx(0.05, abs=0.001)
    variances = 0.3 + 0.7 / fractions
    stays = np.sqrt(np.minimum.outer(variances, variances) / np.maximum.outer(variances, variances))
    assert crossing(levels, stays) < 0.05


def test_they_are_above_each_looks_own_part_and_below_what_one_look_alone_could_use():
    spent = (0.005, 0.012, 0.025, 0.05)
    levels = correlated_levels((0.2, 0.4, 0.7, 1.0), spent)
    parts = np.diff((0.0, *spent))
    assert levels[0] == pytest.approx(spent[0])
    assert all(part < level < used for part, level, used in zip(parts[1:], levels[1:], spent[1:], strict=True))


def test_one_look_has_all_of_it():
    assert correlated_levels((1.0,), (0.05,)) == pytest.approx((0.05,))


def test_what_is_less_than_a_bound_can_be_held_at_is_left_to_later_looks():
    levels = correlated_levels((0.1, 0.5, 1.0), (0.0004, 0.02, 0.05))
    assert levels[0] == 0.0
    assert levels[1] == pytest.approx(0.02)


@pytest.mark.parametrize(
    ("fractions", "spent", "said"),
    [
        ((0.5, 0.5), (0.01, 0.05), "fractions"),
        ((0.5, 1.0), (0.05,), "fractions"),
        ((0.5, 1.2), (0.01, 0.05), "fractions"),
        ((0.5, 1.0), (0.05, 0.01), "spent"),
        ((0.5, 1.0), (0.05, 0.6), "spent"),
    ],
)
def test_what_does_not_grow_is_refused(fractions, spent, said):
    with pytest.raises(ValueError, match=said):
        correlated_levels(fractions, spent)


def crossed(fractions, critical):
    """The probability of having crossed at each look or before, from the joint normal law of all looks."""
    correlation = np.sqrt(np.minimum.outer(fractions, fractions) / np.maximum.outer(fractions, fractions))
    stays = [
        multivariate_normal(cov=correlation[:count, :count]).cdf(critical[:count], rng=0)
        for count in range(1, len(fractions) + 1)
    ]
    return 1 - np.array(stays)


def test_uneven_looks_spend_what_they_are_given():
    fractions, spent = np.array([0.1, 0.15, 0.6, 1]), np.array([0.01, 0.011, 0.02, 0.1])
    assert crossed(fractions, -ndtri(correlated_levels(fractions, spent))) == pytest.approx(spent, abs=2e-5)
