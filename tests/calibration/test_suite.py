"""The mean over tasks of unlike sizes and weights passes what it should not at most as often as it says."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from scipy.stats import binom

from quantgate.evals.stats.bayesian.stratified import StratifiedMean
from quantgate.evals.stats.strata import Stratum

MOST = 12


def lower_bounds(sizes, shares, won):
    """The bound of every outcome of up to `MOST` lost items in either task; those `won` gain a point where not lost."""
    bounds = np.empty([min(MOST, size) + 1 for size in sizes])
    for lost in np.ndindex(bounds.shape):
        strata = [
            Stratum(share, np.array([top - 1.0] * count + [top] * (size - count)), np.ones(size))
            for size, share, top, count in zip(sizes, shares, won, lost, strict=True)
        ]
        bounds[lost] = StratifiedMean(sorted(strata, key=lambda each: each.key), 10_000).lower_bound(0.05)
    return bounds


@pytest.mark.slow
@pytest.mark.parametrize("won", [(0.0, 0.0), (1.0, 0.0)], ids=["losses alone", "losses that gains cancel"])
@pytest.mark.parametrize(
    ("sizes", "weights"), [((20, 198), (1, 1)), ((20, 198), (10, 1)), ((20, 198), (1, 10)), ((60, 90), (1, 1))]
)
def test_no_true_rates_of_loss_in_two_tasks_pass_too_often(sizes, weights, won):
    shares = [weight / sum(weights) for weight in weights]
    bounds = lower_bounds(sizes, shares, won)
    worst = 0.0
    for rates in itertools.product(*(np.append(0, np.geomspace(0.15, 9, 20)) / size for size in sizes)):
        truth = sum(share * (top - rate) for share, top, rate in zip(shares, won, rates, strict=True))
        chance = np.multiply.outer(
            *(
                binom.pmf(np.arange(count), *of)
                for count, of in zip(bounds.shape, zip(sizes, rates, strict=True), strict=True)
            )
        )
        worst = max(worst, float(chance[bounds > truth + 1e-12].sum()))
    assert worst <= 0.055
