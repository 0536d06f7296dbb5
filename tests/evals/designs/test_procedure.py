"""The whole procedure, simulated: how checks of single answers end."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from quantgate.evals.contract.design import Design, Look
from quantgate.evals.designs.procedure import Ends, simulated_course
from quantgate.evals.stats.planning.power import exact_power
from quantgate.evals.stats.sequential.betting import log_wealths

SIZES = (264, 526, 1049, 1319)
SHARES = (0.005, 0.008, 0.017, 0.02)
DESIGN = Design(
    items=1319,
    repeats=1,
    margin=0.02,
    alpha=0.05,
    regression_alpha=0.05,
    futility=0.05,
    looks=tuple(
        Look(n, 1, spent, share) for n, spent, share in zip(SIZES, np.cumsum(SHARES).round(3), SHARES, strict=True)
    ),
    order="any",
)
ONE_LOOK = replace(DESIGN, looks=(Look(1319, 1, 0.05, 0.05),), futility=0.0)


def test_one_look_is_the_fixed_test_beside_which_nothing_is_gained_or_lost():
    found = simulated_course(ONE_LOOK, 0.06)
    assert found.passed == pytest.approx(exact_power(1319, 0.02, 0.06), abs=0.03)
    assert found.median == found.most == 1319


def test_an_equal_build_is_passed_sooner_and_nearly_as_often():
    found = simulated_course(DESIGN, 0.03)
    assert found.passed > 0.95
    assert found.mean < 0.65 * 1319
    assert found.regressed < 0.01


def test_a_broken_build_is_stopped_after_dozens_of_items():
    found = simulated_course(DESIGN, 0.4, -0.3, runs=500)
    assert found.regressed == 1.0
    assert found.mean < 40


def test_at_the_margin_neither_verdict_is_given_more_often_than_it_may():
    found = simulated_course(DESIGN, 0.04, -0.02)
    assert max(found.passed, found.regressed) < 0.05 + 3 * np.sqrt(0.05 * 0.95 / 2000)
    assert found.inconclusive == pytest.approx(1 - found.passed - found.regressed)


def test_giving_up_saves_answers_and_costs_hardly_a_pass():
    stubborn = replace(DESIGN, futility=0.0)
    with_it, without = (simulated_course(design, 0.04, -0.02) for design in (DESIGN, stubborn))
    assert with_it.mean < 0.9 * without.mean
    equal, stubborn_equal = (simulated_course(design, 0.06) for design in (DESIGN, stubborn))
    assert 0 <= stubborn_equal.passed - equal.passed <= 0.005


def test_the_bets_are_won_where_their_wealth_says_so():
    """Looked at after losses alone, as the simulation does, and after every item."""
    rng = np.random.default_rng(5)
    bets_only = replace(ONE_LOOK, looks=(Look(1319, 1, 0.001, 0.0),), alpha=0.001)
    ends = []
    for _ in range(200):
        draws = rng.random(1319)
        values = np.where(draws < 0.1, -1.0, np.where(draws < 0.12, 1.0, 0.0))
        won = np.flatnonzero(log_wealths(values, -0.02) >= np.log(20))
        ends.append(won[0] + 1 if won.size else 1319)
    found = simulated_course(bets_only, 0.12, -0.08, runs=1000)
    assert found.mean == pytest.approx(np.mean(ends), rel=0.15)


def test_what_comes_first_decides():
    never = np.inf
    ends = Ends(
        passes=np.array([10, never, 10, never, 20]),
        regresses=np.array([never, 10, 10, never, never]),
        hopeless=np.array([never, never, never, 10, 10]),
    )
    found = ends.course(30)
    assert (found.passed, found.regressed, found.inconclusive) == (0.2, 0.4, pytest.approx(0.4))
    assert found.mean == 10


def test_more_flips_or_a_loss_take_more_items():
    means = [simulated_course(DESIGN, psi, runs=500).mean for psi in (0.01, 0.03, 0.06)]
    assert all(earlier < later for earlier, later in pairwise(means))


def test_a_seed_repeats_the_answer():
    assert simulated_course(DESIGN, 0.03, runs=200, seed=4) == simulated_course(DESIGN, 0.03, runs=200, seed=4)


@pytest.mark.parametrize(
    ("changes", "truth", "said"),
    [
        ({}, (0.01, -0.02), "larger than the discordance rate"),
        ({"margin": None}, (0.03, 0.0), "single answers with a margin|margin must lie"),
    ],
)
def test_what_cannot_be_simulated_is_refused(changes, truth, said):
    with pytest.raises(ValueError, match=said):
        simulated_course(replace(DESIGN, **changes), *truth)
