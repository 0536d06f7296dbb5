"""A margin of log-probabilities: agreement in points, divergence in nats."""

import pytest

from quantgate.evals.errors import UsageError
from quantgate.evals.settings.margin import Margin, read_margin
from quantgate.evals.settings.policy import Policy, load_policy
from quantgate.evals.settings.requirements import Tier


@pytest.mark.parametrize(
    ("said", "written"),
    [
        (["likelihood=top1:0.01"], 0.01),
        (["likelihood=0.01"], 0.01),
        (["likelihood=kl:0.05"], {"kl": 0.05}),
        (["likelihood=top1:0.01,kl:0.05"], {"top1": 0.01, "kl": 0.05}),
        (["likelihood=top1:0.01", "likelihood=kl:0.05"], {"top1": 0.01, "kl": 0.05}),
    ],
)
def test_the_command_line_says_it_in_parts(said, written):
    assert load_policy(None, said).tasks["likelihood"].margin.written == written


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("likelihood=kl:1.5", r"nats from 0\.0001 to below 1"),
        ("likelihood=kl:0.05,kl:0.1", "given twice"),
        ("likelihood=bits:0.05", "top1:0.01,kl:0.05"),
        ("kl:0.05", "name their task"),
    ],
)
def test_what_is_none_is_refused(said, told):
    with pytest.raises(UsageError, match=told):
        load_policy(None, [said])


def test_it_is_read_back_as_it_is_written():
    margin = Margin(points=0.01, kl=0.05)
    assert read_margin(margin.written) == margin
    assert read_margin({"kl": 0.05}).written == {"kl": 0.05}


@pytest.mark.parametrize("said", [{"kl": 0.05, "recovery": 0.99}, {"points": 0.01, "kl": 0.05}, {"kl": True}])
def test_margins_of_two_kinds_do_not_mix(said):
    with pytest.raises(ValueError):
        read_margin(said)


def test_divergence_is_said_of_a_task_and_not_of_all():
    with pytest.raises(ValueError, match="say it of their task"):
        Policy.model_validate({"margin": {"kl": 0.05}})


def test_its_task_is_advisory_so_that_a_policy_may_name_one_that_is_not_asked():
    policy = load_policy(None, ["likelihood=kl:0.05"])
    assert policy.for_task("likelihood").tier is Tier.ADVISORY
    policy.check_tasks(["gsm8k"])
