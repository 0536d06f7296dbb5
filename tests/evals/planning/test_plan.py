"""What a margin costs, from guesses or from a pilot."""

from dataclasses import replace

import numpy as np
import pytest

from quantgate.evals.errors import UsageError
from quantgate.evals.pairing.pairing import Run, pair_runs
from quantgate.evals.planning.assumptions import assume
from quantgate.evals.planning.options import check_aim
from quantgate.evals.planning.pilot import pilot
from quantgate.evals.planning.plan import make_plan
from quantgate.evals.planning.types import Aim, Assumptions, Guess
from quantgate.evals.stats.planning.items import items_for_power
from quantgate.evals.stats.planning.power import exact_power
from quantgate.evals.stats.planning.simulation import simulated_repeats
from tests.evals.made_runs import pair_of, run_of

GPQA = Assumptions("gpqa_diamond", 198, 198, 0.1, 0.0025, 0.0975, tokens=1000.0)


def test_where_the_items_are_enough_so_many_are_asked_once():
    (row,) = make_plan(assume(None, 1319, Guess(discordance=0.03)), Aim(margins=(0.02,))).rows
    assert row.items_needed == row.ask == items_for_power(0.02, 0.03)
    assert (row.repeats, row.requests) == (1, 2 * row.ask)
    assert row.power_now == exact_power(1319, 0.02, 0.03)
    assert (row.tokens, row.hours) == (None, None)
    assert (row.power, row.simulations) == (exact_power(row.ask, 0.02, 0.03), None)
    assert row.power >= 0.8


def test_where_they_are_too_few_all_are_asked_repeatedly():
    (row,) = make_plan(GPQA, Aim(margins=(0.03,), throughput=1000.0)).rows
    planned = simulated_repeats(198, 0.03, between_variance=0.0025, within_variance=0.0975)
    k = planned.repeats
    assert 4 <= k <= 16
    assert (row.power, row.power_error) == (planned.power.power, planned.power.standard_error)
    assert row.simulations == planned.power.runs
    assert (row.ask, row.repeats, row.requests) == (198, k, 2 * 198 * k)
    assert row.tokens == 2 * 198 * k * 1000
    assert row.hours == pytest.approx(row.tokens / 1000 / 3600)


def test_one_point_is_out_of_reach_of_gpqa_diamond():
    (row,) = make_plan(GPQA, Aim(margins=(0.01,))).rows
    assert (row.ask, row.repeats, row.requests, row.tokens, row.power) == (None, None, None, None, None)


def test_no_more_repeats_than_allowed_are_planned():
    (row,) = make_plan(GPQA, Aim(margins=(0.03,), repeats=2)).rows
    assert row.repeats is None


def test_with_three_required_tasks_each_aims_higher():
    aim = Aim(margins=(0.05,), tasks=3)
    assert round(aim.task_power, 2) == 0.93
    alone, among = (make_plan(GPQA, one).rows[0].items_needed for one in (replace(aim, tasks=1), aim))
    assert alone < among


def test_margins_come_sorted_and_once():
    assert [row.margin for row in make_plan(GPQA, Aim(margins=(0.05, 0.04, 0.05))).rows] == [0.04, 0.05]


def test_more_flips_than_half_are_not_all_noise():
    assumed = assume(None, 100, Guess(discordance=0.9))
    assert (assumed.between, assumed.within) == (pytest.approx(0.8), pytest.approx(0.1))


def test_what_is_not_given_is_derived_and_named():
    assumed = assume("gpqa_diamond", None, Guess(accuracy=0.92))
    assert (assumed.items, assumed.discordance) == (198, pytest.approx(0.08))
    assert assumed.between + assumed.within == pytest.approx(0.08)
    assert [note.split(":")[0] for note in assumed.notes] == ["assumed", "assumed for repeats"]
    assert assume(None, 500, Guess(discordance=0.05, within_variance=0.04)).notes == ()


def test_a_macro_average_counts_as_fewer_items():
    assumed = assume("tau2", None, Guess())
    assert (assumed.items, assumed.pool) == (278, 239)
    row = make_plan(assumed, Aim(margins=(0.2,))).rows[0]
    assert row.items_needed == pytest.approx(items_for_power(0.2, 0.18) * 278 / 239, abs=1)


def pilot_of(baseline: Run, candidate: Run, items: int | None = None, guess: Guess | None = None) -> Assumptions:
    return pilot(pair_runs(baseline, candidate).tasks[0], (baseline, candidate), items, guess or Guess())


def test_a_pilot_gives_the_discordance_and_its_interval():
    assumed = pilot_of(*pair_of(6, 4, 100))
    assert (assumed.items, assumed.discordance) == (1319, 0.1)  # gsm8k's size is known
    assert any("10 of 100 items flipped" in note for note in assumed.notes)
    assert pilot_of(*pair_of(6, 4, 100), items=400).items == 400
    assert pilot_of(*pair_of(6, 4, 100), guess=Guess(discordance=0.05)).discordance == 0.05


def test_a_pilot_without_a_flip_is_not_believed():
    assert pilot_of(*pair_of(0, 0, 50)).discordance == 1 / 50


def test_a_pilot_with_repeats_tells_true_change_from_noise():
    rng = np.random.default_rng(1)
    runs = []
    for label in ("fp8", "mxfp4"):
        run = run_of([1.0] * 400, label=label, repeats=8, name="mine")
        samples = {key: replace(one, score=float(rng.random() < 0.8)) for key, one in run.samples.items()}
        runs.append(Run(run.record, samples))
    assumed = pilot_of(*runs)
    assert assumed.items == 400
    assert assumed.within == pytest.approx(0.32, abs=0.02)
    assert assumed.between < 0.01


def test_a_pilots_tokens_are_those_that_its_servers_told():
    baseline, candidate = pair_of(6, 4, 100)
    told = Run(
        baseline.record, {key: replace(one, usage={"completion_tokens": 250}) for key, one in baseline.samples.items()}
    )
    assert pilot_of(told, candidate).tokens == 250
    assert pilot_of(baseline, candidate).tokens is None
    assert pilot_of(told, candidate, guess=Guess(tokens=9.0)).tokens == 9


def test_missing_answers_of_a_pilot_are_left_out():
    assumed = pilot_of(run_of([1.0, None, 1.0, 0.0] * 10), run_of([1.0, 1.0, None, 1.0] * 10))
    assert assumed.discordance == 0.5


@pytest.mark.parametrize("scores", [([1.0], {"version": "2"}), ([None] * 2, {})])
def test_a_pilot_that_says_nothing_is_refused(scores):
    values, other = scores
    with pytest.raises(UsageError, match="gsm8k: the pilot"):
        pilot_of(run_of([1.0] * len(values)), run_of(values, **other))


@pytest.mark.parametrize(
    ("task", "items", "guess", "said"),
    [
        (None, None, Guess(), "give --items N"),
        ("mine", None, Guess(), "--task mine: its size is not known; give --items N"),
        (None, 0, Guess(), "--items 0"),
        (
            None,
            99,
            Guess(accuracy=95),
            "--accuracy 95: an accuracy is a share of items, from 0 to 1; for 95% write 0.95",
        ),
        (None, 99, Guess(accuracy=0.95, discordance=0.2), "differ on at most 0.1 of the items"),
        (
            None,
            99,
            Guess(discordance=5),
            "--discordance 5: the share of items that flip, from 0 to 1; for 5% write 0.05",
        ),
        (
            None,
            99,
            Guess(discordance=0.1, within_variance=0.2),
            "--within-variance 0.2: the noise of re-runs is a part",
        ),
        (None, 99, Guess(discordance=0.7, within_variance=0.4), "the noise of re-runs explains 0.3 at most"),
        (None, 99, Guess(discordance=float("nan")), "--discordance nan"),
        (None, 99, Guess(tokens=0), "--tokens-per-answer 0"),
    ],
)
def test_a_guess_that_cannot_be_is_refused_with_what_to_write(task, items, guess, said):
    with pytest.raises(UsageError) as refusal:
        assume(task, items, guess)
    assert said in str(refusal.value)


@pytest.mark.parametrize(
    ("aim", "said"),
    [
        (
            Aim(margins=(2,)),
            "--margin 2: a margin is a fraction, 0.02 is two points, from 0.0001 to 0.9999; for 2% write",
        ),
        (Aim(power=80), "for 80% write 0.8"),
        (Aim(power=0.3), "--power 0.3"),
        (Aim(alpha=5), "--alpha 5: the one-sided error rate"),
        (Aim(tasks=0), "--tasks 0"),
        (Aim(repeats=0), "--repeats 0"),
        (Aim(throughput=0.0), "--throughput 0"),
    ],
)
def test_an_aim_that_cannot_be_is_refused_with_what_to_write(aim, said):
    with pytest.raises(UsageError) as refusal:
        check_aim(aim)
    assert said in str(refusal.value)


@pytest.mark.parametrize(
    "guess", [Guess(accuracy=1.0), Guess(accuracy=0.0), Guess(discordance=0.0), Guess(discordance=1.0)]
)
def test_the_ends_of_the_range_give_a_plan(guess):
    (row,) = make_plan(assume(None, 100, guess), Aim(margins=(0.3,))).rows
    assert row.items_needed is None or row.items_needed >= 1
