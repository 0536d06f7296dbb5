"""Power: the exact test's by brute force, and reference numbers for items and repeats."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import gammaln, xlogy

from quantgate.evals.stats import exact_lower_bound, plan_items
from quantgate.evals.stats.planning.power import (
    _most_losses,
    exact_power,
    items_for_power,
    power_with_repeats,
    rate_variances,
    repeats_needed,
    simulated_power,
    unpaired_items,
)

# GPQA-Diamond: few items, many of them answered differently from run to run.
GPQA = {"between_variance": 0.0025, "within_variance": 0.2}


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


def test_power_rises_with_items_margin_and_difference_and_falls_with_flips():
    base = exact_power(400, 0.03, 0.06)
    assert exact_power(800, 0.03, 0.06) > base
    assert exact_power(400, 0.04, 0.06) > base
    assert exact_power(400, 0.03, 0.06, 0.01) > base
    assert exact_power(400, 0.03, 0.12) < base
    assert exact_power(400, 0.03, 0.06, alpha=0.01) < base


# The normal formula's 464, 928 and 1855 items reach .76, .79 and .80 by the exact test.
@pytest.mark.parametrize(("discordance", "planned", "reached"), [(0.03, 464, 0.759), (0.06, 928, 0.786)])
def test_the_normal_formula_promises_a_little_too_much(discordance, planned, reached):
    assert plan_items(discordance, 0.02) == planned
    assert exact_power(planned, 0.02, discordance) == pytest.approx(reached, abs=1e-3)


@pytest.mark.parametrize(("margin", "discordance", "difference"), [(0.05, 0.05, 0.0), (0.05, 0.1, -0.01)])
def test_items_for_power_have_it_and_clearly_fewer_do_not(margin, discordance, difference):
    n = items_for_power(margin, discordance, difference)
    assert exact_power(n, margin, discordance, difference) >= 0.8
    assert exact_power(int(0.93 * n), margin, discordance, difference) < 0.8
    assert n == pytest.approx(plan_items(discordance, margin, difference=difference), rel=0.3)


def test_items_for_power_without_a_flip_are_the_fewest_that_pass():
    assert items_for_power(0.03, 0.0) == 99


def test_no_items_are_enough_for_a_build_beyond_the_margin_or_for_an_absurd_margin():
    assert items_for_power(0.02, 0.05, -0.02) is None
    assert items_for_power(0.001, 0.2) is None


@pytest.mark.parametrize(("accuracy", "expected"), [(0.60, 7420), (0.82, 4563), (0.92, 2276), (0.965, 1045)])
def test_reference_sizes_of_unpaired_samples(accuracy, expected):
    assert unpaired_items(accuracy, 0.02) == expected


@pytest.mark.parametrize("within", [0.1, 0.2, 0.3, 0.4])
def test_gpqa_diamond_needs_four_to_sixteen_repeats_at_three_points_and_cannot_show_one(within):
    variances = {"between_variance": 0.0025, "within_variance": within}
    assert 4 <= repeats_needed(198, 0.03, **variances) <= 16
    assert repeats_needed(198, 0.01, **variances) is None


@pytest.mark.parametrize("within", [0.17, 0.3, 0.4])
def test_gpqa_diamond_needs_sixteen_repeats_or_more_at_two_points(within):
    assert 16 <= repeats_needed(198, 0.02, between_variance=0.0025, within_variance=within) <= 64


def test_repeats_needed_are_the_fewest_that_reach_the_power():
    k = repeats_needed(198, 0.03, **GPQA)
    assert power_with_repeats(198, k, 0.03, **GPQA) >= 0.8 > power_with_repeats(198, k - 1, 0.03, **GPQA)


def test_repeats_do_not_help_where_items_differ_too_much():
    assert repeats_needed(198, 0.02, between_variance=0.02, within_variance=0.01, largest=10**9) is None


def test_repeats_do_not_help_where_even_an_equal_build_cannot_pass():
    assert repeats_needed(50, 0.03, between_variance=0.0, within_variance=0.001) is None
    assert repeats_needed(198, 0.03, difference=-0.03, **GPQA) is None


def test_one_answer_is_enough_where_nothing_varies():
    assert repeats_needed(198, 0.03, between_variance=0.0, within_variance=0.0) == 1
    assert power_with_repeats(198, 1, 0.03, between_variance=0.0, within_variance=0.0) == 1.0


def test_the_formula_for_repeats_with_one_answer_is_that_of_pairs():
    n = plan_items(0.06, 0.02)
    assert power_with_repeats(n, 1, 0.02, between_variance=0.0, within_variance=0.06) == pytest.approx(0.8, abs=1e-3)


def latent_rates(spread, size=2000):
    """Beta solve rates of accuracy .8, and the same with a little change of either sign; no mean difference."""
    rng = np.random.default_rng(5)
    rates = rng.beta(2.4, 0.6, size)
    change = spread * rng.choice([-1, 1], size) * rates * (1 - rates)
    return rates, np.clip(rates + change - change.mean(), 0, 1)


def test_simulation_and_formula_agree_on_many_items_and_repeats():
    first, second = latent_rates(0.3)
    between, within = rate_variances(first, second)
    formula = power_with_repeats(
        400, 4, 0.03, between_variance=between, within_variance=within, difference=float((second - first).mean())
    )
    simulated = simulated_power(first, second, 400, 4, 0.03, runs=200)
    # The bound that decides is wider than the normal one.
    assert formula - 0.15 < simulated.power < formula


@pytest.mark.parametrize("repeats", [4, 8, 16])
def test_with_the_unseen_item_the_formula_agrees_with_simulation_on_gpqa_diamond(repeats):
    first, second = latent_rates(0.3)
    between, within = rate_variances(first, second)
    variances = {"between_variance": between, "within_variance": within}
    simulated = simulated_power(first, second, 198, repeats, 0.03, runs=200)
    plain = power_with_repeats(198, repeats, 0.03, **variances)
    honest = power_with_repeats(198, repeats, 0.03, unseen_item=True, **variances)
    assert simulated.power == pytest.approx(honest, abs=0.04 + 2 * simulated.standard_error)
    assert simulated.power < plain - 0.08


def test_the_unseen_item_asks_for_more_repeats():
    plain, honest = (repeats_needed(198, 0.03, unseen_item=unseen, **GPQA) for unseen in (False, True))
    assert plain < honest
    assert repeats_needed(20, 0.05, between_variance=0.0, within_variance=0.0, unseen_item=True) is None


@settings(deadline=None, max_examples=30)
@given(st.integers(60, 2000), st.floats(0, 0.02), st.floats(0, 0.5), st.booleans())
def test_more_repeats_never_take_away_the_power_once_it_is_reached(n, between, within, unseen):
    powers = [
        power_with_repeats(n, k, 0.05, between_variance=between, within_variance=within, unseen_item=unseen)
        for k in range(1, 65)
    ]
    expected = next((k for k, power in enumerate(powers, 1) if power >= 0.8 - 1e-12), None)
    needed = repeats_needed(n, 0.05, between_variance=between, within_variance=within, unseen_item=unseen)
    assert needed == expected


def test_simulation_of_single_answers_agrees_with_enumeration():
    # Answers that are the same each time flip on 3% of the items either way.
    first, second = np.repeat([1.0, 0.0, 1.0], [3, 3, 94]), np.repeat([0.0, 1.0, 1.0], [3, 3, 94])
    assert rate_variances(first, second) == pytest.approx((0.06, 0.0))
    simulated = simulated_power(first, second, 300, 1, 0.03, runs=1500)
    assert simulated.power == pytest.approx(exact_power(300, 0.03, 0.06), abs=4 * simulated.standard_error)


def test_simulation_is_reproducible_and_falls_below_alpha_at_the_margin():
    rates, _ = latent_rates(0.0)
    worse = rates * (1 - 0.05 / rates.mean())
    one = simulated_power(rates, worse, 100, 4, 0.05, runs=120, seed=3)
    assert one == simulated_power(rates, worse, 100, 4, 0.05, runs=120, seed=3)
    assert one.power <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / 120)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: exact_power(0, 0.02, 0.1), "at least 1"),
        (lambda: exact_power(10, 2, 0.1), "margin must lie"),
        (lambda: exact_power(10, 0.02, 1.1), "discordance must lie"),
        (lambda: exact_power(10, 0.02, 0.1, 0.2), "larger than the discordance"),
        (lambda: exact_power(10, 0.02, float("nan")), "discordance must lie"),
        (lambda: exact_power(10, 0.02, 0.1, alpha=0.6), "alpha must be"),
        (lambda: unpaired_items(1.0, 0.02), "accuracy must lie"),
        (lambda: unpaired_items(0.9, 0.02, power=1), "power must lie"),
        (lambda: power_with_repeats(10, 0, 0.02, **GPQA), "at least 1"),
        (lambda: simulated_power([0.5], [0.5, 0.6], 10, 1, 0.02), "one rate per item"),
        (lambda: simulated_power([0.5], [1.5], 10, 1, 0.02), r"in \[0, 1\]"),
        (lambda: simulated_power([0.5], [0.5], 10, 1, 0.02, runs=0), "runs must be"),
        (lambda: repeats_needed(10, 0.02, between_variance=-1, within_variance=0), "variances must be"),
    ],
)
def test_refuses_arguments_out_of_range(call, message):
    with pytest.raises(ValueError, match=message):
        call()
