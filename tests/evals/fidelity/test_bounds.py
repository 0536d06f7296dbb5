"""Bounds of mean agreement and mean divergence over documents."""

import numpy as np
import pytest

from quantgate.evals.fidelity.bounds import agreement_bounds, kl_bounds
from quantgate.stats import bayesian_lower_bound


def test_the_lower_bound_of_agreement_is_that_of_the_house():
    values = -np.linspace(0, 0.2, 30)
    found = agreement_bounds(values, values, 0.05)
    assert found.lower == pytest.approx(bayesian_lower_bound(values), abs=1e-9)
    assert found.estimate == pytest.approx(values.mean())


def test_no_document_agrees_in_more_than_all_its_positions():
    values = np.full(20, -0.02)
    assert -0.02 < agreement_bounds(values, values, 0.05).upper < 0


def test_full_agreement_of_few_documents_shows_little():
    found = agreement_bounds(np.zeros(50), np.zeros(50), 0.05)
    assert found.lower == pytest.approx(-(1 - 0.05 ** (1 / 50)), abs=1e-6)


def test_missing_documents_count_for_the_worst_on_either_side():
    low, high = np.array([-1.0] + [0.0] * 99), np.zeros(100)
    found = agreement_bounds(low, high, 0.05)
    assert (found.estimate, found.missing) == pytest.approx((-0.01, 0.01))
    assert found.upper == pytest.approx(0, abs=1e-9)
    kl = kl_bounds(np.zeros(100), np.array([1.0] + [0.0] * 99), 0.05)
    assert kl.lower == pytest.approx(0, abs=1e-6)
    assert kl.missing == pytest.approx(0.01)


def test_the_order_of_documents_does_not_matter():
    values = np.random.default_rng(1).exponential(0.03, 80)
    assert kl_bounds(values, values, 0.05) == kl_bounds(values[::-1], values[::-1], 0.05)


def test_a_clipped_document_is_counted_and_leaves_the_lower_bound_true():
    values = np.array([5.0] + [0.01] * 99)
    found = kl_bounds(values, values, 0.05)
    assert found.clipped == 0.01
    assert found.estimate == pytest.approx(values.mean())
    assert found.lower < 0.02 < found.upper


def test_documents_of_one_text_are_one_unit():
    values = np.tile([0.0, 0.1], 50)
    alone = kl_bounds(values, values, 0.05)
    together = kl_bounds(values, values, 0.05, clusters=[f"text {number // 10}" for number in range(100)])
    assert together.upper > alone.upper


@pytest.mark.slow
def test_the_bound_of_heavy_tailed_divergence_misses_no_more_often_than_alpha():
    draw = np.random.default_rng(5)
    misses = 0
    for _ in range(150):
        values = np.where(draw.random(60) < 0.03, draw.pareto(1.1, 60) + 0.3, 0.01)
        # The mean of what counts for 1 at most: 0.97 * 0.01 + 0.03 * E min(pareto + 0.3, 1).
        tail = 0.3 + (1 - 1.7 ** (-0.1)) / 0.1
        misses += kl_bounds(values, values, 0.05).upper < 0.97 * 0.01 + 0.03 * tail
    assert misses <= 150 * 0.05 + 3 * (150 * 0.05 * 0.95) ** 0.5
