"""One server that is given one model after the other: the baseline is asked whole, then the candidates."""

import pytest

from quantgate.evals.errors import Unfinished
from quantgate.evals.release.types import Order, Reason
from quantgate.evals.runs.directory import RunDirectory
from tests.conftest import Sums
from tests.evals.release.builds import Model, Seen, asked, design_of, prepared, served
from tests.server.served import served_model

TASKS = {"sums": Sums(count=20)}
DESIGNS = {"sums": design_of(20)}


def listing(*names):
    return [{"id": name, "object": "model"} for name in names]


def builds_of(server, out, models=("big", "small")):
    return [
        served(label, server.base_url, out, model=model) for label, model in zip(("fp8", "mx"), models, strict=True)
    ]


def check(builds, **rule):
    return prepared(builds, TASKS, DESIGNS, order=Order.BASELINE_FIRST, **rule)


def test_the_baseline_is_asked_whole_and_then_the_candidate(tmp_path):
    with served_model(Model(), models=listing("big", "small")) as server:
        session = check(builds_of(server, tmp_path), passes_at=2)
        assert session.phases == [["fp8"], ["mx"]]
        ended, seen = asked(session)
    assert ended.reason is Reason.DECIDED
    assert [build for build, _ in seen.order] == ["fp8"] * 20 + ["mx"] * (len(seen.order) - 20)
    assert seen.done["mx"] < 20


def test_it_is_told_when_to_serve_the_other_model_and_the_same_command_goes_on_with_it(tmp_path):
    now_served = ["big"]
    with served_model(Model(), models=lambda: listing(*now_served)) as server:
        builds = builds_of(server, tmp_path)
        with pytest.raises(Unfinished, match=r"fp8 is asked whole\. Serve small \(mx\) at .* now: the same command"):
            asked(check(builds, passes_at=2))
        assert len(RunDirectory(tmp_path / "fp8").samples()) == 20
        assert RunDirectory(tmp_path / "mx").record().task("sums").design == DESIGNS["sums"]
        now_served[:] = ["small"]
        session = check(builds, passes_at=2)
        assert session.to_ask == ("mx",)
        ended, seen = asked(session)
    assert (ended.reason, set(seen.done)) == (Reason.DECIDED, {"mx"})
    assert RunDirectory(tmp_path / "mx").record().endpoint["served"]["id"] == "small"


def test_under_one_name_for_both_models_it_stops_for_the_other_one(tmp_path):
    with served_model(Model()) as server:
        builds = builds_of(server, tmp_path, ("test-model", "test-model"))
        with pytest.raises(Unfinished, match=r"Serve test-model \(mx\) at"):
            asked(check(builds))
        ended, seen = asked(check(builds))
    assert set(seen.done) == {"mx"}
    assert ended.left == {"fp8": 0, "mx": 0}


def test_the_wrong_model_of_two_that_take_turns_is_not_asked(tmp_path):
    with served_model(Model(), models=listing("small")) as server:
        with pytest.raises(Unfinished, match=r"serves small: serve big \(fp8\) there first"):
            check(builds_of(server, tmp_path))
        assert not server.log.answered


def test_two_servers_need_no_swap(tmp_path):
    with served_model(Model(), models=listing("big")) as one, served_model(Model(), models=listing("small")) as other:
        builds = [
            served("fp8", one.base_url, tmp_path, model="big"),
            served("mx", other.base_url, tmp_path, model="small"),
        ]
        ended, _ = asked(check(builds, passes_at=1), Seen())
    assert ended.reason is Reason.DECIDED
