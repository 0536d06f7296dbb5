"""What would settle a published claim: items, at each discordance rate that its numbers leave open."""

import numpy as np
import pytest

from quantgate.evals.stats import plan_items
from quantgate.evals.stats.planning.power import exact_power
from quantgate.evals.stats.published.settling import settling_items


def test_what_would_settle_it_grows_with_the_flips_that_are_possible():
    rates, items = zip(*settling_items((2, 0), (9, 7), 200, 0.03).items(), strict=True)
    assert rates == pytest.approx([0.01, np.sqrt(0.01 * 0.08), 0.08])
    assert items[-1] >= plan_items(0.08, 0.03, difference=-0.01)
    assert items[0] < items[1] < items[2]


def test_nothing_settles_a_difference_beyond_the_margin():
    assert set(settling_items((8, 0), (12, 4), 200, 0.03).values()) == {None}


def test_equal_accuracies_are_planned_for_as_if_one_item_flipped_at_least():
    assert next(iter(settling_items((0, 0), (0, 0), 200, 0.03))) == 1 / 200


@pytest.mark.parametrize(
    ("closest", "farthest", "n", "margin"), [((2, 0), (9, 7), 200, 0.03), ((0, 0), (4, 4), 300, 0.02)]
)
def test_so_many_items_have_the_power_that_is_said(closest, farthest, n, margin):
    difference = (closest[1] - closest[0]) / n
    for rate, items in settling_items(closest, farthest, n, margin).items():
        assert exact_power(items, margin, rate, difference) >= 0.8
        assert exact_power(int(0.97 * items), margin, rate, difference) < 0.8


def test_what_no_benchmark_has_is_no_number():
    assert settling_items((18, 0), (60, 42), 1000, 0.02)[0.102] is None
