"""Regressions shown at any answer: repeats and strata, by enumeration never more than alpha."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from quantgate.evals.stats.sequential.betting import log_wealths, upper_bound
from quantgate.evals.stats.sequential.blocks import Blocks
from quantgate.evals.stats.sequential.regression import regression_pvalue, regression_upper_bound

pytestmark = pytest.mark.slow

ALPHA = 0.05


def pvalue(passes, null):
    """Of a table of differences, shape (repeats, items), after every pass."""
    table = np.asarray(passes, dtype=float)
    means = table.cumsum(axis=0) / np.arange(1, len(table) + 1)[:, None]
    return regression_pvalue(table[0], list(means), null=null, repeats=len(table))


def test_a_single_answer_to_each_item_is_the_bets_alone():
    values = [-1.0] * 9 + [0.0] * 20
    assert regression_pvalue(values, null=-0.02) == pytest.approx(math.exp(-log_wealths(values, -0.02).max()))
    assert regression_upper_bound(values, alpha=ALPHA) == upper_bound(values, ALPHA)
    assert regression_pvalue(values, [np.full(29, -1.0)], null=-0.02) == regression_pvalue(values, null=-0.02)


def test_before_the_first_answer_nothing_is_shown():
    assert regression_pvalue([], null=-0.02, repeats=4) == 1.0
    assert regression_upper_bound([], alpha=ALPHA, repeats=4) == 1.0


@pytest.mark.parametrize("rates", [(0.0, 0.4), (0.1, 0.3), (0.2, 0.2)], ids=["broken", "divided", "alike"])
def test_over_all_passes_the_null_is_rejected_no_more_often_than_alpha(rates):
    """Three items, each of one of two kinds, answered three times: every table of answers, with its probability."""
    null = -sum(rates) / 2
    kinds = np.array(list(itertools.product(rates, repeat=3)))
    tables = np.array(list(itertools.product((0, 1), repeat=9))).reshape(-1, 3, 3)
    chances = np.mean([np.where(tables, kind, 1 - kind).prod(axis=(1, 2)) for kind in kinds], axis=0)
    assert chances.sum() == pytest.approx(1)
    found = np.array([pvalue(-table, null) for table in tables])
    for alpha in (0.5, 0.3, 0.2, 0.1, 0.05):
        assert chances @ (found <= alpha) <= alpha


def test_the_wealth_on_means_is_that_on_single_answers_over_all_ways_to_choose_one_of_each_item():
    """So it is a martingale from the last pass back to the first, and passes need no union bound."""
    table = np.random.default_rng(1).choice([-1.0, 0.0, 1.0], size=(3, 4))
    chosen = [
        math.exp(log_wealths(table[choice, range(4)], -0.02)[-1]) for choice in itertools.product(range(3), repeat=4)
    ]
    assert math.exp(log_wealths(table.mean(axis=0), -0.02)[-1]) == pytest.approx(np.mean(chosen))


def test_first_answers_and_passes_share_alpha():
    losses = [-1.0] * 20
    once = regression_pvalue(losses, null=-0.02)
    assert regression_pvalue(losses, null=-0.02, repeats=4) == pytest.approx(5 * once)
    assert regression_pvalue(losses, [losses], null=-0.02, repeats=4) == pytest.approx(1.25 * once)


def test_averaging_repeats_shows_what_first_answers_do_not():
    rng = np.random.default_rng(9)
    baseline, candidate = rng.random((16, 198)) < 0.8, rng.random((16, 198)) < 0.74
    table = candidate.astype(float) - baseline
    assert pvalue(table[:1].repeat(2, axis=0), -0.02) > ALPHA, "answers that stay the same show no more"
    assert pvalue(table, -0.02) < 0.01


@given(
    table=st.lists(st.lists(st.sampled_from([-1, 0, 1]), min_size=12, max_size=12), min_size=2, max_size=4),
    null=st.sampled_from([-0.5, -0.1, -0.02, 0.2]),
)
def test_the_bound_is_below_a_null_where_the_pvalue_is_below_alpha(table, null):
    array = np.array(table, dtype=float)
    means = list(array.cumsum(axis=0) / np.arange(1, len(array) + 1)[:, None])
    bound = regression_upper_bound(array[0], means, alpha=ALPHA, repeats=len(array))
    assert (pvalue(array, null) <= ALPHA) == (bound <= null) or abs(bound - null) < 1e-9


def test_a_macro_average_at_the_margin_is_seldom_called_worse():
    """All the loss in the smallest stratum, whose items weigh most."""
    rng = np.random.default_rng(6)
    strata = rng.permutation(["a"] * 50 + ["b"] * 114 + ["c"] * 114).tolist()
    small, blocks = np.array(strata) == "a", Blocks.of(strata)
    called = 0
    for _ in range(400):
        values = -np.where(small, rng.random(278) < 0.09, 0.0)
        called += regression_pvalue(values, null=-0.03, blocks=blocks) <= ALPHA
    assert called / 400 <= ALPHA + 3 * math.sqrt(ALPHA * (1 - ALPHA) / 400)


@pytest.mark.parametrize("rates", [(0.3, 0.3), (0.6, 0.0), (0.0, 0.6)], ids=["alike", "in the small", "in the large"])
def test_with_strata_the_null_is_rejected_no_more_often_than_alpha(rates):
    """Two items of one stratum and four of another, with the macro average at the null, by enumeration."""
    strata = ["a", "b", "b", "a", "b", "b"]
    loss = np.array([rates[name == "b"] for name in strata])
    blocks = Blocks.of(strata)
    lost = np.array(list(itertools.product((0, 1), repeat=6)))
    chances = np.where(lost, loss, 1 - loss).prod(axis=1)
    found = np.array([regression_pvalue(-row.astype(float), null=-0.3, blocks=blocks) for row in lost])
    wealth = [
        math.exp(log_wealths(*blocks.arranged(-row.astype(float))[:1], -0.3, stakes=blocks.stakes[:6])[-1])
        for row in lost
    ]
    assert chances @ wealth <= 1 + 1e-9
    for alpha in (0.5, 0.3, 0.2, 0.1, 0.05):
        assert chances @ (found <= alpha) <= alpha


def test_the_bound_of_a_macro_average_is_below_a_null_where_the_pvalue_is_below_alpha():
    rng = np.random.default_rng(3)
    strata = rng.permutation(["a"] * 10 + ["b"] * 30).tolist()
    blocks = Blocks.of(strata)
    for repeats in (1, 3):
        table = -(rng.random((repeats, 40)) < 0.3).astype(float)
        means = list(table.cumsum(axis=0) / np.arange(1, repeats + 1)[:, None])
        bound = regression_upper_bound(table[0], means, alpha=ALPHA, repeats=repeats, blocks=blocks)
        assert -0.3 < bound < 0.5
        for null, shown in ((bound - 1e-6, False), (bound + 1e-6, True)):
            found = regression_pvalue(table[0], means, null=null, repeats=repeats, blocks=blocks)
            assert (found <= ALPHA) is shown


def test_before_the_first_block_is_whole_nothing_is_shown():
    assert regression_pvalue([-1.0, -1.0], null=-0.02, blocks=Blocks.of(["a", "a", "b", "b"])) == 1.0
