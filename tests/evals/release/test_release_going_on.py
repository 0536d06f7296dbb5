"""A check that was stopped goes on: neither looks nor verdict depend on when, or on what happened meanwhile."""

import json
from functools import partial

import pytest

from quantgate.evals.decision.sequential.state import Stage
from quantgate.evals.endpoint.client import RetryPolicy
from quantgate.evals.errors import EndpointUnreachable, ResumeMismatch
from quantgate.evals.release.types import Reason
from quantgate.evals.runs.directory import RunDirectory
from quantgate.evals.runs.endpoint import endpoint_of
from tests.conftest import Sums
from tests.evals.release.builds import Model, Seen, asked, design_of, prepared, served
from tests.server.served import Reply, error_body, served_model

TASKS = {"sums": Sums(count=40)}
DESIGNS = {"sums": design_of(40)}


def two(server, out, **options):
    return [served(label, server.base_url, out, **options) for label in ("fp8", "mx")]


def test_the_looks_are_written_for_both_builds_before_anything_is_asked(tmp_path):
    written = []

    def rule(body):
        written.append([RunDirectory(tmp_path / label).record().task("sums").design for label in ("fp8", "mx")])
        return Model()(body)

    with served_model(rule) as server:
        asked(prepared(two(server, tmp_path), TASKS, DESIGNS))
    assert written[0] == [DESIGNS["sums"]] * 2


def test_a_check_that_was_stopped_goes_on_to_the_same_looks_and_verdict(tmp_path):
    wrong = {str(number) for number in range(0, 40, 3)}

    def check(out, stop=None):
        candidate = Model(wrong)
        with served_model(Model()) as good, served_model(candidate) as server:
            builds = [served("fp8", good.base_url, out), served("mx", server.base_url, out)]
            return asked(prepared(builds, TASKS, DESIGNS), Seen(stop))

    whole, _ = check(tmp_path / "whole")
    with pytest.raises(KeyboardInterrupt):
        check(tmp_path / "parts", lambda seen: seen.done["mx"] == 3)
    held = len(RunDirectory(tmp_path / "parts" / "mx").samples())
    assert held >= 3
    parts, seen = check(tmp_path / "parts")
    assert parts.states == whole.states
    assert whole.states["mx"]["sums"].stage is Stage.REGRESSED
    assert seen.done["mx"] <= 40 - held


def test_once_decided_the_same_command_asks_nothing_and_needs_no_endpoint(tmp_path):
    with served_model(Model()) as server:
        builds = two(server, tmp_path)
        first, _ = asked(prepared(builds, TASKS, DESIGNS, passes_at=2))
    before = [(tmp_path / label / "run.json").read_text() for label in ("fp8", "mx")]
    session = prepared(builds, TASKS, DESIGNS, passes_at=2)
    assert session.to_ask == ()
    again, seen = asked(session)
    assert (again.reason, again.states) == (first.reason, first.states)
    assert not seen.order
    assert seen.states == [("sums", "mx", Stage.PASSED)]
    assert [(tmp_path / label / "run.json").read_text() for label in ("fp8", "mx")] == before


def test_a_build_goes_on_from_what_it_lacks_and_the_other_waits_for_it(tmp_path):
    with served_model(Model()) as server:
        builds = two(server, tmp_path)
        asked(prepared(builds, TASKS))
        file = tmp_path / "mx" / "samples.jsonl"
        kept = file.read_text().splitlines(keepends=True)[:15]
        file.write_text("".join(kept))
        ended, seen = asked(prepared(builds, TASKS))
    assert ended.left == {"fp8": 0, "mx": 0}
    assert seen.done == {"mx": 25}


@pytest.mark.parametrize(
    ("design", "said"),
    [
        (design_of(40, looks=5), 'sums: looks ["10x1", "20x1", "30x1", "40x1"] there, ["8x1", '),
        (None, "sums: 4 looks on the way there, no looks in this command"),
    ],
)
def test_other_looks_are_refused_with_what_differs(tmp_path, design, said):
    with served_model(Model()) as server:
        builds = two(server, tmp_path)
        asked(prepared(builds, TASKS, DESIGNS, passes_at=1))
        with pytest.raises(ResumeMismatch) as refusal:
            prepared(builds, TASKS, None if design is None else {"sums": design}, passes_at=1)
    assert said in str(refusal.value)
    assert "another --out" in str(refusal.value)


def test_a_run_that_was_begun_without_looks_gets_none_later(tmp_path):
    with served_model(Model()) as server:
        builds = two(server, tmp_path)
        asked(prepared(builds, TASKS))
        with pytest.raises(ResumeMismatch, match="sums: no looks on the way there, 4 looks in this command"):
            prepared(builds, TASKS, DESIGNS)


def test_looks_that_another_machine_computes_to_other_last_digits_go_on_as_they_were_written(tmp_path):
    with served_model(Model()) as server:
        builds = two(server, tmp_path)
        asked(prepared(builds, TASKS, DESIGNS, passes_at=1))
        for label in ("fp8", "mx"):
            file = tmp_path / label / "run.json"
            document = json.loads(file.read_text())
            document["tasks"][0]["design"]["looks"][0]["level"] = 0.010000000000001
            file.write_text(json.dumps(document))
        session = prepared(builds, TASKS, DESIGNS, passes_at=1)
    assert session.to_ask == ()


def test_more_items_than_the_looks_were_fixed_for_need_another_directory(tmp_path):
    with served_model(Model()) as server:
        builds = two(server, tmp_path, limit=20)
        asked(prepared(builds, TASKS, {"sums": design_of(20)}))
        with pytest.raises(ResumeMismatch, match="items 20 there, for which its looks were fixed, 40 in this command"):
            prepared(two(server, tmp_path), TASKS, DESIGNS)


def test_an_endpoint_that_is_gone_ends_the_check_and_the_same_command_goes_on(tmp_path, monkeypatch):
    policy = RetryPolicy(tries=2, total_s=1, first_wait_s=0.01, longest_wait_s=0.02)
    answered = []

    def dies(body):
        answered.append(body)
        return Model()(body) if len(answered) < 12 else Reply(status=500, body=error_body("dead"))

    with monkeypatch.context() as patch, served_model(dies) as server:
        patch.setattr("quantgate.evals.runs.session.endpoint_of", partial(endpoint_of, retry=policy))
        with pytest.raises(EndpointUnreachable, match="The same command goes on"):
            asked(prepared(two(server, tmp_path), TASKS, DESIGNS))
    stored = sum(len(RunDirectory(tmp_path / label).samples()) for label in ("fp8", "mx"))
    with served_model(Model()) as server:
        ended, seen = asked(prepared(two(server, tmp_path), TASKS, DESIGNS, passes_at=4))
    assert ended.states["mx"]["sums"].stage is Stage.PASSED
    assert stored >= 11
    assert seen.done.total() <= 80 - 11


def test_a_budget_of_requests_counts_over_all_calls(tmp_path):
    with served_model(Model()) as server:
        builds = two(server, tmp_path)
        first, _ = asked(prepared(builds, TASKS, DESIGNS, passes_at=4), max_requests=20)
        assert first.reason is Reason.REQUESTS
        assert server.log.answered.total() == 20
        assert sum(first.left.values()) == 60
        again, seen = asked(prepared(builds, TASKS, DESIGNS, passes_at=4), max_requests=20)
        assert (again.reason, again.states, not seen.order) == (Reason.REQUESTS, first.states, True)
        last, _ = asked(prepared(builds, TASKS, DESIGNS, passes_at=4), max_requests=80)
    assert last.reason is Reason.DECIDED
    assert last.states["mx"]["sums"].stage is Stage.PASSED
    assert server.log.answered.total() == 80


def test_a_budget_of_time_stops_what_is_in_flight_and_a_later_call_goes_on(tmp_path):
    hangs = []

    def rule(body):
        hangs.append(body)
        return Reply(hang=True) if len(hangs) == 10 else Model()(body)

    with served_model(rule) as server:
        builds = two(server, tmp_path)
        ended, seen = asked(prepared(builds, TASKS, DESIGNS, passes_at=4), max_time_s=0.5)
        assert ended.reason is Reason.TIME
        assert sum(len(RunDirectory(tmp_path / label).samples()) for label in ("fp8", "mx")) == seen.done.total() >= 9
        last, _ = asked(prepared(builds, TASKS, DESIGNS, passes_at=4), max_time_s=60)
    assert last.reason is Reason.DECIDED
