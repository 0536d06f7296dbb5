"""Settings that are hardly meant are remarked on; usual ones are not."""

import pytest

from quantgate.evals.settings.margin import Margin
from quantgate.evals.settings.policy import Policy
from quantgate.evals.settings.remarks import of_alpha, of_asking, of_margin, of_policy
from quantgate.evals.settings.run import RunConfig

USUAL = {"task": ["gsm8k"], "base_url": "http://127.0.0.1:9/v1", "model": "m", "out": "o"}


@pytest.mark.parametrize(
    "settings",
    [
        {"temperature": 5},
        {"top_p": 0.01},
        {"max_tokens": 1},
        {"timeout": 0.1},
        {"repeats": 1000},
        {"concurrency": 1000},
    ],
)
def test_each_of_them_has_a_remark_that_names_it(settings):
    (said,) = of_asking(RunConfig.model_validate(USUAL | settings))
    ((name, value),) = settings.items()
    assert said.startswith(f"{name} {value:,}")


def test_what_is_usual_has_none():
    usual = {"temperature": 1.0, "top_p": 0.95, "max_tokens": 131_072, "timeout": 1, "repeats": 64, "concurrency": 512}
    assert list(of_asking(RunConfig.model_validate(USUAL | usual | {"limit": 200}))) == []
    assert list(of_policy(Policy())) == []


def test_a_wide_margin_is_said_in_points_for_all_or_for_its_task():
    assert list(of_margin(Margin(points=0.2))) == []
    (said,) = of_margin(Margin(points=0.5))
    assert said == "the margin is 0.5: a candidate that has lost nearly 50 points passes; 0.02 is two points"
    policy = Policy.model_validate({"tasks": {"gsm8k": {"margin": 0.4}, "aime": {"margin": 0.05}}})
    (said,) = of_policy(policy)
    assert said.startswith("the margin of gsm8k is 0.4: ")


def test_a_low_recovery_and_a_high_alpha_are_said():
    assert "has lost nearly 50% of the accuracy passes" in next(of_margin(Margin(recovery=0.5)))
    assert next(of_alpha(0.4)).startswith("alpha is 0.4: a build exactly the margin worse passes 40% of the time")
