"""Descriptive intervals: published values, agreement with brute force and with scipy, symmetry."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom, bootstrap
from scipy.stats.contingency import association

from quantgate.evals.stats import bonett_price_interval, bootstrap_interval, newcombe_interval
from quantgate.evals.stats.describe.resampled_mean import exact_distribution

METHODS = ["percentile", "basic", "bca"]
few = settings(deadline=None, max_examples=40)
score_differences = st.integers(1, 12).flatmap(
    lambda k: st.lists(st.integers(-k, k).map(lambda steps: steps / k), min_size=1, max_size=60)
)


def flips(losses, gains, n):
    return np.concatenate([-np.ones(losses), np.ones(gains), np.zeros(n - losses - gains)])


# Bootstrap


def test_the_distribution_is_that_of_all_resamples():
    values = np.array([-1.0, 0.25, 0.25, 0.75, 0.0])
    found = exact_distribution(values)
    means = np.array([sum(sample) / 5 for sample in itertools.product(values, repeat=5)])
    for point in np.unique(means):
        assert found.probabilities[np.isclose(found.points, point)].sum() == pytest.approx((means == point).mean())


def test_the_distribution_of_losses_alone_is_binomial():
    found = exact_distribution(flips(17, 0, 1319))
    counts = np.round(-found.points * 1319)
    assert found.probabilities == pytest.approx(binom.pmf(counts, 1319, 17 / 1319), abs=1e-13)


@pytest.mark.slow
@pytest.mark.parametrize("k", [3, 7, 16, 64, 1000])
@pytest.mark.parametrize("n", [2, 50, 20_000])
def test_mean_and_variance_of_the_distribution_are_those_of_theory(n, k):
    values = np.random.default_rng(n + k).integers(-k, k + 1, n) / k
    found = exact_distribution(values)
    mean = found.probabilities @ found.points
    assert mean == pytest.approx(values.mean(), abs=1e-11)
    assert found.probabilities @ (found.points - mean) ** 2 == pytest.approx(values.var() / n, rel=1e-6)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(
    "values",
    [
        flips(6, 2, 198),
        np.random.default_rng(0).integers(-4, 4, 60) / 16,
        np.random.default_rng(2).uniform(-1, 0.5, 40),
    ],
    ids=["0/1", "16 repeats", "continuous"],
)
def test_intervals_agree_with_scipys_simulation(values, method):
    draws = 20_000
    theirs = bootstrap(
        (values,), np.mean, n_resamples=draws, confidence_level=0.9, method=method, rng=np.random.default_rng(1)
    ).confidence_interval
    # Of their simulation; BCa doubles it, for its bias is simulated too. And two grid points.
    noise = 8 * values.std() / math.sqrt(len(values)) * math.sqrt(0.05 * 0.95 / draws) / 0.103
    assert bootstrap_interval(values, confidence=0.9, method=method) == pytest.approx(
        tuple(theirs), abs=noise + 2 / (16 * len(values))
    )


def test_draws_show_what_a_simulation_would():
    values = np.random.default_rng(0).integers(-4, 4, 60) / 16
    exact = np.array(bootstrap_interval(values))
    simulated = np.array([bootstrap_interval(values, draws=2000, seed=seed) for seed in range(200)])
    assert simulated.mean(axis=0) == pytest.approx(exact, abs=1e-3)
    assert simulated.std(axis=0).max() > 0
    assert bootstrap_interval(values, draws=2000, seed=3) == tuple(simulated[3])


@pytest.mark.parametrize("method", METHODS)
def test_equal_differences_give_a_point_which_is_why_this_decides_nothing(method):
    assert bootstrap_interval(np.zeros(20), method=method) == (0.0, 0.0)
    assert bootstrap_interval([0.3], method=method) == (0.3, 0.3)


@few
@given(score_differences, st.sampled_from(METHODS))
def test_exchanging_the_builds_mirrors_the_interval(values, method):
    lower, upper = bootstrap_interval(values, method=method)
    mirrored = bootstrap_interval([-value for value in values], method=method)
    assert mirrored == pytest.approx((-upper, -lower), abs=1e-12)


@few
@given(score_differences, st.sampled_from(METHODS), st.randoms(use_true_random=False))
def test_the_order_of_items_changes_nothing_to_the_bit(values, method, random):
    shuffled = random.sample(values, len(values))
    for draws in (None, 100):
        assert bootstrap_interval(shuffled, method=method, draws=draws) == bootstrap_interval(
            values, method=method, draws=draws
        )


@pytest.mark.slow
@few
@given(score_differences, st.sampled_from(METHODS))
def test_a_higher_confidence_gives_a_wider_interval(values, method):
    narrow = bootstrap_interval(values, confidence=0.5, method=method)
    wide = bootstrap_interval(values, confidence=0.99, method=method)
    assert wide[0] <= narrow[0] <= narrow[1] <= wide[1]


def test_a_million_items_are_no_burden():
    values = np.random.default_rng(5).integers(-16, 17, 1_000_000) / 16
    error = values.std() / 1000
    assert bootstrap_interval(values) == pytest.approx(
        (values.mean() - 1.959964 * error, values.mean() + 1.959964 * error), abs=1e-6
    )


@pytest.mark.parametrize(
    ("values", "arguments", "message"),
    [
        ([], {}, "differences is empty"),
        ([0, math.nan], {}, r"differences\[1\] is nan"),
        ([0, 1], {"confidence": 1.0}, "confidence must lie"),
        ([0, 1], {"method": "studentized"}, "method must be one of percentile, basic, bca"),
        ([0, 1], {"draws": 10}, "draws must be at least 100"),
    ],
)
def test_bootstrap_refuses_what_it_cannot_use(values, arguments, message):
    with pytest.raises(ValueError, match=message):
        bootstrap_interval(values, **arguments)


# Newcombe, and Bonett and Price


@pytest.mark.parametrize(
    ("both_right", "gains", "losses", "both_wrong", "lower", "upper"),
    # Newcombe 1998, table III, method 10, cells e, f, g, h: the candidate is his first sample. One of his rows is left
    # out: (1, 97, 1, 1) is handed on as 0.8736 to 0.9850, where the formula gives 0.87367. The last row: the tests of
    # the R package contingencytables (Fagerland, Lydersen and Laake 2017) for Cavo et al. 2012, row - column.
    [
        (36, 12, 2, 0, 0.0569, 0.3404),
        (20, 12, 2, 16, 0.0562, 0.3292),
        (18, 12, 2, 18, 0.0562, 0.3290),
        (36, 14, 0, 0, 0.1528, 0.4167),
        (35, 14, 0, 1, 0.1461, 0.4175),
        (18, 14, 0, 18, 0.1441, 0.3963),
        (2, 97, 1, 0, 0.8721, 0.9854),
        (0, 30, 0, 0, 0.8395, 1.0),
        (54, 0, 0, 0, -0.0664, 0.0664),
        (30, 0, 0, 24, -0.0358, 0.0358),
        (59, 6, 16, 80, -0.1186, -0.0046),
    ],
)
def test_newcombe_has_published_values(both_right, gains, losses, both_wrong, lower, upper):
    found = newcombe_interval(losses, gains, both_right + gains + losses + both_wrong, both_right)
    assert tuple(round(limit, 4) for limit in found) == (lower, upper)


def test_bonett_price_has_the_published_value():
    # The tests of the R package contingencytables for Cavo et al. 2012, cells 59, 6, 16, 80, row - column.
    assert tuple(round(limit, 4) for limit in bonett_price_interval(16, 6, 161)) == (-0.1195, -0.0032)


def test_bonett_price_is_walds_interval_of_the_table_with_a_loss_and_a_gain_more():
    values = flips(6, 3, 52)
    reach = 1.959963984540054 * values.std() / math.sqrt(52)
    assert bonett_price_interval(5, 2, 50) == pytest.approx((values.mean() - reach, values.mean() + reach), abs=1e-12)


def test_newcombe_without_correlation_is_that_of_independent_proportions():
    # Cells 4, 4, 4, 4 have phi = 0: the distances to Wilson's limits add up as squares.
    z = 1.959963984540054
    reach = z * math.sqrt(8 * 8 / 16 + z**2 / 4) / (16 + z**2)
    assert newcombe_interval(4, 4, 16, 4) == pytest.approx((-math.sqrt(2) * reach, math.sqrt(2) * reach))


def test_newcombe_uses_the_phi_coefficient_with_newcombes_correction():
    losses, gains, n, both_right = 3, 2, 100, 60
    table = np.array([[both_right, losses], [gains, n - losses - gains - both_right]])
    phi = association(table, method="cramer") - (n / 2) / math.sqrt(math.prod([*table.sum(axis=0), *table.sum(axis=1)]))
    z = 1.959963984540054

    def wilson(right, sign):
        return (right + z**2 / 2 + sign * z * math.sqrt(right * (n - right) / n + z**2 / 4)) / (n + z**2)

    down, up = 0.62 - wilson(62, -1), wilson(63, 1) - 0.63
    expected = -0.01 - math.sqrt(down**2 + up**2 - 2 * phi * down * up)
    assert newcombe_interval(losses, gains, n, both_right)[0] == pytest.approx(expected, abs=1e-12)


def test_newcombe_of_two_perfect_builds():
    # No variance, no phi: both Wilson intervals are n/(n + z^2) to 1.
    z = 1.959963984540054
    assert newcombe_interval(0, 0, 20, 20)[0] == pytest.approx(-(z**2) / (20 + z**2))


cells = st.integers(1, 300).flatmap(
    lambda n: st.tuples(*[st.integers(0, n)] * 3).filter(lambda c: sum(c) <= n).map(lambda c: (*c, n))
)


@few
@given(cells)
def test_exchanging_the_builds_mirrors_the_closed_forms(table):
    losses, gains, both_right, n = table
    lower, upper = newcombe_interval(losses, gains, n, both_right)
    assert newcombe_interval(gains, losses, n, both_right) == pytest.approx((-upper, -lower), abs=1e-14)
    assert -1 <= lower <= (gains - losses) / n <= upper <= 1
    lower, upper = bonett_price_interval(losses, gains, n)
    assert bonett_price_interval(gains, losses, n) == (-upper, -lower)
    assert -1 <= lower <= upper <= 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((3, 3, 5, 0), "exceeds n = 5"),
        ((1, 1, 5, 4), "both_right must lie between 0 and n - losses - gains = 3"),
        ((1, 1, 5, -1), "both_right must lie"),
        ((1, 1, 5, 0.5), "both_right must be a whole number"),
        ((1, 1, 5, 1, 1.0), "confidence must lie"),
    ],
)
def test_newcombe_refuses_impossible_tables(arguments, message):
    with pytest.raises(ValueError, match=message):
        newcombe_interval(*arguments)


def test_bonett_price_refuses_impossible_counts():
    with pytest.raises(ValueError, match="must not be negative"):
        bonett_price_interval(-1, 0, 5)
