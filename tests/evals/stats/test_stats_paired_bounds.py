"""`paired_bounds`: what it returns for 0/1 scores, and how it refuses other data."""

import dataclasses

import numpy as np
import pytest

from evals.stats import PairedBounds, UnsupportedData, exact_lower_bound, exact_upper_bound, paired_bounds


def differences(losses, gains, n):
    return np.concatenate([-np.ones(losses), np.ones(gains), np.zeros(n - losses - gains)])


@pytest.mark.parametrize("method", ["auto", "exact"])
def test_scores_of_one_answer_per_item_get_exact_bounds(method):
    result = paired_bounds(differences(6, 2, 198), method=method)
    assert result == PairedBounds(
        estimate=-4 / 198,
        lower=exact_lower_bound(6, 2, 198),
        upper=exact_upper_bound(6, 2, 198),
        method="exact",
        n=198,
        alpha=0.05,
    )


def test_the_order_of_items_does_not_matter():
    values = differences(6, 2, 50)
    assert paired_bounds(np.random.default_rng(1).permutation(values)) == paired_bounds(values.tolist())


def test_alpha_is_per_bound_and_kept():
    wide, narrow = paired_bounds(differences(3, 1, 60), alpha=0.01), paired_bounds(differences(3, 1, 60), alpha=0.1)
    assert wide.lower < narrow.lower
    assert wide.upper > narrow.upper
    assert (wide.alpha, narrow.alpha) == (0.01, 0.1)


def test_a_wider_margin_never_turns_a_pass_into_a_fail():
    for losses, gains in ((0, 0), (3, 1), (9, 5), (1, 6)):
        lower = paired_bounds(differences(losses, gains, 50)).lower
        decisions = [lower > -m for m in np.arange(1, 400) / 1000]
        assert decisions == sorted(decisions)
        assert decisions[-1]


def test_the_result_cannot_be_changed():
    with pytest.raises(dataclasses.FrozenInstanceError):
        paired_bounds([0, 0, 1]).lower = 0.0


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ([], "differences is empty"),
        ([[0.0, 1.0]], r"one-dimensional.*\(1, 2\)"),
        ([0, 0, float("nan")], r"differences\[2\] is nan"),
        ([0, float("inf")], r"differences\[1\] is inf"),
        ([0, -1.5, 2], r"differences\[1\] is -1.5.*2 of 3"),
    ],
)
def test_refuses_wrong_data_and_says_where(values, message):
    with pytest.raises(ValueError, match=message):
        paired_bounds(values)


def test_refuses_what_it_cannot_bound_yet_by_a_kind_of_its_own():
    with pytest.raises(UnsupportedData, match=r"differences\[1\] is 0.5"):
        paired_bounds([0, 0.5])
    with pytest.raises(UnsupportedData, match="strata"):
        paired_bounds([0, 1], strata=["a", "b"])


def test_refuses_an_unknown_method_or_alpha():
    with pytest.raises(ValueError, match="method must be one of auto, exact"):
        paired_bounds([0, 1], method="wald")
    with pytest.raises(ValueError, match="alpha must be"):
        paired_bounds([0, 1], alpha=0.6)
