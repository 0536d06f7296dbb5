"""Plans at a policy's margins, and of the mean over its suite."""

from __future__ import annotations

import pytest

from quantgate.evals.errors import UsageError
from quantgate.evals.planning.by_policy import aims, tasks_of, without_logprobs
from quantgate.evals.planning.plan import make_plan
from quantgate.evals.planning.suite import assume_suite
from quantgate.evals.planning.types import Aim, Assumptions
from quantgate.evals.settings.policy import Policy
from quantgate.evals.settings.requirements import Requirement
from quantgate.evals.stats.planning.macro import simulated_suite_power
from quantgate.evals.stats.planning.simulation import solve_rates
from quantgate.evals.stats.planning.strata import macro_power
from quantgate.tasks.likelihood.task import INFO as LIKELIHOOD

A = Assumptions("a", 1319, (1319,), 0.05, 0.002, 0.048, tokens=100)
B = Assumptions("b", 278, (50, 114, 114), 0.18, 0.0025, 0.1775, tokens=400)
POLICY = Policy.model_validate(
    {
        "margin": 0.05,
        "alpha": 0.1,
        "tasks": {"b": {"margin": 0.08, "tier": "advisory"}},
        "suite": {"tasks": ["a", "b"], "weights": {"a": 3}, "margin": 0.02, "alpha": 0.05},
    }
)


def test_without_a_policy_every_task_is_wanted_alike():
    assert [aim for _, aim in aims([A, B], Aim())] == [Aim(tasks=2)] * 2
    assert [aim.tasks for _, aim in aims([A, B], Aim(), 5)] == [5, 5]


def test_a_policy_says_margin_and_alpha_of_each_and_the_suite_comes_last():
    found = list(aims([A, B], Aim(power=0.9), policy=POLICY))
    assert [assumed.task for assumed, _ in found] == ["a", "b", "suite of 2 tasks"]
    # The advisory task is none of those that must pass together.
    assert [(aim.margins, aim.alpha, aim.tasks) for _, aim in found] == [
        ((0.05,), 0.1, 1),
        ((0.08,), 0.1, 1),
        ((0.02,), 0.05, 1),
    ]


def test_a_suite_has_a_stratum_for_each_of_its_tasks_and_of_theirs():
    mean = assume_suite({"a": A, "b": B}, {"a": 0.75, "b": 0.25})
    assert mean.strata == (1319, 50, 114, 114)
    assert [part.weight for part in mean.parts] == pytest.approx([0.75, *[0.25 / 3] * 3])
    assert [part.within for part in mean.parts] == [0.048, *[0.1775] * 3]
    assert mean.tokens == pytest.approx((1319 * 100 + 278 * 400) / 1597)


@pytest.mark.slow
def test_the_power_of_a_suite_is_that_of_its_strata_and_weights():
    mean = assume_suite({"a": A, "b": B}, {"a": 0.75, "b": 0.25})
    (row,) = make_plan(mean, Aim((0.03,))).rows
    variances, weights = [0.05, 0.18, 0.18, 0.18], [9, 1, 1, 1]
    assert row.power_now == pytest.approx(macro_power(mean.strata, variances, 0.03, weights=weights))


@pytest.mark.slow
@pytest.mark.parametrize(("repeats", "margin"), [(1, 0.03), (4, 0.012)])
def test_the_formula_for_unlike_strata_is_borne_out_by_the_bound_that_decides(repeats, margin):
    sizes, weights = (1319, 198, 278), (2.0, 1.0, 1.0)
    between, within = (0.002, 0.003, 0.0025), (0.03, 0.1, 0.17)
    populations = [solve_rates(*each) for each in zip(between, within, strict=True)]
    simulated = simulated_suite_power(populations, sizes, weights, repeats, margin, runs=1500)
    variances = [true + noise / repeats for true, noise in zip(between, within, strict=True)]
    formula = macro_power(sizes, variances, margin, weights=weights)
    assert formula == pytest.approx(simulated.power, abs=3 * simulated.standard_error + 0.02)


def test_one_task_beside_a_suite_is_refused():
    assert tasks_of(None, "a") == ["a"]
    assert tasks_of(POLICY, None) == ["a", "b"]
    assert tasks_of(Policy(), None) == [None]
    with pytest.raises(UsageError, match="--task a: the policy has a suite"):
        tasks_of(POLICY, "a")


def test_a_suite_whose_task_is_not_planned_is_refused():
    with pytest.raises(UsageError, match="the runs do not hold its task 'b'"):
        list(aims([A], Aim(), policy=POLICY))


def test_a_loss_that_is_to_pass_lies_below_the_suites_margin():
    with pytest.raises(UsageError, match=r"--true-loss 0\.03"):
        list(aims([A, B], Aim(true_loss=0.03), policy=POLICY))


def test_equivalence_is_said_to_take_more():
    policy = POLICY.model_copy(update={"suite": POLICY.suite.model_copy(update={"require": Requirement.EQUIVALENT})})
    *_, (mean, _) = aims([A, B], Aim(), policy=policy)
    assert "the policy requires equivalence" in mean.notes[-1]


def test_log_probabilities_are_no_part_of_a_plan():
    """No number of flips says how many documents their two bounds take."""
    rules = {"likelihood": {"margin": {"top1": 0.05, "kl": 0.1}}, "a": {"margin": 0.03}}
    known = {"likelihood": LIKELIHOOD}
    policy, left = without_logprobs(Policy.model_validate({"tasks": rules}), known)
    assert (tasks_of(policy, None), left) == (["a"], ["likelihood"])
    alone = Policy.model_validate({"tasks": {"likelihood": rules["likelihood"]}})
    with pytest.raises(UsageError, match="not by flips"):
        without_logprobs(alone, known)
