"""What a margin costs."""

from dataclasses import replace

import pytest

from quantgate.evals.planning import types
from quantgate.evals.planning.assumptions import assume
from quantgate.evals.planning.plan import make_plan
from quantgate.evals.planning.types import Aim, Assumptions, Guess
from quantgate.evals.settings.requirements import Target
from quantgate.evals.stats.planning import items, repeats
from quantgate.evals.stats.planning.items import items_for_power
from quantgate.evals.stats.planning.macro import macro_repeats
from quantgate.evals.stats.planning.power import exact_power
from quantgate.evals.stats.planning.simulation import simulated_repeats
from quantgate.evals.stats.planning.strata import macro_power
from quantgate.tasks.gsm8k import INFO as GSM8K
from quantgate.tasks.tau2.info import INFO

GPQA = Assumptions("gpqa_diamond", 198, (198,), 0.1, 0.0025, 0.0975, tokens=1000.0)


def test_where_the_items_are_enough_so_many_are_asked_once():
    (row,) = make_plan(assume(None, 1319, Guess(discordance=0.03)), Aim(margins=(0.02,))).rows
    assert row.items_needed == row.ask == items_for_power(0.02, 0.03)
    assert (row.repeats, row.requests) == (1, 2 * row.ask)
    assert row.power_now == exact_power(1319, 0.02, 0.03)
    assert (row.tokens, row.hours) == (None, None)
    assert (row.power, row.simulations) == (exact_power(row.ask, 0.02, 0.03), None)
    assert row.power >= 0.8


@pytest.mark.slow
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


@pytest.mark.slow
def test_with_three_required_tasks_each_aims_higher():
    aim = Aim(margins=(0.05,), tasks=3)
    assert round(aim.task_power, 2) == 0.93
    alone, among = (make_plan(GPQA, one).rows[0].items_needed for one in (replace(aim, tasks=1), aim))
    assert alone < among


@pytest.mark.slow
def test_margins_come_sorted_and_once():
    assert [row.margin for row in make_plan(GPQA, Aim(margins=(0.05, 0.04, 0.05))).rows] == [0.04, 0.05]


@pytest.mark.slow
def test_a_macro_average_is_planned_with_the_bound_over_strata():
    assumed = assume("tau2", None, Guess(), INFO)
    assert (assumed.items, assumed.strata) == (278, (50, 114, 114))
    row = make_plan(assumed, Aim(margins=(0.05,))).rows[0]
    planned = macro_repeats(assumed.strata, 0.05, between_variance=assumed.between, within_variance=assumed.within)
    assert (row.ask, row.repeats, row.power) == (278, planned.repeats, planned.power.power)
    assert row.power_now == pytest.approx(macro_power(assumed.strata, assumed.discordance, 0.05))
    assert row.items_needed > items_for_power(0.05, assumed.discordance)


def test_the_power_at_a_real_loss_stands_beside_the_plan():
    (row,) = make_plan(assume(None, 1319, Guess(discordance=0.05)), Aim(margins=(0.02,))).rows
    assert [(at.loss, round(at.power, 2)) for at in row.at_losses] == [(0.005, 0.58), (0.01, 0.34)]


@pytest.mark.slow
def test_a_plan_may_aim_at_a_real_loss():
    (row,) = make_plan(assume(None, 20_000, Guess(discordance=0.05)), Aim(margins=(0.03,), true_loss=0.005)).rows
    assert row.ask == items_for_power(0.03, 0.05, difference=-0.005)
    assert row.power == exact_power(row.ask, 0.03, 0.05, -0.005)
    assert [at.loss for at in row.at_losses] == [0.0, 0.01]


def test_a_margin_no_larger_than_the_loss_is_out_of_reach():
    rows = make_plan(assume(None, 1319, Guess(discordance=0.05)), Aim(margins=(0.01, 0.03), true_loss=0.01)).rows
    assert [row.ask is None for row in rows] == [True, False]
    assert rows[0].power_now <= 0.05


@pytest.mark.parametrize(
    "guess", [Guess(accuracy=1.0), Guess(accuracy=0.0), Guess(discordance=0.0), Guess(discordance=1.0)]
)
def test_the_ends_of_the_range_give_a_plan(guess):
    (row,) = make_plan(assume(None, 100, guess), Aim(margins=(0.3,))).rows
    assert row.items_needed is None or row.items_needed >= 1


def test_a_plan_reaches_as_far_as_the_power_is_computed():
    assert (types.MOST_ITEMS, types.MOST_REPEATS) == (items.MOST_ITEMS, repeats.MOST_REPEATS)


def test_greedy_answers_to_a_benchmark_are_planned_as_those_to_questions_like_these():
    these, like = (
        make_plan(assume("gsm8k", None, Guess(), GSM8K), Aim(margins=(0.02, 0.03), target=target)).rows
        for target in (Target.BENCHMARK, Target.QUESTIONS)
    )
    assert these == like


def test_whoever_says_what_re_runs_vary_by_does_not_decode_greedily():
    assert assume("gsm8k", None, Guess(), GSM8K).one_answer
    assert not assume("gsm8k", None, Guess(discordance=0.05, within_variance=0.03), GSM8K).one_answer


@pytest.mark.slow
def test_where_a_margin_is_out_of_reach_the_smallest_that_is_not_is_said():
    few = Assumptions("aime25", 30, (30,), 0.1, 0.002, 0.098)
    plan = make_plan(few, Aim(margins=(0.05,)))
    assert (plan.rows[0].repeats, plan.settles) == (None, 0.11)  # 0.05 ** (1 / 30) alone leaves 9.5 points
    (reached,) = make_plan(few, Aim(margins=(0.11,))).rows
    assert reached.repeats is not None


def test_three_items_settle_no_margin_worth_the_name():
    assert make_plan(Assumptions("few", 3, (3,), 0.1, 0.002, 0.098), Aim(margins=(0.05,))).settles is None
