"""Fresh items beside a benchmark that is too small."""

from quantgate.evals.planning.assumptions import assume
from quantgate.evals.planning.fresh import with_fresh
from quantgate.evals.planning.plan import make_plan
from quantgate.evals.planning.types import MOST_ITEMS, Aim, Guess
from quantgate.evals.settings.requirements import Target
from quantgate.evals.stats.planning.items import items_for_power
from quantgate.evals.stats.planning.power import exact_power
from quantgate.tasks.gsm8k import INFO as GSM8K
from quantgate.tasks.gsm_symbolic import INFO

KNOWN = {"gsm8k": GSM8K, "gsm_symbolic": INFO}


def planned(items: int, margin: float, guess: Guess = Guess(), piloted: bool = False, **wanted):  # noqa: B008
    plan = make_plan(assume(None, items, guess), Aim(margins=(margin,), repeats=1, **wanted))
    (row,) = with_fresh(plan, guess, KNOWN, piloted=piloted).rows
    return row


def test_what_198_items_never_settle_is_settled_by_fresh_ones():
    row = planned(198, 0.01)
    assert row.ask is None
    assert (row.fresh.task, row.fresh.items) == ("gsm_symbolic", 3138)
    assert row.fresh.power == exact_power(3138, 0.01, row.fresh.discordance) >= 0.8
    assert row.fresh.requests == 2 * 3138


def test_where_the_items_are_enough_nothing_is_said():
    assert planned(1319, 0.03, Guess(discordance=0.03)).fresh is None


def test_guessed_flips_are_those_of_the_fresh_items_too():
    assert planned(198, 0.02, Guess(discordance=0.1)).fresh.items == items_for_power(0.02, 0.1)


def test_a_pilots_flips_are_those_of_the_fresh_items_too():
    plan = make_plan(assume(None, 198, Guess(discordance=0.12)), Aim(margins=(0.05,), repeats=1))
    (row,) = with_fresh(plan, Guess(), KNOWN, piloted=True).rows
    assert row.fresh.items == items_for_power(0.05, 0.12)


def test_a_verdict_on_the_very_questions_is_not_served_by_others():
    assert planned(50, 0.02, Guess(discordance=0.1, within_variance=0.1), target=Target.BENCHMARK).fresh is None


def test_more_than_any_plan_speaks_of_is_not_promised():
    assert planned(198, 0.002).fresh is None


def test_a_task_without_end_is_planned_at_as_many_items_as_the_margin_needs():
    assumed = assume("gsm_symbolic", None, Guess(), INFO)
    assert (assumed.fresh, assumed.items) == (True, MOST_ITEMS)
    plan = make_plan(assumed, Aim(margins=(0.01,)))
    assert plan.rows[0].ask == 3138
    assert with_fresh(plan, Guess(), KNOWN) == plan
