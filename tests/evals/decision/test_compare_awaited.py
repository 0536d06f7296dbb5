"""Formats that are awaited keep their part of alpha, and keep the whole from passing."""

from __future__ import annotations

import pytest

from quantgate.evals.decision.compare import compare
from quantgate.evals.decision.json import parse_decision
from quantgate.evals.decision.types import ReleaseVerdict
from quantgate.evals.pairing.pairing import pair_runs
from quantgate.evals.settings.policy import Policy
from quantgate.evals.settings.requirements import PassIf
from quantgate.evals.stats import exact_lower_bound
from tests.evals.decision.test_compare import BASELINE, ITEMS, candidate

pytestmark = pytest.mark.slow


def compared(*outcomes, **more):
    pairs = [(f"f{i}", f"runs/f{i}", pair_runs(BASELINE, candidate(*each))) for i, each in enumerate(outcomes)]
    return compare(pairs, Policy(), **more)


def test_one_that_is_awaited_has_its_part_of_alpha():
    found = compared((36, 23), awaited={"late": "its server is not up"})
    assert found.formats[0].tasks[0].lower == pytest.approx(exact_lower_bound(36, 23, ITEMS, 0.025))
    assert not found.formats[0].passes
    assert compared((36, 23)).formats[0].passes


@pytest.mark.parametrize("last", [(0, 0), (36, 23), (200, 5)])
def test_nothing_that_is_said_is_taken_back_when_the_last_one_has_come(last):
    before = compared((3, 2), (30, 23), (200, 5), awaited={"f3": "not asked yet"})
    after = {build.name: build.verdict for build in compared((3, 2), (30, 23), (200, 5), last).formats}
    for build in before.formats:
        if build.verdict in (ReleaseVerdict.PASS, ReleaseVerdict.REGRESSED):
            assert after[build.name] is build.verdict


def test_the_whole_does_not_pass_as_long_as_one_is_awaited():
    found = compared((0, 0), awaited={"late": "its server is not up"})
    assert found.formats[0].passes
    assert found.verdict is ReleaseVerdict.INCONCLUSIVE
    assert compared((0, 0), awaited={"late": "."}, pass_if=PassIf.ANY).verdict is ReleaseVerdict.PASS


def test_the_json_has_what_is_awaited():
    found = compared((0, 0), awaited={"late": "its server is not up"})
    assert parse_decision(found.to_json()).awaited == {"late": "its server is not up"}
    assert '"awaited"' not in compared((0, 0)).to_json()
