"""The exact bounds: agreement with the test they invert, symmetry, order, and the ends of the scale."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quantgate.evals.stats import (
    exact_lower_bound,
    exact_pvalue,
    exact_upper_bound,
    noninferiority_pvalue,
    tango_interval,
)

# What bounds of neighbouring outcomes may differ by in the wrong direction: the search's own resolution.
RESOLUTION = 1e-7

counts = st.integers(2, 60).flatmap(
    lambda n: st.tuples(st.integers(0, n), st.integers(0, n)).filter(lambda f: sum(f) < n).map(lambda f: (*f, n))
)
OUTCOMES = [
    (0, 0, 20),
    (0, 0, 1319),
    (0, 1, 20),
    (1, 0, 1),
    (0, 1, 1),
    (2, 0, 200),
    (6, 2, 198),
    (10, 3, 114),
    (15, 3, 198),
    (20, 20, 50),
    (36, 23, 1319),
    (23, 36, 1319),
]


@pytest.mark.parametrize(("losses", "gains", "n"), OUTCOMES)
def test_bound_and_p_value_take_the_same_decision_at_margins_of_six_decimals(losses, gains, n):
    lower = exact_lower_bound(losses, gains, n)
    nearest = round(-lower, 6)
    for steps in (*range(-4, 5), *(sign * 4**k for k in range(2, 8) for sign in (-1, 1))):
        margin = round(nearest + steps * 1e-6, 6)
        if 0 < margin < 1:
            # At (0, 1, 1) the p-value against .9002 is .05 but for rounding, hence the p-value's own error bound.
            passes = noninferiority_pvalue(losses, gains, n, margin) < 0.05 - 1e-10
            assert (lower > -margin) == passes, margin


@pytest.mark.parametrize(("losses", "gains", "n"), [o for o in OUTCOMES if o[0] < o[2]])
def test_every_null_below_the_bound_is_rejected_and_the_bound_is_tight(losses, gains, n):
    lower = exact_lower_bound(losses, gains, n)
    nulls = [*np.linspace(-0.999, lower, 60), *(lower - 10.0 ** -np.arange(2, 9))]
    assert all(exact_pvalue(losses, gains, n, d) < 0.05 for d in nulls if d > -1)
    above = np.linspace(lower, lower + RESOLUTION, 21)[1:]
    assert any(exact_pvalue(losses, gains, n, d) >= 0.05 - 1e-9 for d in above)


# Outcomes whose p-value rises above alpha again after it first fell below, as the margin grows.
@pytest.mark.slow
@pytest.mark.parametrize(("losses", "gains", "n"), [(18, 16, 50), (11, 21, 50), (21, 11, 50), (3, 9, 20)])
def test_the_bound_is_beyond_the_last_margin_that_fails_not_the_first_that_passes(losses, gains, n):
    lower = exact_lower_bound(losses, gains, n)
    assert all(exact_pvalue(losses, gains, n, lower - d) < 0.05 for d in np.linspace(0, 6e-4, 300))


@pytest.mark.parametrize("offset", [k * 1e-9 for k in range(1, 10)])
def test_no_margin_of_six_decimals_is_lost_to_the_search_resolution(offset):
    # Without flips p(m) = (1 - m)^n + GAMMA: this alpha puts the exact bound just short of the margin.
    margin, n = 0.15, 20
    alpha = (1 - (margin - offset)) ** n + 1e-4
    assert exact_lower_bound(0, 0, n, alpha) > -margin
    assert exact_lower_bound(0, 0, n, alpha) <= -(margin - offset)


def test_an_island_of_small_p_values_below_a_failing_margin_does_not_pass():
    lower = exact_lower_bound(18, 16, 50)
    margins = -lower - np.linspace(1e-6, 5e-4, 500)
    passing = [m for m in margins if noninferiority_pvalue(18, 16, 50, m) < 0.05]
    assert passing
    assert not any(lower > -m for m in passing)


@pytest.mark.slow
@settings(deadline=None, max_examples=40)
@given(counts, st.floats(1e-6, 0.999))
def test_a_margin_that_the_bound_passes_always_has_a_small_p_value(outcome, margin):
    lower = exact_lower_bound(*outcome)
    if lower > -margin:
        assert noninferiority_pvalue(*outcome, margin) < 0.05


@pytest.mark.slow
@settings(deadline=None, max_examples=40)
@given(counts)
def test_bounds_are_mirrored_and_enclose_the_estimate(outcome):
    losses, gains, n = outcome
    lower, upper = exact_lower_bound(losses, gains, n), exact_upper_bound(losses, gains, n)
    assert -1 <= lower <= (gains - losses) / n <= upper <= 1
    assert exact_upper_bound(gains, losses, n) == -lower


@pytest.mark.slow
@settings(deadline=None, max_examples=40)
@given(counts)
def test_a_loss_more_never_raises_the_bound_and_a_gain_more_never_lowers_it(outcome):
    losses, gains, n = outcome
    lower = exact_lower_bound(losses, gains, n)
    assert exact_lower_bound(losses + 1, gains, n) <= lower + RESOLUTION
    assert exact_lower_bound(losses, gains + 1, n) >= lower - RESOLUTION


@pytest.mark.slow
def test_a_loss_more_never_raises_the_bound_at_any_outcome_of_fifteen_items():
    n = 15
    lower = {(b, c): exact_lower_bound(b, c, n) for b in range(n + 1) for c in range(n + 1 - b)}
    assert all(lower[b + 1, c] <= lower[b, c] + RESOLUTION for b, c in lower if (b + 1, c) in lower)
    assert all(lower[b, c + 1] >= lower[b, c] - RESOLUTION for b, c in lower if (b, c + 1) in lower)


@pytest.mark.slow
@settings(deadline=None, max_examples=25)
@given(counts, st.floats(0.001, 0.4), st.floats(0.001, 0.4))
def test_a_smaller_alpha_never_raises_the_bound(outcome, one, other):
    small, large = sorted((one, other))
    assert exact_lower_bound(*outcome, alpha=small) <= exact_lower_bound(*outcome, alpha=large) + RESOLUTION


def test_without_flips_the_bound_is_clopper_pearsons_at_alpha_minus_gamma():
    for n in (1, 20, 198, 1319):
        assert exact_lower_bound(0, 0, n) == pytest.approx(-(1 - (0.05 - 1e-4) ** (1 / n)), abs=2e-8)


def test_ends_of_the_scale():
    assert exact_lower_bound(7, 0, 7) == -1.0
    assert exact_upper_bound(0, 7, 7) == 1.0
    assert 0 < exact_lower_bound(0, 7, 7) < 1
    assert exact_lower_bound(3, 4, 7) < 0 < exact_upper_bound(3, 4, 7)


def test_large_samples_come_near_the_asymptotic_interval():
    for outcome in ((36, 23, 1319), (500, 420, 10_000)):
        bounds = exact_lower_bound(*outcome), exact_upper_bound(*outcome)
        assert bounds == pytest.approx(tango_interval(*outcome, confidence=0.90), abs=1.5e-4)


@pytest.mark.parametrize("alpha", [0.0, 1e-5, 0.5, 1.2, math.nan])
def test_refuses_an_alpha_it_cannot_decide_at(alpha):
    with pytest.raises(ValueError, match="alpha must be at least"):
        exact_lower_bound(1, 1, 10, alpha)
