"""Completion lengths of two builds."""

from __future__ import annotations

import numpy as np
import pytest

from quantgate.evals.checks.token_lengths import compare_lengths
from quantgate.evals.contract.records import Sample, Status
from quantgate.evals.samples.columns import Columns
from tests.evals.made_runs import by_columns


def answers(tokens, repeats: int = 1) -> Columns:
    samples = [
        Sample("t", str(item), repeat, "h", Status.OK, 1.0, usage={"completion_tokens": int(count)})
        for item, counts in enumerate(np.reshape(tokens, (-1, repeats)))
        for repeat, count in enumerate(counts)
    ]
    return by_columns(samples)


def drawn(scale: float, items: int = 300, seed: int = 1):
    return np.maximum(1, np.random.default_rng(seed).lognormal(5, 0.6, items) * scale)


def test_a_build_that_writes_twice_as_much_has_a_ratio_of_two():
    found = compare_lengths(answers(drawn(1)), answers(drawn(2)))
    assert found is not None
    assert found.median_ratio.estimate == pytest.approx(2, rel=0.02)
    assert found.p95_ratio.estimate == pytest.approx(2, rel=0.02)
    assert found.median_ratio.differs


def test_the_interval_of_builds_that_write_alike_holds_one():
    found = compare_lengths(answers(drawn(1, seed=1)), answers(drawn(1, seed=2)))
    assert found is not None
    assert found.median_ratio.low < 1 < found.median_ratio.high
    assert not found.median_ratio.differs


@pytest.mark.slow
def test_the_interval_covers_the_true_ratio_nineteen_times_in_twenty():
    covered = 0
    for seed in range(200):
        found = compare_lengths(answers(drawn(1, 80, seed)), answers(drawn(1.3, 80, seed + 1000)))
        assert found is not None
        covered += found.median_ratio.low <= 1.3 <= found.median_ratio.high
    assert covered >= 180


def test_the_histogram_counts_every_answer_of_both_builds():
    found = compare_lengths(answers(drawn(1, 400), repeats=4), answers(drawn(3, 400), repeats=4))
    assert found is not None
    assert sum(found.baseline.counts) == sum(found.candidate.counts) == 400
    assert len(found.edges) == len(found.baseline.counts) + 1


def test_only_items_that_both_have_told_are_compared():
    found = compare_lengths(answers([10, 20, 30]), answers([10, 20]))
    assert found is not None
    assert found.baseline.answers == found.candidate.answers == 2


@pytest.mark.parametrize(
    "usage",
    [
        None,
        {},
        {"completion_tokens": "12"},
        {"completion_tokens": -1},
        {"completion_tokens": True},
        {"completion_tokens": 10**30},
    ],
)
def test_servers_that_tell_no_tokens_are_not_compared(usage):
    untold = by_columns([Sample("t", item, 0, "h", Status.OK, 1.0, usage=usage) for item in "12"])
    assert compare_lengths(untold, untold) is None


def test_one_item_has_no_interval():
    assert compare_lengths(answers([10]), answers([12])) is None


def test_answers_of_one_length_fit_into_the_histogram():
    found = compare_lengths(answers([7, 7, 7]), answers([7, 7, 7]))
    assert found is not None
    assert sum(found.baseline.counts) == 3
    assert (found.median_ratio.low, found.median_ratio.high) == (1.0, 1.0)
