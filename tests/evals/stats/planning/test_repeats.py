"""Repeats by the normal formula: reference numbers, and that they are the fewest that have the power."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quantgate.evals.stats import plan_items
from quantgate.evals.stats.planning.repeats import power_with_repeats, repeats_needed

# GPQA-Diamond: few items, many of them answered differently from run to run.
GPQA = {"between_variance": 0.0025, "within_variance": 0.2}


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


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: power_with_repeats(10, 0, 0.02, **GPQA), "at least 1"),
        (lambda: repeats_needed(10, 0.02, between_variance=-1, within_variance=0), "variances must be"),
    ],
)
def test_refuses_arguments_out_of_range(call, message):
    with pytest.raises(ValueError, match=message):
        call()
