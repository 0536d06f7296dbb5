"""Levels of looks at a Brownian motion, held against published boundaries and another way to compute them."""

import numpy as np
import pytest
from scipy.special import ndtr, ndtri
from scipy.stats import multivariate_normal

from quantgate.evals.stats.sequential.asymptotic import asymptotic_levels


def crossed(fractions, critical):
    """The probability of having crossed at each look or before, from the joint normal law of all looks."""
    correlation = np.sqrt(np.minimum.outer(fractions, fractions) / np.maximum.outer(fractions, fractions))
    stays = [
        multivariate_normal(cov=correlation[:count, :count]).cdf(critical[:count], rng=0)
        for count in range(1, len(fractions) + 1)
    ]
    return 1 - np.array(stays)


@pytest.mark.parametrize(
    ("looks", "critical"),
    [
        (2, (2.178, 2.178)),
        (5, (2.413,) * 5),
        (5, tuple(2.040 * np.sqrt(5 / np.arange(1, 6)))),
    ],
    ids=["Pocock, two looks", "Pocock, five looks", "O'Brien and Fleming, five looks"],
)
def test_published_boundaries_come_out_of_what_they_spend(looks, critical):
    fractions = np.arange(1, looks + 1) / looks
    spent = crossed(fractions, np.array(critical))
    assert spent[-1] == pytest.approx(0.025, abs=2e-5), "the constants are one-sided 2.5 %"
    assert -ndtri(asymptotic_levels(fractions, spent)) == pytest.approx(critical, abs=2e-3)


def test_uneven_looks_spend_what_they_are_given():
    fractions, spent = np.array([0.1, 0.15, 0.6, 1]), np.array([0.01, 0.011, 0.02, 0.1])
    assert crossed(fractions, -ndtri(asymptotic_levels(fractions, spent))) == pytest.approx(spent, abs=2e-5)


def test_one_look_has_all_of_alpha():
    assert asymptotic_levels((1,), (0.05,)) == (0.05,)


def test_a_level_is_more_than_its_own_share_and_less_than_all_that_is_spent():
    spent = (0.01, 0.02, 0.05)
    levels = asymptotic_levels((0.3, 0.6, 1), spent)
    assert levels[0] == 0.01
    assert all(share < level < limit for share, level, limit in zip((0.01, 0.03), levels[1:], spent[1:], strict=True))


def test_many_looks_are_as_exact_as_few():
    fractions = np.arange(1, 101) / 100
    spent = 0.05 * fractions
    levels = asymptotic_levels(fractions, spent)
    rng = np.random.default_rng(0)
    paths = rng.standard_normal((20_000, 100)).cumsum(axis=1) / np.sqrt(np.arange(1, 101))
    rate = float((ndtr(-paths) < np.array(levels)).any(axis=1).mean())
    assert rate == pytest.approx(0.05, abs=4 * np.sqrt(0.05 * 0.95 / 20_000))
