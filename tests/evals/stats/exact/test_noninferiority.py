"""The exact test's p-value: reference values, and agreement with brute force over all outcomes and a dense grid."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import gammaln, xlogy
from scipy.stats import binomtest

from quantgate.evals.stats import exact_pvalue, noninferiority_pvalue, score_statistic
from quantgate.evals.stats.exact.noninferiority import largest_pvalue, passes
from quantgate.evals.stats.exact.nuisance import GAMMA, discordance_interval
from quantgate.evals.stats.exact.supremum import fixed_difference, maximise
from quantgate.evals.stats.exact.tango import most_losses_reaching
from quantgate.evals.stats.exact.trinomial import RejectionSet, likely_gains, tail_probability


@pytest.mark.parametrize(
    ("losses", "gains", "n", "margin", "expected"),
    [
        (36, 23, 1319, 0.02, 0.046152),
        (36, 23, 1319, 0.01, 0.525570),
        (6, 2, 198, 0.05, 0.044183),
        (6, 2, 198, 0.03, 0.301288),  # .301287 on a grid of 200 rates; this is the supremum
        (2, 0, 200, 0.03, 0.059391),
        (2, 0, 200, 0.05, 0.002436),
        (0, 0, 99, 0.03, 0.049123),
        (0, 0, 98, 0.03, 0.050639),
    ],
)
def test_reference_values(losses, gains, n, margin, expected):
    assert noninferiority_pvalue(losses, gains, n, margin) == pytest.approx(expected, abs=5.1e-7)


@pytest.mark.parametrize(
    ("n", "margin", "gains", "most_losses"),
    [
        *[(198, 0.05, c, b) for c, b in ((0, 4), (2, 6), (5, 8), (10, 11))],
        *[(1319, 0.02, c, b) for c, b in ((0, 17), (5, 21), (10, 25), (20, 33))],
    ],
)
def test_largest_number_of_losses_that_passes(n, margin, gains, most_losses):
    assert noninferiority_pvalue(most_losses, gains, n, margin) < 0.05
    assert noninferiority_pvalue(most_losses + 1, gains, n, margin) >= 0.05


def test_fifty_items_without_a_flip_do_not_show_five_points():
    assert noninferiority_pvalue(0, 0, 50, 0.05) >= 0.05


def test_without_flips_the_p_value_is_the_chance_of_none_at_the_margin():
    assert noninferiority_pvalue(0, 0, 99, 0.03) == pytest.approx(0.97**99 + GAMMA, abs=1e-12)


def brute_force(losses, gains, n, null_difference, cells=20_000):
    """The p-value by summing over every outcome, at each of many discordance rates."""
    b, c = (a.ravel() for a in np.meshgrid(np.arange(n + 1), np.arange(n + 1), indexing="ij"))
    b, c = b[b + c <= n], c[b + c <= n]
    observed = score_statistic(losses, gains, n, null_difference)
    chosen = score_statistic(b, c, n, null_difference) >= observed - 1e-9
    b, c = b[chosen], c[chosen]
    flips = binomtest(losses + gains, n).proportion_ci(1 - GAMMA, method="exact")
    largest = 0.0
    for psi in np.array_split(np.linspace(max(flips.low, abs(null_difference)), flips.high, cells + 1), 50):
        p_loss, p_gain = (psi[:, None] - null_difference) / 2, (psi[:, None] + null_difference) / 2
        log_pmf = gammaln(n + 1) - gammaln(b + 1) - gammaln(c + 1) - gammaln(n - b - c + 1)
        log_pmf = log_pmf + xlogy(b, np.maximum(p_loss, 0)) + xlogy(c, np.maximum(p_gain, 0))
        largest = max(largest, float(np.exp(log_pmf + xlogy(n - b - c, 1 - psi[:, None])).sum(axis=1).max()))
    return min(largest + GAMMA, 1.0)


@pytest.mark.parametrize(
    ("losses", "gains", "n", "null_difference"),
    [
        (0, 0, 12, -0.2),
        (1, 0, 12, -0.3),
        (3, 2, 12, -0.35),
        (2, 5, 12, 0.1),
        (1, 9, 12, 0.3),
        (0, 12, 12, 0.6),
        (12, 0, 12, -0.9),
        (2, 1, 30, -0.2),
        (3, 9, 30, 0.0),
        (4, 4, 30, -0.25),
    ],
)
def test_agrees_with_brute_force(losses, gains, n, null_difference):
    expected = brute_force(losses, gains, n, null_difference)
    assert exact_pvalue(losses, gains, n, null_difference) == pytest.approx(expected, abs=1e-7)


@pytest.mark.parametrize(
    ("one", "other", "null_difference"),
    [((2, 6), (6, 12), 0.0), ((6, 21), (1, 11), 0.0), ((2, 0), (5, 5), -0.2)],
)
def test_outcomes_that_tie_are_all_counted(one, other, null_difference):
    # Equal in exact arithmetic, apart in the last bit: were only the observed one counted, (5, 5) would get .0370.
    n = 30
    statistics = [float(score_statistic(*outcome, n, null_difference)) for outcome in (one, other)]
    assert statistics[0] == pytest.approx(statistics[1], abs=1e-14)
    for losses, gains in (one, other):
        expected = brute_force(losses, gains, n, null_difference, cells=4000)
        assert exact_pvalue(losses, gains, n, null_difference) == pytest.approx(expected, abs=1e-6)


DENSE_CASES = [
    (6, 2, 198, -0.03),
    (6, 2, 198, -0.05),
    (36, 23, 1319, -0.02),
    (10, 25, 1319, 0.004),
    (0, 0, 98, -0.03),
    (2, 0, 200, -0.01),
    (40, 30, 114, -0.2),
    (250, 240, 10_000, -0.003),
]


@pytest.mark.slow
@pytest.mark.parametrize(("losses", "gains", "n", "null_difference"), DENSE_CASES)
def test_supremum_is_never_below_a_grid_of_twenty_thousand_rates(losses, gains, n, null_difference):
    low, high = discordance_interval(losses + gains, n)
    low = max(low, abs(null_difference))
    level = float(score_statistic(losses, gains, n, null_difference)) - 1e-9
    span = likely_gains(n, (low + null_difference) / 2, (high + null_difference) / 2)
    rejection = RejectionSet(span[0], most_losses_reaching(n, null_difference, level, span))

    def probability(psi):
        return tail_probability(rejection, n, psi, null_difference)

    dense = max(float(probability(part).max()) for part in np.array_split(np.linspace(low, high, 20_001), 80))
    found = maximise(probability, low, high, n, fixed_difference(null_difference))
    assert found >= dense - 1e-10
    assert found <= dense + 1e-6


def test_probability_of_a_rejection_set_is_that_of_its_outcomes():
    n, null_difference = 40, -0.1
    rejection = RejectionSet(0, most_losses_reaching(n, null_difference, 1.2, (0, n)))
    psi = np.array([0.1, 0.25, 0.6, 1.0])
    b, c = (a.ravel() for a in np.meshgrid(np.arange(n + 1), np.arange(n + 1), indexing="ij"))
    inside = (b + c <= n) & (score_statistic(b, c, n, null_difference) >= 1.2)
    b, c = b[inside], c[inside]
    log_ways = gammaln(n + 1) - gammaln(b + 1) - gammaln(c + 1) - gammaln(n - b - c + 1)
    expected = [
        np.exp(log_ways + xlogy(b, (p + 0.1) / 2) + xlogy(c, (p - 0.1) / 2) + xlogy(n - b - c, 1 - p)).sum()
        for p in psi
    ]
    assert tail_probability(rejection, n, psi, null_difference) == pytest.approx(expected, abs=1e-12)


def test_a_rejection_set_of_several_nulls_is_the_union_of_their_sets():
    n, nulls, levels = 60, [-0.12, -0.02, 0.05], [1.9, 1.2, 0.4]
    parts = [most_losses_reaching(n, d, level, (0, n)) for d, level in zip(nulls, levels, strict=True)]
    assert len({tuple(part) for part in parts}) == 3
    assert most_losses_reaching(n, nulls, levels, (0, n)).tolist() == np.max(parts, axis=0).tolist()


@settings(deadline=None, max_examples=40)
@given(st.integers(1, 80).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))), st.floats(-0.9, 0.9), st.data())
def test_the_p_value_over_several_nulls_is_at_least_each_of_theirs(flips_and_n, lowest, data):
    flips, n = flips_and_n
    losses = data.draw(st.integers(0, flips))
    highest = min(lowest + data.draw(st.floats(0, 0.2)), 0.95)
    interval, pieces = discordance_interval(flips, n), data.draw(st.sampled_from([1, 3, 8]))
    bound = largest_pvalue(losses, flips - losses, n, lowest, highest, interval, pieces)
    for null in np.linspace(lowest, highest, 7):
        assert exact_pvalue(losses, flips - losses, n, float(null)) <= bound + 1e-9


def test_null_beyond_what_the_discordance_allows():
    # So large a loss contradicts the discordance interval; so large a gain as null has losses nearer by, all allowed.
    assert exact_pvalue(0, 0, 1000, -0.5) == GAMMA
    assert exact_pvalue(0, 0, 1000, 0.5) == 1.0


@pytest.mark.parametrize(("losses", "gains", "n"), [(1, 0, 1), (5, 0, 5), (1319, 0, 1319)])
def test_all_losses_prove_nothing(losses, gains, n):
    assert noninferiority_pvalue(losses, gains, n, 0.3) == pytest.approx(1.0, abs=1e-9)


@pytest.mark.parametrize("margin", [0, 1, -0.02, 2, float("nan")])
def test_refuses_a_margin_that_is_no_share(margin):
    with pytest.raises(ValueError, match="margin must lie between 0 and 1"):
        noninferiority_pvalue(1, 1, 10, margin)


def test_refuses_a_null_outside_the_scale():
    with pytest.raises(ValueError, match="null_difference must lie between"):
        exact_pvalue(1, 1, 10, 1.0)
    with pytest.raises(ValueError, match="exceeds n = 10"):
        exact_pvalue(8, 8, 10, 0.0)


@pytest.mark.parametrize(("n", "margin", "alpha"), [(20, 0.1, 0.05), (60, 0.05, 0.01), (400, 0.02, 0.05)])
def test_what_passes_is_what_has_a_pvalue_below_alpha(n, margin, alpha):
    outcomes = [(losses, gains) for losses in range(8) for gains in (0, 1, 5, 9)]
    told = [passes(*each, n, margin, alpha) for each in outcomes]
    assert told == [noninferiority_pvalue(*each, n, margin) < alpha for each in outcomes]
    assert set(told) == {True, False}
