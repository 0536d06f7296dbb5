"""What a policy file may ask of the mean over several tasks, and how a wrong one is refused."""

import pytest

from quantgate.evals.errors import UsageError
from quantgate.evals.settings.policy import Policy, load_policy
from quantgate.evals.settings.requirements import Requirement, Tier

THREE = "suite: {tasks: [gsm8k, gpqa_diamond, tau2], margin: 0.01"


@pytest.fixture
def policy(tmp_path):
    """A policy from the text of its file."""

    def load(text: str) -> Policy:
        file = tmp_path / "policy.yaml"
        file.write_text(text, encoding="utf-8")
        return load_policy(file)

    return load


def test_tasks_weigh_alike_unless_it_is_said_otherwise(policy):
    assert policy(f"{THREE}}}").suite.shares == pytest.approx(dict.fromkeys(("gsm8k", "gpqa_diamond", "tau2"), 1 / 3))
    weighted = policy(f"{THREE}, weights: {{gsm8k: 2}}}}").suite.shares
    assert weighted == pytest.approx({"gsm8k": 0.5, "gpqa_diamond": 0.25, "tau2": 0.25})


def test_a_suite_has_the_shared_alpha_and_requirement_unless_it_says_its_own(policy):
    shared = policy(f"alpha: 0.025\nrequire: equivalent\nmargin: 0.05\ntier: advisory\n{THREE}}}")
    asked = shared.for_suite(shared.suite)
    assert (asked.margin.written, asked.alpha, asked.require, asked.tier) == (
        *(0.01, 0.025, Requirement.EQUIVALENT, Tier.REQUIRED),
    )
    own = policy(f"require: equivalent\n{THREE}, alpha: 0.01, require: non_inferior}}")
    asked = own.for_suite(own.suite)
    assert (asked.alpha, asked.require) == (0.01, Requirement.NON_INFERIOR)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("suite: {tasks: [a, a], margin: 0.01}", "a is named twice"),
        ("suite: {tasks: [a], margin: 0.01}", "of two tasks or more"),
        ("suite: {tasks: [], margin: 0.01}", "of two tasks or more"),
        ("suite: {tasks: [a, b]}", "as margin: 0.01"),
        ("suite: {margin: 0.01}", "name its tasks"),
        ("suite: [a, b]", "write its tasks and its margin"),
        ("suite: {tasks: a, margin: 0.01}", "suite.tasks"),
        ("suite: {tasks: [a, b], margin: 1}", "suite.margin 1"),
        ("suite: {tasks: [a, b], margin: 0}", "suite.margin 0"),
        ("suite: {tasks: [a, b], margin: 0.01, weights: {a: 0}}", "suite.weights.a 0"),
        ("suite: {tasks: [a, b], margin: 0.01, weights: {a: -1}}", "suite.weights.a -1"),
        ("suite: {tasks: [a, b], margin: 0.01, weights: {a: .inf}}", "suite.weights.a"),
        ("suite: {tasks: [a, b], margin: 0.01, weights: {a: .nan}}", "suite.weights.a"),
        ("suite: {tasks: [a, b], margin: 0.01, weights: {a: 1e308, b: 1e308}}", "between 0.001 and 1000"),
        ("suite: {tasks: [a, b], margn: 0.01}", "margn is not known; did you mean margin?"),
        ("suite: {tasks: [gsm8k, b], margin: 0.01, weights: {gsm8: 2}}", "did you mean gsm8k?"),
        ("suite: {tasks: [a, b], margin: 0.01, wieghts: {a: 2}}", "wieghts is not known; did you mean weights?"),
        ("suite: {tasks: [a, b], margin: 0.01, tier: advisory}", "tier is not known"),
        ("tasks: {a: {suite: {tasks: [a, b], margin: 0.01}}}", "stands beside tasks"),
    ],
)
def test_a_suite_that_is_none_is_refused_by_its_place(policy, text, said):
    with pytest.raises(UsageError, match=r"policy\.yaml") as refusal:
        policy(text)
    assert said in str(refusal.value)
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize("tier", ["required", "advisory"])
def test_a_task_that_the_runs_do_not_hold_is_refused_with_the_nearest_that_they_do(policy, tier):
    asked = policy(f"{THREE}}}\ntasks: {{gpqa_diamond: {{tier: {tier}}}}}")
    asked.check_tasks(["tau2", "gsm8k", "gpqa_diamond", "ifeval"])
    with pytest.raises(
        UsageError,
        match=r"suite: .*'gpqa_diamond', they hold gsm8k, tau2, gpqa_diamond_cot; did you mean gpqa_diamond_cot",
    ):
        asked.check_tasks(["gsm8k", "tau2", "gpqa_diamond_cot"])
