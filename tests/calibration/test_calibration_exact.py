"""False passes of the exact test, by enumeration: a build exactly the margin worse passes 5% of the time at most."""

import numpy as np
import pytest
from scipy.stats import multinomial

from quantgate.evals.stats import bayesian_lower_bound, exact_lower_bound
from quantgate.evals.stats.bootstrap.bounds import bootstrap_bounds
from quantgate.evals.stats.bootstrap.outcomes import passes
from quantgate.evals.stats.calibration import (
    Method,
    discordance_grid,
    false_pass_rates,
    naive_lower_bound,
    worst_false_pass,
)

pytestmark = pytest.mark.slow

ALPHA = 0.05
RESAMPLED = 0.01
"""So near the margin a bound of 9,999 resamples may lie on the other side than the limit of many, which is summed."""


@pytest.mark.parametrize("margin", [0.01, 0.02, 0.03, 0.05])
@pytest.mark.parametrize("n", [20, 50, 114, 198])
def test_a_build_exactly_the_margin_worse_passes_at_most_alpha(n, margin):
    rates = false_pass_rates(Method.EXACT, n, margin, discordance_grid(margin, 400))
    assert rates.max() <= ALPHA + 1e-9
    assert rates.max() > 0.04, "little is given away, or the rate would say nothing"


@pytest.mark.parametrize(("n", "margin"), [(400, 0.02), (400, 0.05), (1319, 0.01), (1319, 0.02)])
def test_nor_at_the_sizes_of_real_benchmarks(n, margin):
    assert 0.04 < worst_false_pass(Method.EXACT, n, margin, size=300).rate <= ALPHA + 1e-9


@pytest.mark.parametrize("alpha", [0.01, 0.1])
def test_nor_at_another_alpha(alpha):
    assert worst_false_pass(Method.EXACT, 114, 0.05, alpha).rate <= alpha + 1e-9


@pytest.mark.parametrize(("margin", "enough"), [(0.01, 299), (0.02, 149), (0.03, 99), (0.05, 59)])
def test_no_flip_at_all_passes_from_the_stated_number_of_items_on_and_never_below(margin, enough):
    assert exact_lower_bound(0, 0, enough) > -margin
    for n in range(1, enough):
        assert exact_lower_bound(0, 0, n) <= -margin


@pytest.mark.parametrize("method", list(Method))
def test_the_sum_over_outcomes_is_the_sum_over_outcomes(method):
    """Each of the 231 outcomes of 20 items decided one by one by the bounds themselves, with scipy's multinomial."""
    n, margin = 20, 0.15
    losses, gains = (a.ravel() for a in np.mgrid[: n + 1, : n + 1])
    held = losses + gains <= n
    outcomes = np.column_stack([losses, gains, n - losses - gains])[held]
    passing = [outcome for outcome in outcomes if passes_alone(method, *map(int, outcome), margin)]
    for psi in (0.15, 0.2, 0.5, 1.0):
        rates = [(psi + margin) / 2, (psi - margin) / 2, 1 - psi]
        rate = multinomial.pmf(passing, n, rates).sum()
        assert false_pass_rates(method, n, margin, np.array([psi]))[0] == pytest.approx(rate, abs=1e-9)


def passes_alone(method, losses, gains, ties, margin):
    bound = lower_bound(method, losses, gains, ties)
    if method is Method.STUDENTISED and abs(bound + margin) < RESAMPLED:
        return passes(method.bootstrap, losses, gains, losses + gains + ties, margin, ALPHA)
    return bound > -margin


def lower_bound(method, losses, gains, ties):
    values = [-1.0] * losses + [1.0] * gains + [0.0] * ties
    bounds = {
        Method.EXACT: lambda: exact_lower_bound(int(losses), int(gains), len(values)),
        Method.BAYESIAN: lambda: bayesian_lower_bound(values),
        Method.NAIVE: lambda: naive_lower_bound(values),
    }
    if method not in bounds:
        found = bootstrap_bounds(values, values, method.bootstrap).lower
        return bounds[Method.EXACT]() if found is None else found
    return bounds[method]()


def test_the_naive_bound_is_what_resampling_finds():
    values = np.array([-1.0] * 12 + [1.0] * 5 + [0.0] * 103)
    rng = np.random.default_rng(1)
    drawn = rng.multinomial(len(values), [12 / 120, 5 / 120, 103 / 120], size=200_000)
    resampled = np.quantile((drawn[:, 1] - drawn[:, 0]) / len(values), ALPHA, method="inverted_cdf")
    assert naive_lower_bound(values) == pytest.approx(resampled, abs=1e-12)


@pytest.mark.parametrize(
    ("n", "margin", "rate"),
    [
        (20, 0.01, 0.818),
        (20, 0.05, 0.358),
        (50, 0.01, 0.605),
        (50, 0.03, 0.218),
        (114, 0.01, 0.318),
        (114, 0.03, 0.140),
        (198, 0.01, 0.137),
        (198, 0.02, 0.092),
        (400, 0.01, 0.090),
        (1319, 0.02, 0.083),
    ],
)
def test_the_naive_percentile_bootstrap_passes_such_a_build_far_more_often(n, margin, rate):
    """The first table of the project's measurements of it, made independently of this code."""
    found = worst_false_pass(Method.NAIVE, n, margin)
    assert found.rate == pytest.approx(rate, abs=0.01)
    assert found.rate > 0.055


def test_where_all_flips_are_losses_the_naive_rate_is_that_of_seeing_none():
    assert false_pass_rates(Method.NAIVE, 20, 0.01, np.array([0.01]))[0] == pytest.approx(0.99**20)


@pytest.mark.parametrize(("n", "margin"), [(20, 0.05), (50, 0.03), (198, 0.02), (400, 0.01)])
def test_the_plus_one_bound_holds_for_single_answers_too(n, margin):
    assert worst_false_pass(Method.BAYESIAN, n, margin).rate <= ALPHA + 1e-9


@pytest.mark.parametrize(("n", "margin", "alpha"), [(0, 0.02, 0.05), (9999, 0.02, 0.05), (50, 0, 0.05), (50, 0.02, 0)])
def test_what_cannot_be_enumerated_is_refused(n, margin, alpha):
    with pytest.raises(ValueError, match=r"must be|must lie"):
        false_pass_rates(Method.EXACT, n, margin, np.array([0.5]), alpha)
