"""What passes at a level, of all numbers of flips at once, held against the p-value of each outcome."""

from itertools import pairwise

import numpy as np
import pytest

from quantgate.evals.stats import noninferiority_pvalue
from quantgate.evals.stats.exact.noninferiority import exact_pvalue
from quantgate.evals.stats.sequential.ordering import PassingOutcomes, closed, most_losses_passing

pytestmark = pytest.mark.slow


def most_losses(n, margin, level):
    return PassingOutcomes(n, margin, np.array([level])).most_losses(0)


def one_by_one(n, margin, level):
    return [
        max((lost for lost in range(flips + 1) if exact_pvalue(lost, flips - lost, n, -margin) < level), default=-1)
        for flips in range(n + 1)
    ]


@pytest.mark.parametrize(
    ("n", "margin", "level"),
    [(1, 0.5, 0.3), (7, 0.2, 0.1), (20, 0.05, 0.02), (25, 0.3, 0.005), (30, 0.1, 0.049), (12, 0.9, 0.03)],
)
def test_few_items_pass_as_their_pvalues_say(n, margin, level):
    assert list(most_losses(n, margin, level)) == one_by_one(n, margin, level)


@pytest.mark.parametrize("margin", [-0.1, -0.3])
def test_a_negative_margin_asks_for_a_gain(margin):
    assert list(most_losses(20, margin, 0.05)) == one_by_one(20, margin, 0.05)


@pytest.mark.parametrize(
    ("n", "margin", "level"), [(198, 0.05, 0.02), (400, 0.002, 0.05), (1319, 0.02, 0.0056), (1319, 0.02, 0.05)]
)
def test_of_many_items_nothing_passes_that_is_left_out(n, margin, level):
    found = most_losses(n, margin, level)
    rng = np.random.default_rng(n)
    for flips in [*range(0, min(n, 60), 7), *rng.integers(0, n + 1, 12)]:
        edge = int(found[flips])
        for lost in range(edge + 1, min(edge + 3, int(flips)) + 1):
            assert noninferiority_pvalue(lost, int(flips) - lost, n, margin) >= level
        if edge >= 0:
            assert noninferiority_pvalue(edge, int(flips) - edge, n, margin) < level * 1.002


def test_no_flip_passes_from_the_stated_number_of_items_on():
    assert most_losses(149, 0.02, 0.05)[0] == 0
    assert most_losses(148, 0.02, 0.05)[0] == -1


def test_a_higher_level_passes_more():
    levels = np.geomspace(0.001, 0.4, 9)
    found = PassingOutcomes(60, 0.05, levels)
    edges = [found.most_losses(place) for place in range(9)]
    assert all((later >= earlier).all() for earlier, later in pairwise(edges))
    assert (edges[-1] > edges[0]).any()


def test_a_closed_set_is_left_by_no_loss_fewer_and_no_gain_more():
    most = closed(np.array([-1, -1, 2, 0, 1, 1, 6]))
    assert list(most) == [0, 1, 2, 3, 4, 5, 6]
    assert list(closed(np.array([-1, 0, 0, 1]))) == [-1, 0, 0, 1]


@pytest.mark.parametrize("level", [0.05, 0.004])
def test_the_border_of_passing_is_that_of_the_exact_test(level):
    most = most_losses_passing(400, 0.05, level)
    for gains in (0, 3, 10, 20):
        exact = max(losses for losses in range(60) if noninferiority_pvalue(losses, gains, 400, 0.05) < level)
        assert exact == most[gains]


def test_below_the_levels_that_the_exact_test_can_be_held_to_nearly_nothing_passes():
    lowest, lower = most_losses_passing(400, 0.05, 0.001), most_losses_passing(400, 0.05, 0.00002)
    assert (lower <= lowest).all()
    has_limit = lowest < 400 - np.arange(401)
    assert (lower < lowest)[has_limit].mean() > 0.9
