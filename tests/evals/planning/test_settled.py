"""Which margin given items and repeats settle: the one that `plan` gives this power, and none below it."""

import pytest

from quantgate.evals.planning.assumptions import assume
from quantgate.evals.planning.settled import AskedSize, settled_by, settled_margin, settled_mean
from quantgate.evals.planning.types import Guess
from quantgate.evals.settings.policy import Policy
from quantgate.evals.stats.planning.power import asymptotic_power, exact_power
from quantgate.tasks.competition import INFO_AIME25
from quantgate.tasks.gsm8k import INFO as GSM8K
from quantgate.tasks.likelihood.task import INFO as LIKELIHOOD

FLIPS = Guess(discordance=0.06)


def test_one_answer_each_settles_the_smallest_margin_with_that_power():
    found = settled_margin(assume("gsm8k", 500, FLIPS, GSM8K), 1)
    assert found is not None
    assert exact_power(500, found, 0.06) >= 0.8 > exact_power(500, found - 0.001, 0.06)


def test_above_two_thousand_items_the_asymptotic_test_settles_the_same_tenth():
    found = settled_margin(assume("gsm8k", 2500, FLIPS, GSM8K), 1)
    assert found is not None
    assert exact_power(2500, found, 0.06) >= 0.795
    assert exact_power(2500, found - 0.001, 0.06) < 0.805
    assert asymptotic_power(2500, found, 0.06, 0.0, 0.05) >= 0.8


def test_repeats_narrow_it_unless_they_are_one_answer_over_and_over():
    sampled = assume("aime25", 30, Guess(), INFO_AIME25)
    once, often = settled_margin(sampled, 1), settled_margin(sampled, 16)
    assert once is not None
    assert often is not None
    assert often < once
    greedy = assume("gsm8k", 500, FLIPS, GSM8K)
    assert greedy.one_answer
    assert settled_margin(greedy, 16) == settled_margin(greedy, 1)


def test_a_few_items_settle_no_margin():
    assert settled_margin(assume("gsm8k", 2, FLIPS, GSM8K), 1) is None


def test_a_mean_over_alike_tasks_settles_less_than_each_of_them():
    tasks = {name: assume(name, 500, FLIPS, None) for name in ("one", "two", "three", "four")}
    mean = settled_mean(tasks, dict.fromkeys(tasks, 0.25), dict.fromkeys(tasks, 1))
    alone = settled_margin(tasks["one"], 1)
    assert mean is not None
    assert alone is not None
    assert 0.4 * alone < mean < 0.65 * alone


def test_tasks_of_log_probabilities_are_not_settled_by_flips():
    sizes = {"gsm8k": AskedSize(200, 1, greedy=True), "likelihood": AskedSize(58, 1, greedy=True)}
    settled = settled_by(sizes, {"gsm8k": GSM8K, "likelihood": LIKELIHOOD}, Policy())
    assert list(settled.tasks) == ["gsm8k"]
    assert settled.mean is None


@pytest.mark.parametrize("alpha", [0.01, 0.2])
def test_the_policys_alpha_is_the_tasks(alpha):
    sizes = {"gsm8k": AskedSize(500, 1, greedy=True)}
    found = settled_by(sizes, {"gsm8k": GSM8K}, Policy(alpha=alpha)).tasks["gsm8k"]
    usual = settled_by(sizes, {"gsm8k": GSM8K}, Policy()).tasks["gsm8k"]
    assert found is not None
    assert usual is not None
    assert (found > usual) == (alpha < 0.05)
