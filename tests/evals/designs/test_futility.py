"""Whether a verdict is still to be expected, against simulations of what is to come."""

from dataclasses import replace

import numpy as np
import pytest

from quantgate.evals.contract.design import Design, Look
from quantgate.evals.designs.futility import Outlook, outlook, outlook_of_means, outlooks, places
from quantgate.evals.stats.planning.strata import bound_tail
from quantgate.evals.stats.sequential.betting import log_wealth_of_counts
from quantgate.evals.stats.sequential.ordering import most_losses_passing

SIZES = (264, 526, 1049, 1319)
LEVELS = (0.005, 0.009, 0.026, 0.036)
SPENT = (0.005, 0.013, 0.034, 0.05)
DESIGN = Design(
    items=1319,
    repeats=1,
    margin=0.02,
    alpha=0.05,
    regression_alpha=0.05,
    futility=0.05,
    looks=tuple(Look(n, 1, spent, level) for n, spent, level in zip(SIZES, SPENT, LEVELS, strict=True)),
    order="any",
)
REPEATED = replace(
    DESIGN,
    items=198,
    repeats=16,
    margin=0.03,
    looks=tuple(Look(198, repeats, 0.05 * repeats / 16) for repeats in (2, 4, 8, 16)),
)


def went_on(losses, gains, items, *, equal, runs=20_000):
    """The shares of builds that pass and that are shown to be worse at looks to come, by simulation."""
    rng = np.random.default_rng(losses + items)
    loss, gain = (losses + 0.5) / (items + 1), (gains + 0.5) / (items + 1)
    if equal:
        loss = gain = (loss + gain) / 2
    lost, won = np.full(runs, losses), np.full(runs, gains)
    passed, worse = np.zeros(runs, dtype=bool), np.zeros(runs, dtype=bool)
    for look in DESIGN.looks:
        if look.items > items:
            more = rng.binomial(look.items - items, loss, runs)
            won = won + rng.binomial(look.items - items - more, gain / (1 - loss))
            lost, items = lost + more, look.items
            passed |= lost <= most_losses_passing(items, 0.02, look.level)[won]
            worse |= log_wealth_of_counts(lost, won, np.full(runs, items), -0.02) >= np.log(20)
    return passed.mean(), worse.mean()


@pytest.mark.parametrize(
    ("losses", "gains", "items"), [(18, 1, 264), (27, 6, 526), (32, 12, 662), (30, 9, 833), (36, 14, 1049)]
)
def test_low_conditional_powers_are_those_of_what_may_come_and_not_below(losses, gains, items):
    found = outlook(DESIGN, losses, gains, items)
    passed, _ = went_on(losses, gains, items, equal=True)
    _, worse = went_on(losses, gains, items, equal=False)
    for power, share in ((found.pass_power, passed), (found.regression_power, worse)):
        if share < 0.1:
            assert share - 0.015 <= power <= 1.6 * share + 0.01


def test_it_is_hopeless_only_where_neither_verdict_is_likely():
    assert Outlook(0.04, 0.04, False).hopeless(0.05)
    assert not Outlook(0.06, 0.0, False).hopeless(0.05)
    assert not Outlook(0.0, 0.06, True).hopeless(0.05), "it may still be shown to be worse"
    assert not Outlook(0.0, 0.0, True).hopeless(0.0), "0 turns it off"


def test_no_flip_so_far_is_full_of_hope():
    found = outlook(DESIGN, 0, 0, 60)
    assert found.pass_power > 0.9
    assert not found.out_of_reach


def test_where_no_further_loss_is_no_way_to_pass_it_says_so():
    assert outlook(DESIGN, 45, 5, 1200).out_of_reach
    assert outlook(DESIGN, 45, 5, 1200).pass_power < 0.001
    assert not outlook(DESIGN, 45, 45, 1200).out_of_reach


def test_at_the_full_size_nothing_is_to_come():
    assert outlook(DESIGN, 40, 5, 1319) == Outlook(0.0, 0.0, out_of_reach=True)


def test_a_build_that_is_much_worse_goes_on_until_the_bets_have_shown_it():
    found = outlook(DESIGN, 10, 2, 100)
    assert found.regression_power > 0.5
    assert not found.hopeless(0.05)


def test_the_bets_own_alpha_counts():
    strict = replace(DESIGN, regression_alpha=0.001)
    assert outlook(strict, 24, 6, 400).regression_power < outlook(DESIGN, 24, 6, 400).regression_power


def test_a_look_at_which_nothing_is_spent_passes_nothing():
    first, *others = DESIGN.looks
    silent = replace(DESIGN, looks=(replace(first, level=0.0), *others))
    assert outlook(silent, 0, 0, 100).pass_power <= outlook(DESIGN, 0, 0, 100).pass_power
    assert outlook(replace(silent, looks=(replace(first, level=0.0, items=1319, spent=0.05),)), 0, 0, 9).pass_power == 0


def test_many_outcomes_at_once_are_as_one_by_one():
    losses, gains = np.array([20, 30, 9]), np.array([3, 22, 0])
    passes, regressions = outlooks(DESIGN, losses, gains, 400)
    for place in range(3):
        one = outlook(DESIGN, int(losses[place]), int(gains[place]), 400)
        assert (one.pass_power, one.regression_power) == (passes[place], regressions[place])


def test_it_is_asked_at_looks_and_at_every_twentieth_from_the_first_look_on():
    found = places(DESIGN)
    assert set(SIZES) <= set(found)
    assert min(found) == 264
    assert max(np.diff(found)) <= 66
    assert places(replace(DESIGN, items=4, looks=(Look(2, 1, 0.01), Look(4, 1, 0.05)))) == (2, 3, 4)


def test_a_design_without_points_has_no_outlook_of_counts():
    with pytest.raises(ValueError, match="no margin in points"):
        outlook(replace(DESIGN, margin=None), 1, 1, 50)


NOISE = {"between": 0.0019, "within": 0.236}


class TestMeans:
    """198 items x 16 answers, margin 3 points."""

    def test_an_equal_build_is_full_of_hope_and_one_at_the_margin_is_not(self):
        assert outlook_of_means(REPEATED, 0.0, 198, 4, **NOISE).pass_power > 0.7
        bad = outlook_of_means(REPEATED, -0.035, 198, 12, **NOISE)
        assert bad.hopeless(0.05)

    def test_what_is_far_worse_may_be_shown_to_be(self):
        found = outlook_of_means(REPEATED, -0.1, 198, 4, **NOISE)
        assert found.pass_power < 0.05 < found.regression_power

    def test_the_chance_is_that_of_answers_to_come(self):
        """Items all alike, so that answers to come are independent of those that were."""
        between, within, rng = 0.0, 0.236, np.random.default_rng(2)
        estimate, runs = -0.024, 40_000
        last = (estimate * 12 + rng.normal(0, np.sqrt(within / 4 / 198), runs) * 4) / 16
        assert REPEATED.share(3) == pytest.approx(0.025)
        passed = (bound_tail(0.03 + last, np.sqrt(within / 16 / 198), 1 / 199) < 0.025).mean()
        found = outlook_of_means(REPEATED, estimate, 198, 12, between=between, within=within)
        assert found.pass_power == pytest.approx(passed, abs=0.01)

    def test_a_recovery_has_a_margin_of_zero_and_an_equal_build_above_it(self):
        recovery = replace(REPEATED, margin=None)
        of_equal = outlook_of_means(recovery, 0.0, 198, 4, margin=0.0, equal=0.03, **NOISE)
        of_lost = outlook_of_means(recovery, 0.0, 198, 4, margin=0.0, equal=0.0, **NOISE)
        assert of_equal.pass_power > of_lost.pass_power

    def test_answers_that_never_differ_pass_or_do_not(self):
        assert outlook_of_means(REPEATED, 0.0, 198, 2, between=0.0, within=0.0).pass_power == 1.0
        assert outlook_of_means(REPEATED, -0.4, 198, 2, between=0.0, within=0.0).pass_power == 0.0

    def test_where_even_winning_all_the_rest_does_not_pass_it_is_out_of_reach(self):
        wide = replace(REPEATED, looks=(Look(198, 15, 0.025), Look(198, 16, 0.05)))
        assert outlook_of_means(wide, -0.4, 198, 15, **NOISE).out_of_reach
        assert not outlook_of_means(REPEATED, -0.05, 198, 8, **NOISE).out_of_reach
