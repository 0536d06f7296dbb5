"""Planning: reference sample sizes, the smallest n that can pass, and what would settle an inconclusive result."""

import math

import pytest
from scipy.stats import norm

from quantgate.evals.stats import exact_lower_bound, items_needed, noninferiority_pvalue, plan_items, smallest_passing_n
from quantgate.evals.stats.planning.items import items_for_power
from quantgate.evals.stats.planning.power import exact_power


@pytest.mark.parametrize(("discordance", "expected"), [(0.03, 464), (0.06, 928), (0.12, 1855)])
def test_reference_sample_sizes_at_two_points(discordance, expected):
    assert plan_items(discordance, 0.02) == expected


def test_a_true_loss_of_half_the_margin_costs_four_times_as_many_items():
    n = plan_items(0.06, 0.02, difference=-0.01)
    z = norm.ppf(0.95) + norm.ppf(0.8)
    assert n == math.ceil(z**2 * (0.06 - 0.01**2) / 0.01**2)


def test_more_power_and_a_smaller_alpha_need_more_items():
    assert plan_items(0.06, 0.02) < plan_items(0.06, 0.02, power=0.93)
    assert plan_items(0.06, 0.02) < plan_items(0.06, 0.02, alpha=0.01)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"discordance": 1.2, "margin": 0.02}, "discordance must lie"),
        ({"discordance": 0.1, "margin": 2}, "margin must lie"),
        ({"discordance": 0.1, "margin": 0.02, "difference": -0.02}, "no number of items passes"),
        ({"discordance": 0.1, "margin": 0.5, "difference": -0.2}, "larger than the discordance"),
        ({"discordance": 0.1, "margin": 0.02, "power": 1.0}, "power must lie"),
        ({"discordance": 0.1, "margin": 0.02, "alpha": 0.7}, "alpha must be"),
    ],
)
def test_refuses_what_cannot_be_planned(arguments, message):
    with pytest.raises(ValueError, match=message):
        plan_items(**arguments)


@pytest.mark.parametrize(("margin", "expected"), [(0.01, 299), (0.02, 149), (0.03, 99), (0.05, 59)])
def test_fewest_items_that_pass_without_a_flip(margin, expected):
    assert smallest_passing_n(margin) == expected
    assert noninferiority_pvalue(0, 0, expected, margin) < 0.05 <= noninferiority_pvalue(0, 0, expected - 1, margin)
    assert exact_lower_bound(0, 0, expected) > -margin >= exact_lower_bound(0, 0, expected - 1)


def test_the_exact_test_may_need_a_little_more_than_the_logarithms_say():
    assert math.ceil(math.log(0.05) / math.log(1 - 0.002)) == 1497
    assert smallest_passing_n(0.002) == 1498


def test_items_needed_continues_at_the_observed_rates():
    assert items_needed(6, 2, 198, 0.03) == plan_items(8 / 198, 0.03, difference=-4 / 198)


def test_items_needed_does_not_count_on_luck():
    assert items_needed(2, 6, 198, 0.02) == items_needed(4, 4, 198, 0.02) == plan_items(8 / 198, 0.02)


def test_items_needed_without_a_flip_takes_one_and_never_says_less_than_can_pass():
    assert items_needed(0, 0, 20, 0.02) == plan_items(1 / 20, 0.02)
    assert items_needed(0, 0, 10_000, 0.01) == 299


@pytest.mark.parametrize("losses", [4, 5])
def test_more_of_what_is_too_bad_never_passes(losses):
    assert items_needed(losses, 0, 200, 0.02) is None


@pytest.mark.parametrize(("losses", "gains", "n", "margin"), [(2, 0, 200, 0.03), (1, 0, 120, 0.03), (1, 0, 150, 0.02)])
def test_so_many_items_with_as_many_flips_pass_the_exact_test(losses, gains, n, margin):
    enough = items_needed(losses, gains, n, margin)
    assert enough is not None
    assert noninferiority_pvalue(math.ceil(losses * enough / n), gains, enough, margin) < 0.05
    fewer = round(enough * 0.9)
    assert noninferiority_pvalue(math.ceil(losses * fewer / n), gains, fewer, margin) >= 0.05


def test_a_loss_close_to_the_margin_is_answered_at_once_whatever_it_takes():
    assert items_needed(1_999, 0, 100_000, 0.02) > 1_000_000


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
