"""Margins and error rates, as the command line gives them."""

import pytest

from evals.errors import UsageError
from evals.policy import parse_policy


def test_a_margin_for_all_and_one_for_a_task():
    policy = parse_policy(["0.02", "gsm8k=0.01", "lm-eval:x=0.03"], 0.05)
    assert [policy.margin_of(task) for task in ("gsm8k", "lm-eval:x", "tau2")] == [0.01, 0.03, 0.02]


def test_without_a_margin_it_is_two_points():
    assert parse_policy([], 0.05).margin_of("gsm8k") == 0.02


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
        parse_policy([margin], 0.05)
    assert said in str(refusal.value)


@pytest.mark.parametrize("margins", [["0.01", "0.02"], ["a=0.01", "a=0.02"]])
def test_a_margin_given_twice_is_refused(margins):
    with pytest.raises(UsageError, match="given twice"):
        parse_policy(margins, 0.05)


@pytest.mark.parametrize("alpha", [0.0, 0.0001, 0.5, -0.1, 2.0, float("nan")])
def test_an_error_rate_that_is_none_is_refused(alpha):
    with pytest.raises(UsageError, match="--alpha"):
        parse_policy([], alpha)


def test_a_margin_for_a_task_that_was_not_run_is_refused():
    with pytest.raises(UsageError, match=r"gsm9k=\.\.\.: the runs hold no such task; they hold gsm8k"):
        parse_policy(["gsm9k=0.01"], 0.05).check_tasks(["gsm8k"])
