"""The bets: by enumeration never more than alpha, at every answer; and what they see."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quantgate.evals.stats.sequential.betting import (
    Bets,
    fewest_losses_regressed,
    log_wealths,
    lower_bound,
    upper_bound,
)

pytestmark = pytest.mark.slow

ALPHA = 0.05


def paths(values, length):
    return np.array(list(itertools.product(range(len(values)), repeat=length)))


def enumerated(law, null, length, lowest=-1.0, highest=1.0):
    """The probability of every path of values, with its wealth after each."""
    values, chances = np.array([value for value, _ in law]), np.array([chance for _, chance in law])
    places = paths(values, length)
    wealth = np.exp([log_wealths(values[path], null, lowest=lowest, highest=highest) for path in places])
    return chances[places].prod(axis=1), wealth


def at_the_null(null, low, high, between, share):
    """A law of three values with the mean `null`: some of it at `between`, the rest at the two ends."""
    rest = (null - share * between) / (1 - share)
    upper = (rest - low) / (high - low)
    return [(low, (1 - share) * (1 - upper)), (high, (1 - share) * upper), (between, share)]


@settings(max_examples=25, deadline=None)
@given(margin=st.floats(0.001, 0.5), share=st.floats(0.0, 0.9), between=st.floats(-0.01, 0.01))
def test_the_wealth_is_a_martingale_at_the_null_and_seldom_twenty(margin, share, between):
    law = at_the_null(-margin, -1.0, 1.0, between if share * abs(between) < margin else 0.0, share)
    chances, wealth = enumerated(law, -margin, 6)
    assert wealth.min() >= 0
    assert np.allclose(chances @ wealth, 1.0, atol=1e-9), "what is bet is expected back"
    assert chances @ (wealth.max(axis=1) >= 1 / ALPHA) <= ALPHA
    assert chances @ (wealth.max(axis=1) >= 2) <= 0.5


@pytest.mark.parametrize("recovery", [0.9, 0.98])
def test_it_is_so_between_other_ends_too(recovery):
    """Both right, lost, both wrong, won: candidate - recovery x baseline, at a mean of exactly 0."""
    won, lost = 0.05, 0.1
    right = (recovery * lost - won) / (1 - recovery)
    law = [(1 - recovery, right), (-recovery, lost), (1.0, won)]
    total = right + lost + won
    law = [(value, chance / total) for value, chance in law]
    chances, wealth = enumerated(law, 0.0, 6, lowest=-recovery)
    assert np.allclose(chances @ wealth, 1.0)
    assert chances @ (wealth.max(axis=1) >= 1 / ALPHA) <= ALPHA


def test_a_better_mean_is_expected_to_lose_money():
    chances, wealth = enumerated([(-1.0, 0.1), (0.0, 0.8), (1.0, 0.1)], -0.02, 6)
    assert (np.diff(chances @ wealth) < 0).all()


def test_values_whose_law_depends_on_what_came_before_are_no_way_around_it():
    """More items are lost after a loss and fewer after a tie; the mean is the margin or more throughout."""
    reached = 0.0
    for path in paths((-1.0, 0.0), 8):
        chance, last = 1.0, 0.0
        values = []
        for step in path:
            rate = 0.3 if last else 0.1
            chance, last = chance * (rate if step == 0 else 1 - rate), float(step == 0)
            values.append(-last)
        reached += chance * (log_wealths(values, -0.3).max() >= math.log(2))
    assert reached <= 0.5


@pytest.mark.parametrize("discordance", [0.02, 0.04, 0.1, 0.2])
def test_a_build_exactly_the_margin_worse_is_seldom_called_worse(discordance):
    rng = np.random.default_rng(3)
    losses = (discordance + 0.02) / 2
    draws = rng.random((400, 1319))
    values = np.where(draws < losses, -1.0, np.where(draws < discordance, 1.0, 0.0))
    called = np.mean([log_wealths(row, -0.02).max() >= -math.log(ALPHA) for row in values])
    assert called <= ALPHA + 3 * math.sqrt(ALPHA * (1 - ALPHA) / 400)


@given(values=st.lists(st.floats(-1, 1), min_size=1, max_size=30), cut=st.integers(0, 30))
def test_one_by_one_and_all_at_once_are_the_same(values, cut):
    stepwise, whole = Bets(-0.02), Bets(-0.02)
    stepwise.add(values[:cut])
    for value in values[cut:]:
        stepwise.add(value)
    whole.add(values)
    wealth = log_wealths(values, -0.02)
    assert stepwise.log_wealth == pytest.approx(whole.log_wealth) == pytest.approx(wealth[-1])
    assert stepwise.max_log_wealth == pytest.approx(whole.max_log_wealth) == pytest.approx(max(0.0, wealth.max()))


def test_what_was_won_once_is_not_lost_again():
    bets = Bets(-0.02)
    bets.add([-1.0] * 10)
    sure = bets.pvalue
    bets.add([1.0] * 200)
    assert bets.log_wealth < 0 < bets.max_log_wealth
    assert bets.pvalue == sure < 0.01


def test_no_number_of_answers_is_too_many():
    for value in (-1.0, 1.0, 0.0):
        wealth = log_wealths(np.full(20_000, value), -0.02)
        assert np.isfinite(wealth).all()


@given(values=st.lists(st.sampled_from([-1.0, -0.25, 0.0, 0.5, 1.0]), min_size=1, max_size=40))
def test_the_bound_is_below_a_null_where_the_bets_reject_it(values):
    bound = upper_bound(values, ALPHA)
    for null in (-0.5, -0.02, 0.0, 0.3):
        rejected = log_wealths(values, null).max() >= -math.log(ALPHA)
        assert rejected == (bound <= null) or abs(bound - null) < 1e-9


def test_bounds_tighten_as_answers_come_and_with_alpha():
    rng = np.random.default_rng(5)
    values = rng.choice([-1.0, 0.0, 1.0], p=[0.1, 0.85, 0.05], size=600)
    uppers = [upper_bound(values[:n], ALPHA) for n in (0, 10, 100, 600)]
    assert uppers[0] == 1.0
    assert uppers == sorted(uppers, reverse=True)
    assert upper_bound(values, 0.01) > uppers[-1] > values.mean() > lower_bound(values, ALPHA)
    assert lower_bound(values, ALPHA) == -upper_bound(-values, ALPHA)


def test_equal_answers_bound_the_loss_and_no_answer_does_not():
    assert upper_bound([1.0] * 50, ALPHA) == 1.0
    assert lower_bound([0.0] * 1319, ALPHA) == pytest.approx(-0.0035, abs=0.0005)
    assert lower_bound([], ALPHA) == -1.0


@pytest.mark.parametrize(
    ("arguments", "values", "said"),
    [
        ({"null": 1.0}, [], "null must be at least"),
        ({"null": -0.1, "lowest": 0.0}, [], "null must be at least"),
        ({"null": -0.02}, [0.0, 1.5], r"values\[1\] is 1.5"),
        ({"null": -0.02}, [math.nan], r"values\[0\] is nan"),
        ({"null": -0.02}, [[0.0]], "one-dimensional"),
    ],
)
def test_what_cannot_be_bet_on_is_refused(arguments, values, said):
    with pytest.raises(ValueError, match=said):
        Bets(**arguments).add(values)


@pytest.mark.parametrize("alpha", [0.0, 1.0])
def test_an_alpha_that_is_none_is_refused(alpha):
    with pytest.raises(ValueError, match="alpha"):
        upper_bound([0.0], alpha)


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
