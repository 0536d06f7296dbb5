"""The A/A noise floor: counts, the interval of the excess and its coverage, and what it refuses."""

import numpy as np
import pytest

from quantgate.evals.stats import tango_interval
from quantgate.evals.stats.describe.agreement import share
from quantgate.evals.stats.describe.noise import noise_floor

BASELINE = np.repeat([1.0, 0.0], [160, 40])


def flipped(places):
    scores = BASELINE.copy()
    scores[places] = 1 - scores[places]
    return scores


def test_counts_and_excess():
    result = noise_floor(BASELINE, flipped([0, 1, 2, 170]), flipped([0, 1, 5, 6, 7, 8, 171, 172, 173]))
    assert (result.noise, result.flips) == (share(4, 200), share(9, 200))
    assert result.excess == pytest.approx(5 / 200)
    # Two items flip by noise alone, seven by the candidate alone; two by both.
    assert (result.low, result.high) == tango_interval(2, 7, 200)
    assert result.explained == pytest.approx(4 / 9)
    assert result.candidate_difference == pytest.approx((3 - 6) / 200)
    assert result.noise_difference == pytest.approx((1 - 3) / 200)


def test_without_any_flip_there_is_nothing_to_explain():
    result = noise_floor(BASELINE, BASELINE, BASELINE)
    assert (result.excess, result.explained) == (0.0, None)
    assert result.low < 0 < result.high


def test_noise_explains_all_at_most():
    assert noise_floor(BASELINE, flipped([0, 1, 2]), flipped([3])).explained == 1.0
    assert noise_floor(BASELINE, BASELINE, flipped([3])).explained == 0.0


def test_with_repeats_a_flip_is_a_change_of_the_items_mean():
    third = np.array([1 / 3, 2 / 3, 1.0, 0.1 + 0.2])
    result = noise_floor(third, [1 - 2 / 3, 2 / 3, 1.0, 0.3], [0.0, 1.0, 1.0, 0.3])
    assert (result.noise.count, result.flips.count) == (0, 2)


def test_the_order_of_items_does_not_matter():
    order = np.random.default_rng(3).permutation(200)
    again, candidate = flipped([0, 1, 2]), flipped([2, 5, 180])
    assert noise_floor(BASELINE, again, candidate) == noise_floor(BASELINE[order], again[order], candidate[order])


def test_the_interval_covers_the_true_excess():
    rng = np.random.default_rng(7)
    n, covered, runs = 300, 0, 400
    for _ in range(runs):
        shaky = rng.random(n) < 0.2  # items that re-running flips half of the time
        baseline = (rng.random(n) < 0.8).astype(float)
        again = np.where(shaky & (rng.random(n) < 0.5), 1 - baseline, baseline)
        own = rng.random(n) < 0.04  # what the candidate breaks by itself, among the items that are not shaky
        candidate = np.where(np.where(shaky, rng.random(n) < 0.5, own), 1 - baseline, baseline)
        result = noise_floor(baseline, again, candidate, confidence=0.9)
        covered += result.low <= 0.8 * 0.04 <= result.high
    assert 0.85 <= covered / runs <= 0.95


@pytest.mark.parametrize(
    ("runs", "message"),
    [
        (([], [], []), "at least one item"),
        (([[1.0]], [1.0], [1.0]), r"baseline must hold.*\(1, 1\)"),
        (([1, 0], [1], [1, 0]), r"2 \(baseline\), 1 \(again\) and 2 \(candidate\)"),
        (([1, 0], [1, 0], [1, float("nan")]), r"candidate\[1\] is nan"),
        (([1, 0], [1, 2], [1, 0]), r"again\[1\] is 2.0"),
    ],
)
def test_refuses_runs_that_cannot_be_compared(runs, message):
    with pytest.raises(ValueError, match=message):
        noise_floor(*runs)


def test_refuses_a_confidence_that_is_no_share():
    with pytest.raises(ValueError, match="confidence must lie"):
        noise_floor([1, 0], [1, 0], [1, 0], confidence=95)
