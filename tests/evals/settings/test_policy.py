"""What a gate asks for, as the command line and a policy file give it."""

from pathlib import Path

import pytest

from quantgate.evals.errors import UsageError
from quantgate.evals.settings.policy import Policy, load_policy

POLICIES = Path(__file__).resolve().parents[3] / "quantgate" / "policies"


def margins_of(policy: Policy, *tasks: str) -> list[float]:
    return [policy.for_task(task).margin.written for task in tasks]


def test_a_margin_for_all_and_one_for_a_task():
    policy = load_policy(None, ["0.02", "gsm8k=0.01", "lm-eval:x=0.03"])
    assert margins_of(policy, "gsm8k", "lm-eval:x", "tau2") == [0.01, 0.03, 0.02]


def test_without_a_margin_it_is_two_points_at_five_percent():
    rule = load_policy(None).for_task("gsm8k")
    assert (rule.margin.written, rule.alpha, rule.require, rule.tier, rule.max_missing) == (
        *(0.02, 0.05, "non_inferior", "required", 0.0),
    )


@pytest.mark.parametrize(
    ("margin", "said"),
    [
        ("0", "a margin lies between 0 and 1"),
        ("-1", "a margin lies between 0 and 1"),
        ("1", "for 1 points write 0.01"),
        ("5", "for 5 points write 0.05"),
        ("nan", "a margin lies between 0 and 1"),
        ("inf", "a margin lies between 0 and 1"),
        ("0.00001", "under a hundredth of a point"),
        ("2%", "for 2% write 0.02"),
        ("x%", "a margin is a fraction such as 0.02"),
        ("two", "a margin is a fraction such as 0.02"),
        ("gsm8k=5", "--margin gsm8k=5"),
        ("=0.02", "write a margin, or TASK=MARGIN"),
        ("", "a margin is a fraction"),
    ],
)
def test_a_margin_that_is_none_is_refused_with_what_to_write(margin, said):
    with pytest.raises(UsageError, match=f"--margin {margin}") as refusal:
        load_policy(None, [margin])
    assert said in str(refusal.value)


@pytest.mark.parametrize("margins", [["0.01", "0.02"], ["a=0.01", "a=0.02"]])
def test_a_margin_given_twice_is_refused(margins):
    with pytest.raises(UsageError, match="given twice"):
        load_policy(None, margins)


@pytest.mark.parametrize("alpha", [0.0, 0.0001, 0.5, -0.1, 2.0, float("nan")])
def test_an_error_rate_that_is_none_is_refused(alpha):
    with pytest.raises(UsageError, match="--alpha"):
        load_policy(None, [], alpha)


def test_a_task_that_was_not_run_is_refused():
    with pytest.raises(UsageError, match="task 'gsm9k', which the runs do not hold; they hold gsm8k"):
        load_policy(None, ["gsm9k=0.01"]).check_tasks(["gsm8k"])


def test_a_file_sets_what_holds_for_all_and_what_differs_for_one(tmp_path):
    file = tmp_path / "policy.yaml"
    file.write_text("alpha: 0.01\nmargin: 0.03\ntasks:\n  tau2: {tier: advisory, baseline_at_least: 0.5}\n")
    policy = load_policy(file)
    assert (policy.for_task("gsm8k").alpha, policy.for_task("gsm8k").tier) == (0.01, "required")
    tau2 = policy.for_task("tau2")
    assert (tau2.alpha, tau2.margin.written, tau2.tier, tau2.baseline_at_least) == (0.01, 0.03, "advisory", 0.5)


def test_the_command_line_wins_over_the_file(tmp_path):
    file = tmp_path / "policy.yaml"
    file.write_text("margin: 0.03\ntasks: {tau2: {margin: 0.04, tier: advisory}}\n")
    policy = load_policy(file, ["0.01", "tau2=0.02"], 0.1)
    assert margins_of(policy, "gsm8k", "tau2") == [0.01, 0.02]
    assert (policy.for_task("tau2").tier, policy.for_task("tau2").alpha) == ("advisory", 0.1)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("margn: 0.02", "margn is not known; did you mean margin?"),
        ("tasks: {gsm8k: {teir: advisory}}", "tasks.gsm8k.teir is not known; did you mean tier?"),
        ("tasks: {gsm8k: {tier: optional}}", "tasks.gsm8k.tier"),
        ("margin: 2", "margin 2: input should be less than 1"),
        ("alpha: 0.9", "alpha 0.9"),
        ("- 1", "must hold a mapping"),
        ("margin: [", "is not YAML"),
    ],
)
def test_a_broken_policy_is_named_with_file_and_key(tmp_path, text, said):
    file = tmp_path / "policy.yaml"
    file.write_text(text + "\n")
    with pytest.raises(UsageError, match=r"policy\.yaml") as refusal:
        load_policy(file)
    assert said in str(refusal.value)


@pytest.mark.parametrize(("name", "margin"), [("strict", 0.01), ("release", 0.02), ("smoke", 0.05)])
def test_the_shipped_policies_say_what_their_names_do(name, margin):
    assert load_policy(POLICIES / f"{name}.yaml").for_task("gsm8k").margin.written == margin
