"""Plain bootstrap bounds, against scipy's and by what they must do on degenerate data."""

import numpy as np
import pytest
from scipy.stats import bootstrap as scipy_bootstrap

from quantgate.evals.stats.bootstrap.bounds import Bootstrap, bootstrap_bounds, lower_bound
from quantgate.evals.stats.bootstrap.resampling import resampled_t
from quantgate.evals.stats.strata import split_strata

FLIPS = np.repeat([-1.0, 0.0, 1.0], [36, 1260, 23])
STRATA = ["a"] * 20 + ["b"] * 60


def fractions(n, seed=0):
    rng = np.random.default_rng(seed)
    return (rng.binomial(4, 0.8, n) - rng.binomial(4, 0.9, n)) / 4


def bounds(values, method, **options):
    found = bootstrap_bounds(values, values, method, **options)
    return found.lower, found.upper


@pytest.mark.parametrize("method", [Bootstrap.PERCENTILE, Bootstrap.BCA])
def test_one_pool_is_bounded_as_scipy_does_with_many_resamples(method):
    values = fractions(60)
    name = {"percentile": "percentile", "bca": "BCa"}[method.value]
    theirs = scipy_bootstrap(
        (values,), np.mean, confidence_level=0.9, method=name, n_resamples=20_000, batch=1000, random_state=1
    ).confidence_interval
    assert bounds(values, method) == pytest.approx((theirs.low, theirs.high), abs=0.006)


def test_strata_are_resampled_each_by_itself():
    values = fractions(80, 2)
    theirs = scipy_bootstrap(
        (values[:20], values[20:]),
        lambda a, b, axis: (a.mean(axis) + b.mean(axis)) / 2,
        confidence_level=0.9,
        method="percentile",
        random_state=1,
    ).confidence_interval
    ours = bounds(values, Bootstrap.PERCENTILE, strata=STRATA)
    assert ours == pytest.approx((theirs.low, theirs.high), abs=0.006)
    assert bounds(values, Bootstrap.PERCENTILE) != pytest.approx(ours, abs=0.003)


@pytest.mark.parametrize("method", Bootstrap)
def test_items_that_are_alike_in_threes_are_a_third_as_many(method):
    values = fractions(50)
    alike = np.repeat(values, 3)
    clusters = [str(place // 3) for place in range(150)]
    assert bounds(alike, method, clusters=clusters) == pytest.approx(bounds(values, method), abs=0.004)
    assert bounds(alike, method)[0] > bounds(values, method)[0] + 0.01


@pytest.mark.parametrize("method", Bootstrap)
def test_equal_builds_exchanged_have_mirrored_bounds(method):
    values, strata = fractions(80), STRATA
    lower, upper = bounds(values, method, strata=strata)
    assert bounds(-values, method, strata=strata) == (-upper, -lower)


@pytest.mark.parametrize("method", Bootstrap)
def test_equal_data_give_equal_bounds_whatever_their_order(method):
    values = fractions(50)
    shuffled = np.random.default_rng(3).permutation(values)
    assert bounds(values, method) == bounds(shuffled, method)


@pytest.mark.parametrize("method", Bootstrap)
def test_missing_answers_count_for_the_worst_on_either_side(method):
    low = np.repeat([-1.0, 0.0], [6, 94])
    high = np.repeat([1.0, -1.0, 0.0], [3, 3, 94])
    found = bootstrap_bounds(low, high, method)
    assert (found.lower, found.upper) == (bounds(low, method)[0], bounds(high, method)[1])


@pytest.mark.parametrize("value", [0.0, -1.0, 0.25])
def test_where_no_two_items_differ_only_the_percentile_bootstrap_has_a_bound(value):
    equal = np.full(20, value)
    assert bounds(equal, Bootstrap.PERCENTILE) == (value, value)
    assert bounds(equal, Bootstrap.BCA) == (None, None)
    assert bounds(equal, Bootstrap.STUDENTISED) == (None, None)
    assert bounds(equal[:1], Bootstrap.STUDENTISED) == (None, None)


@pytest.mark.parametrize("method", Bootstrap)
@pytest.mark.parametrize("values", [[-1.0, 0.0], [-1.0] * 19 + [0.0], [0.0] * 19 + [1.0], [1.0, -1.0]])
def test_few_and_lopsided_data_give_numbers(method, values):
    lower, upper = bounds(np.array(values), method)
    assert -1 <= lower <= np.mean(values) <= upper <= 1


def test_resamples_without_a_spread_never_make_a_studentised_bound_narrower():
    # One loss of 50: 36% of the resamples have none, and no bound is above the worst.
    units = split_strata(np.repeat([-1.0, 0.0], [1, 49]), None, None)
    assert np.isinf(resampled_t(units)).mean() == pytest.approx(0.98**50, abs=0.02)
    assert lower_bound(units, Bootstrap.STUDENTISED, 0.05) == -1.0


def test_the_studentised_bound_is_students_for_many_items():
    values = np.random.default_rng(0).normal(0, 0.2, 4000).clip(-1, 1)
    lower, upper = bounds(values, Bootstrap.STUDENTISED)
    error = values.std(ddof=1) / np.sqrt(4000)
    assert (lower, upper) == pytest.approx((values.mean() - 1.645 * error, values.mean() + 1.645 * error), abs=2e-4)


@pytest.mark.slow
@pytest.mark.parametrize("method", Bootstrap)
def test_a_hundred_thousand_items_take_seconds_and_little_memory(method):
    values = np.random.default_rng(0).uniform(-1, 1, 100_000)
    lower, upper = bounds(values, method, clusters=[str(place // 3) for place in range(100_000)])
    assert lower < values.mean() < upper
