"""pass^k and pass@k, against numbers from outside and against exact enumeration."""

from __future__ import annotations

from fractions import Fraction
from itertools import combinations
from math import comb

import numpy as np
import pytest

from quantgate.evals.stats.describe.pass_k import pass_at_k, pass_hat_k


def chens_estimator(n: int, c: int, k: int) -> float:
    """The numerically stable form that Chen et al. 2021 print as figure 3 of the paper."""
    if n - c < k:
        return 1.0
    return float(1.0 - np.prod(1.0 - k / np.arange(n - c + 1, n + 1)))


@pytest.mark.parametrize(
    ("n", "c", "k"), [(200, 13, 1), (200, 13, 10), (200, 13, 100), (4, 1, 2), (4, 4, 4), (4, 0, 3)]
)
def test_pass_at_k_is_the_papers_own_code(n, c, k):
    assert pass_at_k([c], n, k) == pytest.approx(chens_estimator(n, c, k), rel=1e-12)


def test_pass_hat_k_of_four_trials_worked_by_hand():
    # Of the six pairs of four trials, one is without failure when two succeed, three when three do.
    assert pass_hat_k([2], 4, 2) == pytest.approx(1 / 6)
    assert pass_hat_k([3], 4, 2) == pytest.approx(1 / 2)
    assert pass_hat_k([3], 4, 4) == 0.0
    assert pass_hat_k([4, 3, 2, 0], 4, 1) == pytest.approx(9 / 16)


@pytest.mark.parametrize("k", [1, 2, 3, 5])
def test_both_count_the_subsets_of_trials(k):
    n, c = 5, 3
    outcomes = [True] * c + [False] * (n - c)
    subsets = list(combinations(outcomes, k))
    assert pass_hat_k([c], n, k) == pytest.approx(sum(map(all, subsets)) / len(subsets))
    assert pass_at_k([c], n, k) == pytest.approx(sum(map(any, subsets)) / len(subsets))


@pytest.mark.parametrize("k", [1, 2, 4])
def test_both_are_unbiased_over_every_outcome_of_four_trials(k):
    n, p = 4, Fraction(3, 10)
    chance = [comb(n, c) * p**c * (1 - p) ** (n - c) for c in range(n + 1)]
    hat = sum(float(weight) * pass_hat_k([c], n, k) for c, weight in enumerate(chance))
    at = sum(float(weight) * pass_at_k([c], n, k) for c, weight in enumerate(chance))
    assert hat == pytest.approx(float(p**k))
    assert at == pytest.approx(float(1 - (1 - p) ** k))


def test_tasks_may_have_unequal_numbers_of_trials():
    assert pass_hat_k([2, 3], [2, 4], 2) == pytest.approx((1 + 1 / 2) / 2)
    assert pass_at_k([1, 0], [2, 4], 2) == pytest.approx(1 / 2)


@pytest.mark.parametrize(
    ("successes", "trials", "k"),
    [([], 4, 1), ([5], 4, 1), ([-1], 4, 1), ([2], 4, 0), ([2], 4, 5), ([2, 2], [4, 1], 2), ([2, 2], [4], 1)],
)
def test_what_cannot_be_is_refused(successes, trials, k):
    for estimate in (pass_hat_k, pass_at_k):
        with pytest.raises(ValueError):
            estimate(successes, trials, k)
