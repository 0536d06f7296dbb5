"""Where single answers pass and where they show a regression."""

import numpy as np
import pytest

from quantgate.evals.stats import noninferiority_pvalue
from quantgate.evals.stats.sequential.betting import Bets, log_wealths
from quantgate.evals.stats.sequential.borders import fewest_losses_regressed, most_losses_passing


@pytest.mark.parametrize("level", [0.05, 0.004])
def test_the_border_of_passing_is_that_of_the_exact_test(level):
    most = most_losses_passing(400, 0.05, level)
    for gains in (0, 3, 10, 20):
        exact = max(losses for losses in range(60) if noninferiority_pvalue(losses, gains, 400, 0.05) < level)
        assert exact == most[gains]


def test_below_the_levels_that_the_exact_test_can_be_held_to_nearly_nothing_passes():
    lowest, lower = most_losses_passing(400, 0.05, 0.001), most_losses_passing(400, 0.05, 0.00002)
    assert (lower <= lowest).all()
    assert (lower < lowest).mean() > 0.9


def test_from_the_border_of_a_regression_on_the_bets_have_won():
    fewest = fewest_losses_regressed(100, 0.02, 0.05)
    for gains in (0, 2, 9):
        for losses, won in ((fewest[gains] - 1, False), (fewest[gains], True)):
            bets = Bets(-0.02)
            bets.add([-1.0] * losses + [1.0] * gains + [0.0] * (100 - losses - gains))
            assert (bets.log_wealth >= np.log(20)) == won


def test_the_order_of_answers_does_not_change_the_wealth():
    values = np.repeat([-1.0, 0.0, 1.0], [9, 60, 4])
    shuffled = np.random.default_rng(1).permutation(values)
    assert log_wealths(values, -0.02)[-1] == pytest.approx(log_wealths(shuffled, -0.02)[-1])


def test_of_two_items_no_losses_are_enough():
    assert (fewest_losses_regressed(2, 0.02, 0.05) == [3, 2, 1]).all()
