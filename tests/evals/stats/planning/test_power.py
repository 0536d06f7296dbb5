"""Power of the exact test, by brute force over all outcomes, and its reference numbers."""

import numpy as np
import pytest
from scipy.special import gammaln, xlogy

from quantgate.evals.stats import exact_lower_bound, plan_items
from quantgate.evals.stats.planning.power import _most_losses, exact_power


def brute_power(n, margin, discordance, difference):
    """Sums the probabilities of every outcome whose bound passes."""
    total = 0.0
    for b in range(n + 1):
        for c in range(n + 1 - b):
            log_pmf = gammaln(n + 1) - gammaln(b + 1) - gammaln(c + 1) - gammaln(n - b - c + 1)
            log_pmf += xlogy(b, (discordance - difference) / 2) + xlogy(c, (discordance + difference) / 2)
            probability = float(np.exp(log_pmf + xlogy(n - b - c, 1 - discordance)))
            if probability > 1e-6 and exact_lower_bound(b, c, n) > -margin:
                total += probability
    return total


@pytest.mark.slow
@pytest.mark.parametrize(
    ("n", "margin", "discordance", "difference"),
    [(20, 0.2, 0.1, 0.0), (30, 0.1, 0.05, -0.05), (60, 0.05, 0.02, 0.0)],
)
def test_power_is_that_of_all_outcomes_whose_bound_passes(n, margin, discordance, difference):
    expected = brute_power(n, margin, discordance, difference)
    assert exact_power(n, margin, discordance, difference) == pytest.approx(expected, abs=1e-4)


@pytest.mark.parametrize(("n", "margin"), [(20, 0.2), (50, 0.1), (114, 0.05), (198, 0.03)])
def test_the_outcomes_at_the_border_are_decided_as_the_bound_decides(n, margin):
    for gains in range(0, min(16, n // 2), 3):
        most = _most_losses(gains, n, margin, 0.05)
        assert most < 0 or exact_lower_bound(most, gains, n) > -margin
        assert exact_lower_bound(most + 1, gains, n) <= -margin


@pytest.mark.parametrize(
    ("n", "margin", "gains", "most_losses"),
    [
        *[(198, 0.05, c, b) for c, b in ((0, 4), (2, 6), (5, 8), (10, 11))],
        *[(1319, 0.02, c, b) for c, b in ((0, 17), (5, 21), (10, 25), (20, 33))],
        (50, 0.05, 0, -1),
    ],
)
def test_reference_numbers_of_losses_that_pass(n, margin, gains, most_losses):
    assert _most_losses(gains, n, margin, 0.05) == most_losses


def test_a_build_exactly_the_margin_worse_passes_at_most_alpha():
    assert all(exact_power(198, 0.03, psi, -0.03) <= 0.05 for psi in (0.03, 0.05, 0.2, 1.0))


def test_without_any_flip_power_is_certain_or_nil():
    assert exact_power(99, 0.03, 0.0) == pytest.approx(1.0)
    assert exact_power(98, 0.03, 0.0) == pytest.approx(0.0, abs=1e-12)


@pytest.mark.slow
def test_power_rises_with_items_margin_and_difference_and_falls_with_flips():
    base = exact_power(400, 0.03, 0.06)
    assert exact_power(800, 0.03, 0.06) > base
    assert exact_power(400, 0.04, 0.06) > base
    assert exact_power(400, 0.03, 0.06, 0.01) > base
    assert exact_power(400, 0.03, 0.12) < base
    assert exact_power(400, 0.03, 0.06, alpha=0.01) < base


# The normal formula's 464, 928 and 1855 items reach .76, .79 and .80 by the exact test.
@pytest.mark.slow
@pytest.mark.parametrize(("discordance", "planned", "reached"), [(0.03, 464, 0.759), (0.06, 928, 0.786)])
def test_the_normal_formula_promises_a_little_too_much(discordance, planned, reached):
    assert plan_items(discordance, 0.02) == planned
    assert exact_power(planned, 0.02, discordance) == pytest.approx(reached, abs=1e-3)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: exact_power(0, 0.02, 0.1), "at least 1"),
        (lambda: exact_power(10, 2, 0.1), "margin must lie"),
        (lambda: exact_power(10, 0.02, 1.1), "discordance must lie"),
        (lambda: exact_power(10, 0.02, 0.1, 0.2), "larger than the discordance"),
        (lambda: exact_power(10, 0.02, float("nan")), "discordance must lie"),
        (lambda: exact_power(10, 0.02, 0.1, alpha=0.6), "alpha must be"),
    ],
)
def test_refuses_arguments_out_of_range(call, message):
    with pytest.raises(ValueError, match=message):
        call()
