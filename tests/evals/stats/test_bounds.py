"""`paired_bounds`: which method it chooses for which data, what it returns, and what it refuses."""

import dataclasses

import numpy as np
import pytest

from quantgate.evals.stats import (
    PairedBounds,
    bayesian_lower_bound,
    bayesian_upper_bound,
    exact_lower_bound,
    exact_upper_bound,
    paired_bounds,
)


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


def test_fractional_scores_get_the_bayesian_bootstrap():
    values = [0.0, 0.5, -0.25, 0, 0, 0, 1]
    result = paired_bounds(values)
    assert (result.method, result.n, result.estimate) == ("bayesian", 7, 1.25 / 7)
    assert result.lower == bayesian_lower_bound(values)
    assert result.upper == bayesian_upper_bound(values)
    assert "differences[1] is 0.5" in result.reason


@pytest.mark.parametrize("repeats", [2, [1, 1, 3, 1]])
def test_means_of_repeats_are_never_taken_for_single_answers(repeats):
    result = paired_bounds([0, -1, 0, 1], repeats=repeats)
    assert result.method == "bayesian"
    assert f"answered up to {np.max(repeats)} times" in result.reason


def test_single_answers_may_be_told_item_by_item():
    assert paired_bounds([0, -1, 0, 1], repeats=[1, 1, 1, 1]).method == "exact"


def test_the_reason_says_why_the_exact_test_was_chosen_and_takes_no_part_in_comparisons():
    result = paired_bounds([0, -1, 0, 1])
    assert result.reason == "Exact unconditional test: every item was answered once and scored 0 or 1."
    assert dataclasses.replace(result, reason="") == result


def test_the_bayesian_bootstrap_can_be_asked_for():
    result = paired_bounds(differences(2, 0, 200), method="bayesian")
    assert result.method == "bayesian"
    assert result.lower == pytest.approx(-0.031143, abs=6e-7)
    assert "asked for" in result.reason


def test_strata_get_a_macro_average():
    values, strata = differences(3, 0, 60), ["hard"] * 10 + ["easy"] * 50
    result = paired_bounds(values, strata=strata)
    assert result.estimate == pytest.approx(-0.5 * 3 / 10)
    assert result.method == "bayesian"
    assert "macro average" in result.reason
    weighted = paired_bounds(values, strata=strata, weights={"hard": 1, "easy": 3})
    assert weighted.estimate == pytest.approx(-0.25 * 3 / 10)
    assert weighted.lower > result.lower


@pytest.mark.slow
def test_bounds_and_estimate_of_strata_do_not_depend_on_the_order_of_items():
    rng = np.random.default_rng(3)
    values, strata = rng.integers(-4, 5, 90) / 7, np.repeat(["a", "b", "c"], [20, 30, 40])
    order = rng.permutation(90)
    assert paired_bounds(values[order], strata=strata[order].tolist()) == paired_bounds(values, strata=strata.tolist())


@pytest.mark.parametrize(
    ("values", "arguments", "message"),
    [
        ([0, 0.5], {"method": "exact"}, r"\"exact\" does not apply: scores are fractional: differences\[1\] is 0.5"),
        ([0, 1], {"method": "exact", "repeats": 4}, "does not apply: items were answered up to 4 times"),
        ([0, 1], {"method": "exact", "strata": ["a", "b"]}, "does not apply: a macro average"),
        ([0, 1], {"repeats": 0}, "repeats must be whole numbers of 1 or more"),
        ([0, 1], {"repeats": 1.5}, "repeats must be whole numbers of 1 or more"),
        ([0, 1], {"repeats": [1, 1, 1]}, r"one per item \(2\), got shape \(3,\)"),
        ([0, 1], {"strata": ["a"]}, "strata names 1 items, but there are 2 differences"),
        ([0, 1], {"weights": {"a": 1}}, "weights were given without strata"),
        ([0, 1], {"strata": ["a", "b"], "weights": {"a": 1, "c": 1}}, "strata without items: c; known are a, b"),
        ([0, 1], {"strata": ["a", "b"], "weights": {"a": 1}}, "says nothing about the strata b"),
        ([0, 1], {"strata": ["a", "b"], "weights": {"a": -1, "b": 1}}, r"weights\['a'\] is -1"),
        ([0, 1], {"strata": ["a", "b"], "weights": {"a": float("nan"), "b": 1}}, r"weights\['a'\] is nan"),
        ([0, 1], {"strata": ["a", "b"], "weights": {"a": 0, "b": 0}}, "weights are all 0"),
    ],
)
def test_refuses_arguments_that_do_not_fit_the_data(values, arguments, message):
    with pytest.raises(ValueError, match=message):
        paired_bounds(values, **arguments)


def test_refuses_an_unknown_method_or_alpha():
    with pytest.raises(ValueError, match="method must be one of auto, exact, bayesian"):
        paired_bounds([0, 1], method="wald")
    with pytest.raises(ValueError, match="alpha must be"):
        paired_bounds([0, 1], alpha=0.6)


def test_each_bound_rests_on_what_missing_answers_would_be_at_worst_for_it():
    known = differences(3, 1, 96)
    lowest, highest = np.append(known, [-1.0] * 4), np.append(known, [1.0] * 4)
    result = paired_bounds(lowest, highest=highest)
    assert (result.lower, result.upper) == (exact_lower_bound(7, 1, 100), exact_upper_bound(3, 5, 100))
    assert result.estimate == pytest.approx(-6 / 100)
    assert result.missing == pytest.approx(8 / 100)


def test_one_missing_answer_of_two_leaves_half_the_scale_open():
    values = np.array([0.0, 0.5, -0.5, 0.25] * 10)
    result = paired_bounds(values - 0.25, highest=values + 0.25, repeats=4)
    assert result.lower == bayesian_lower_bound(values - 0.25)
    assert result.upper == bayesian_upper_bound(values + 0.25)
    assert result.missing == pytest.approx(0.5)


def test_the_unit_is_named_and_clusters_are_never_decided_exactly():
    values, clusters = differences(3, 1, 60), [str(place // 3) for place in range(60)]
    result = paired_bounds(values, clusters=clusters)
    assert (result.method, result.n, result.clusters) == ("bayesian", 60, 20)
    assert result.lower == bayesian_lower_bound(values, clusters=clusters)
    assert "over 20 clusters of 60 items plus one worst-case cluster" in result.reason
    assert paired_bounds(values, clusters=[str(place) for place in range(60)]) == paired_bounds(values)
    assert "over 60 items plus one worst-case item" in paired_bounds(values, repeats=2).reason


@pytest.mark.parametrize("highest", [[0.0], [0.0, -0.5], [0.0, 2.0]])
def test_ends_that_are_no_ends_are_refused(highest):
    with pytest.raises(ValueError, match=r"highest must hold|not a number"):
        paired_bounds([0.0, 0.0], highest=highest)
