"""When the tasks of a release are looked at."""

from __future__ import annotations

import pytest

from quantgate.evals.release.designs import designs_of
from quantgate.evals.release.size import full_size
from quantgate.evals.settings.policy import Policy
from quantgate.evals.settings.run import RunConfig
from tests.conftest import Sums


def config(tmp_path, **more):
    return RunConfig(task=("sums",), base_url="http://127.0.0.1:9/v1", model="m", out=tmp_path, **more)


def design(tmp_path, *, policy=None, candidates=1, looks=8, **asked):
    made = designs_of(
        {"sums": Sums(count=100)},
        {"sums": config(tmp_path, **asked)},
        policy or Policy(),
        candidates=candidates,
        looks=looks,
        futility=0.05,
    )
    return made["sums"]


def test_the_full_size_is_what_is_asked(tmp_path):
    assert full_size(Sums(count=100), config(tmp_path)) == (100, 1)
    assert full_size(Sums(count=100), config(tmp_path, limit=30, repeats=4)) == (30, 4)
    assert full_size(Sums(count=100), config(tmp_path, first=300)) == (100, 1)


def test_a_plain_task_is_held_at_exact_levels(tmp_path):
    made = design(tmp_path)
    assert (made.items, made.repeats, made.margin, made.alpha) == (100, 1, 0.02, 0.05)
    assert made.futility == 0.05
    assert all(look.level is not None for look in made.looks)


@pytest.mark.parametrize(
    "policy",
    [Policy(margin={"recovery": 0.99}), Policy(target="benchmark"), Policy(method="bca")],
    ids=["recovery", "benchmark", "bootstrap"],
)
def test_what_the_exact_test_does_not_decide_has_the_union_over_looks(tmp_path, policy):
    assert all(look.level is None for look in design(tmp_path, policy=policy).looks)


def test_repeats_are_looked_at_after_whole_passes(tmp_path):
    made = design(tmp_path, repeats=4)
    assert {look.items for look in made.looks} == {100}
    assert made.looks[-1].repeats == 4


def test_several_candidates_share_alpha(tmp_path):
    made = design(tmp_path, candidates=2)
    assert (made.alpha, made.regression_alpha) == (0.025, 0.025)


def test_a_tasks_own_rule_is_its_designs(tmp_path):
    made = design(tmp_path, policy=Policy(tasks={"sums": {"margin": 0.05, "alpha": 0.01}}), looks=3)
    assert (made.margin, made.alpha, len(made.looks)) == (0.05, 0.01, 3)
