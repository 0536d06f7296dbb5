"""What a plan takes where a check stops early."""

import json

import pytest

from quantgate.evals.planning.plan import make_plan
from quantgate.evals.planning.sequential import looked_at
from quantgate.evals.planning.types import Aim, Assumptions, plans_json
from quantgate.evals.settings.requirements import Target

SINGLE = Assumptions("mine", 1319, (1319,), discordance=0.04, between=0.04, within=0.0)
NOISY = Assumptions("mine", 198, (198,), discordance=0.1, between=0.0019, within=0.0981, accuracy=0.9)


def planned(assumed, **aim):
    return looked_at(make_plan(assumed, Aim(**{"margins": (0.02,), **aim})))


@pytest.fixture(scope="module")
def of_single():
    return planned(SINGLE)


def test_single_answers_say_what_is_asked_at_each_true_loss(of_single):
    (row,) = of_single.rows
    found = row.sequential
    assert found.looks[-1] == (row.ask, 1)
    assert [ending.loss for ending in found.endings] == pytest.approx([0.0, 0.01, 0.02, 0.04])
    equal, _, margin, twice = found.endings
    assert all(ending.requests < row.requests for ending in found.endings)
    assert equal.passed > 0.5 > 0.06 > margin.passed
    assert twice.regressed > 0.3 > 0.06 > margin.regressed
    for ending in found.endings:
        assert ending.passed + ending.regressed + ending.inconclusive == pytest.approx(1)
        assert ending.requests <= ending.most_requests <= row.requests


@pytest.mark.slow
def test_equal_plans_say_the_same(of_single):
    assert planned(SINGLE) == of_single


@pytest.mark.slow
def test_repeats_are_looked_at_after_whole_passes():
    (row,) = planned(NOISY, margins=(0.03,)).rows
    found = row.sequential
    assert {items for items, _ in found.looks} == {198}
    assert found.looks[-1] == (198, row.repeats)
    assert found.endings[0].requests < 0.85 * row.requests
    assert found.endings[0].passed == pytest.approx(row.power, abs=0.12)


@pytest.mark.slow
def test_strata_are_asked_in_their_proportion():
    strata = Assumptions("tau2", 278, (50, 114, 114), discordance=0.05, between=0.05, within=0.0)
    (row,) = planned(strata, margins=(0.05,)).rows
    assert row.sequential.looks[-1] == (row.ask, 1)
    assert row.sequential.endings[0].requests < row.requests


@pytest.mark.slow
def test_a_recovery_is_planned_too():
    (row,) = looked_at(make_plan(NOISY, Aim(margins=(), recoveries=(0.95,)))).rows
    assert row.sequential.endings[2].loss == pytest.approx(row.margin)


@pytest.mark.parametrize(
    "aim", [{"baseline_repeats": 16, "margins": (0.05,)}, {"target": Target.BENCHMARK, "margins": (0.05,)}]
)
@pytest.mark.slow
def test_what_is_asked_otherwise_has_no_such_figures(aim):
    (row,) = planned(NOISY, **aim).rows
    assert row.ask is not None
    assert row.sequential is None


def test_what_is_out_of_reach_has_none_either():
    (row,) = planned(SINGLE, margins=(0.002,), repeats=1).rows
    assert row.sequential is None


def test_its_json_has_them_beside_the_fixed_design(of_single):
    (plan,) = json.loads(plans_json([of_single]))["plans"]
    (row,) = plan["rows"]
    assert row["sequential"]["looks"][-1] == [row["ask"], 1]
    assert set(row["sequential"]["endings"][0]) == {
        "loss",
        "passed",
        "regressed",
        "inconclusive",
        "requests",
        "most_requests",
    }
