"""The units of a benchmark's very items: pairs of answers, whichever meet."""

import numpy as np
import pytest

from quantgate.evals.stats.benchmark.pairings import mean_flips, unit_differences


def answers(right, repeats):
    """Items with so many right answers each."""
    return np.array([[1.0] * count + [0.0] * (repeats - count) for count in right])


def test_flips_are_the_mean_over_all_pairings():
    # Two right of three against one of three: all pairings of three by three have 2/3 * 2/3 + 1/3 * 1/3 of them.
    assert mean_flips(answers([2], 3), answers([1], 3)) == pytest.approx(3 * (4 / 9 + 1 / 9))


def test_single_answers_have_their_own_flips():
    assert mean_flips(answers([1, 1, 0], 1), answers([0, 1, 1], 1)) == 2


@pytest.mark.parametrize(("ours", "theirs"), [(4, 4), (16, 4), (8, 3), (4, 16), (5, 4), (1, 3)])
def test_units_are_as_many_as_the_fewer_answers_and_have_the_difference_of_the_means(ours, theirs):
    rng = np.random.default_rng(1)
    baseline, candidate = rng.integers(0, 2, (30, ours)).astype(float), rng.integers(0, 2, (30, theirs)).astype(float)
    values, counts = unit_differences(baseline, candidate)
    assert counts.sum() == pytest.approx(30 * min(ours, theirs))
    assert counts @ values / counts.sum() == pytest.approx((candidate.mean(axis=1) - baseline.mean(axis=1)).mean())


def test_an_answer_meets_a_group_of_the_build_with_more():
    # One right answer of the candidate, and two of the baseline's four right: groups of two hold 0, 1 or 2 of them.
    values, counts = unit_differences(answers([2], 4), answers([2], 2))
    assert values.tolist() == [0.0, 0.5, 1.0]
    assert counts == pytest.approx([2 / 6, 8 / 6, 2 / 6])


def test_other_scores_meet_one_to_one():
    values, counts = unit_differences(np.array([[0.5, 1.0]]), np.array([[0.25, 1.0]]))
    assert values.tolist() == [-0.75, -0.25, 0.0, 0.5]
    assert counts.tolist() == [0.5, 0.5, 0.5, 0.5]


@pytest.mark.parametrize("theirs", [4, 2])
def test_the_order_of_repeats_changes_nothing(theirs):
    rng = np.random.default_rng(2)
    baseline, candidate = rng.integers(0, 2, (20, 4)).astype(float), rng.integers(0, 2, (20, theirs)).astype(float)
    found = unit_differences(baseline, candidate)
    again = unit_differences(rng.permuted(baseline, axis=1), rng.permuted(candidate, axis=1))
    assert all((one == other).all() for one, other in zip(found, again, strict=True))
