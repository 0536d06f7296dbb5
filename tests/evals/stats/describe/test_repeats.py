"""Repeats: item means, components of variance, and the two errors of the mean."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import f_oneway, t, ttest_1samp

from quantgate.evals.stats.describe.repeats import item_differences, item_means, summarise_repeats


def simulated(rng, n, repeats):
    """Answers of n items whose solve rates are Beta(2, 1): between-item variance 1/18, within 1/6."""
    rates = rng.beta(2, 1, n)
    items = np.repeat(np.arange(n), repeats)
    return items, (rng.random(len(items)) < rates[items]).astype(float)


def test_every_item_counts_alike_however_often_it_was_answered():
    data = item_means(["b", "a", "b", "b", "a", "c"], [1, 0, 0, 1, 1, 1])
    assert data.items.tolist() == ["a", "b", "c"]
    assert data.answers.tolist() == [2, 3, 1]
    assert data.means.tolist() == pytest.approx([1 / 2, 2 / 3, 1])
    assert summarise_repeats(data).mean == pytest.approx((1 / 2 + 2 / 3 + 1) / 3)


def test_an_item_answered_once_varies_as_the_others_on_average():
    data = item_means([0, 0, 1, 1, 1, 2], [0, 1, 1, 0, 1, 1])
    assert data.within.tolist() == pytest.approx([1 / 2, 1 / 3, 5 / 12])
    assert data.noise.tolist() == pytest.approx([1 / 4, 1 / 9, 5 / 12])
    assert data.freedom == 3


def test_components_are_those_of_the_analysis_of_variance_for_equal_numbers():
    items, scores = simulated(np.random.default_rng(1), 40, 4)
    table = scores.reshape(40, 4)
    summary = summarise_repeats(item_means(items, scores))
    mean_square_within = table.var(axis=1, ddof=1).mean()
    mean_square_between = 4 * table.mean(axis=1).var(ddof=1)
    assert mean_square_between / mean_square_within == pytest.approx(f_oneway(*table).statistic)
    assert summary.within == pytest.approx(mean_square_within)
    assert summary.between == pytest.approx((mean_square_between - mean_square_within) / 4)


@pytest.mark.slow
@pytest.mark.parametrize("repeats", [2, 3, np.resize([1, 2, 5], 60)], ids=["2", "3", "unequal"])
def test_components_and_errors_are_without_bias_for_few_answers(repeats):
    rng = np.random.default_rng(7)
    summaries = [summarise_repeats(item_means(*simulated(rng, 60, repeats))) for _ in range(1500)]

    def close(found, expected):
        assert np.mean(found) == pytest.approx(expected, abs=4 * np.std(found) / math.sqrt(len(found)))

    share = float(np.mean(1 / np.broadcast_to(repeats, 60)))
    close([s.between for s in summaries], 1 / 18)
    close([s.within for s in summaries], 1 / 6)
    close([s.same_questions.standard_error**2 for s in summaries], share / 6 / 60)
    close([s.new_questions.standard_error**2 for s in summaries], (1 / 18 + share / 6) / 60)
    assert np.var([s.mean for s in summaries]) == pytest.approx((1 / 18 + share / 6) / 60, rel=0.15)


def test_the_interval_over_new_questions_is_students_on_the_item_means():
    data = item_means(*simulated(np.random.default_rng(2), 30, 4))
    summary = summarise_repeats(data, confidence=0.9)
    expected = ttest_1samp(data.means, 0).confidence_interval(0.9)
    assert (summary.new_questions.lower, summary.new_questions.upper) == pytest.approx(tuple(expected))


def test_the_interval_on_the_same_questions_has_only_the_noise_of_re_runs():
    # The first item never varies, the second does: noise (0 + 1/3 / 4) / 2^2.
    summary = summarise_repeats(item_means([0] * 4 + [1] * 4, [1, 1, 1, 1, 0, 1, 1, 0]))
    error = math.sqrt(1 / 3 / 4 / 4)
    assert summary.same_questions.standard_error == pytest.approx(error)
    assert summary.same_questions.upper == pytest.approx(0.75 + t.isf(0.025, 6) * error)
    assert summary.new_questions.standard_error == pytest.approx(0.25)


def test_single_answers_cannot_tell_noise_from_difficulty():
    summary = summarise_repeats(item_means([0, 1, 2], [0, 1, 1]))
    assert summary.within is None
    assert summary.same_questions is None
    assert summary.between == pytest.approx(1 / 3)


def test_one_item_says_nothing_about_others():
    summary = summarise_repeats(item_means([0, 0], [0, 1]))
    assert summary.between is None
    assert summary.new_questions is None
    assert summary.same_questions.standard_error == pytest.approx(0.5)


def test_differences_pair_items_and_add_up_the_noise_of_both_builds():
    baseline = item_means([0, 0, 1, 1], [1, 0, 1, 1])
    candidate = item_means([1, 1, 1, 0], [0, 1, 0, 1])
    data = item_differences(baseline, candidate)
    assert data.means.tolist() == pytest.approx([0.5, 1 / 3 - 1])
    assert data.noise.tolist() == pytest.approx([1 / 4 + 1 / 3, 0 + 1 / 9])
    assert data.answers.tolist() == [1, 2]
    assert summarise_repeats(data).mean == pytest.approx((0.5 - 2 / 3) / 2)


def test_a_build_with_single_answers_leaves_the_noise_of_differences_unknown():
    data = item_differences(item_means([0, 1], [1, 0]), item_means([0, 0, 1, 1], [1, 0, 1, 1]))
    assert summarise_repeats(data).same_questions is None


@settings(deadline=None, max_examples=30)
@given(
    st.lists(st.tuples(st.integers(0, 5), st.integers(0, 7).map(lambda i: i / 7)), min_size=1, max_size=40),
    st.randoms(use_true_random=False),
)
def test_the_order_of_answers_changes_nothing_to_the_bit(answers, random):
    def summary(rows):
        return summarise_repeats(item_means(*zip(*rows, strict=True)))

    assert summary(random.sample(answers, len(answers))) == summary(answers)


@pytest.mark.parametrize(
    ("items", "scores", "message"),
    [
        ([], [], "scores is empty"),
        ([0, 1], [1], r"equally long, got shapes \(2,\) and \(1,\)"),
        ([[0, 1]], [[0, 1]], "must be flat"),
        (["a", "b"], [1, math.nan], r"scores\[1\] \(item b\) is nan"),
        ([3, 4], [1.5, 1], r"scores\[0\] \(item 3\) is 1.5"),
    ],
)
def test_refuses_wrong_scores_and_says_where(items, scores, message):
    with pytest.raises(ValueError, match=message):
        item_means(items, scores)


def test_refuses_to_pair_different_items():
    with pytest.raises(ValueError, match="2 items were answered by one build only, the first of them 1"):
        item_differences(item_means([0, 1], [1, 1]), item_means([0, 2], [1, 1]))


def test_refuses_an_impossible_confidence():
    with pytest.raises(ValueError, match="confidence must lie"):
        summarise_repeats(item_means([0, 1], [1, 1]), confidence=1.0)
