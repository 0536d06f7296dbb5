"""The builds of a release are asked side by side, over HTTP, and no further than the verdicts need."""

import threading

from quantgate.evals.decision.sequential.state import Stage
from quantgate.evals.release.types import Reason
from quantgate.evals.runs.directory import RunDirectory
from tests.conftest import Sums
from tests.evals.release.builds import Counting, Model, Seen, asked, design_of, drawn, prepared, served
from tests.server.served import FAULTS, Reply, error_body, faults_that_heal, served_model

TASKS = {"sums": Sums(count=40)}
DESIGNS = {"sums": design_of(40)}
ALL = [str(number) for number in range(40)]
ORDER = drawn(TASKS["sums"])


def two(server, out, other=None, **options):
    return [served("fp8", server.base_url, out, **options), served("mx", (other or server).base_url, out, **options)]


def test_without_looks_everything_is_asked_of_both_builds_once(tmp_path):
    model = Model()
    with served_model(model) as server:
        ended, seen = asked(prepared(two(server, tmp_path), TASKS))
    assert (ended.reason, ended.states, ended.left) == (Reason.COMPLETE, {}, {"fp8": 0, "mx": 0})
    assert set(model.asked.values()) == {2}
    assert seen.done == {"fp8": 40, "mx": 40}


def test_both_builds_are_asked_the_same_items_at_the_same_time_in_the_drawn_order(tmp_path):
    with served_model(Model(delay_s=0.02)) as slow, served_model(Model()) as fast:
        _, seen = asked(prepared(two(slow, tmp_path, fast), TASKS, DESIGNS, passes_at=99))
    places = {item: place for place, item in enumerate(drawn(TASKS["sums"]))}
    asked_so_far = {"fp8": 0, "mx": 0}
    for build, item in seen.order:
        assert places[item] == asked_so_far[build]
        asked_so_far[build] += 1
        assert abs(asked_so_far["fp8"] - asked_so_far["mx"]) <= 4 + 1


def test_a_task_that_passed_is_asked_no_more_and_what_is_in_flight_is_not_waited_for(tmp_path):
    model = Model(hangs=ORDER[20:])
    with served_model(model) as server:
        ended, seen = asked(prepared(two(server, tmp_path), TASKS, DESIGNS, passes_at=2))
    assert ended.reason is Reason.DECIDED
    state = ended.states["mx"]["sums"]
    assert (state.stage, state.items) == (Stage.PASSED, 20)
    assert 20 <= len(model.asked) <= 20 + 4
    assert ("sums", "mx", Stage.PASSED) in seen.states


def test_a_regression_of_a_required_task_ends_the_check_and_gives_up_what_is_in_flight(tmp_path):
    tasks = {name: Sums(count=40, name=name) for name in ("sums", "more")}
    bad = Model(ALL, hangs=ORDER[8:])
    with served_model(Model()) as good, served_model(bad) as server:
        session = prepared(two(good, tmp_path, server, tasks=tasks), tasks, dict.fromkeys(tasks, DESIGNS["sums"]))
        ended, _ = asked(session)
    assert ended.reason is Reason.DECIDED
    assert ended.states["mx"]["sums"].stage is Stage.REGRESSED
    assert ended.states["mx"]["more"].stage is Stage.OPEN
    assert set(bad.asked) <= set(ORDER[: 8 + 4])


def test_a_regression_of_an_advisory_task_ends_that_task_alone(tmp_path):
    tasks = {name: Sums(count=40, name=name) for name in ("sums", "more")}
    bad = Model(ALL)
    asked_sums: set[str] = set()

    def rule(body):
        item = body["messages"][-1]["content"].split()[2]
        if item in ORDER[8:10] and item not in asked_sums:
            asked_sums.add(item)
            return Reply(hang=True)
        return bad(body)

    with served_model(Model()) as good, served_model(rule) as server:
        builds = two(good, tmp_path, server, tasks=tasks, concurrency=8)
        ended, seen = asked(prepared(builds, tasks, {"sums": DESIGNS["sums"]}, required=[]))
    assert ended.states["mx"]["sums"].stage is Stage.REGRESSED
    assert seen.asked_of["mx", "sums"] < 40
    assert seen.asked_of["mx", "more"] == seen.asked_of["fp8", "more"] == 40


def test_tasks_are_asked_look_by_look_so_that_each_gets_its_looks(tmp_path):
    tasks = {name: Sums(count=40, name=name) for name in ("sums", "more")}
    with served_model(Model()) as server:
        session = prepared(two(server, tmp_path, tasks=tasks), tasks, dict.fromkeys(tasks, DESIGNS["sums"]))
        asked(session)
    lines = [sample.task for sample in RunDirectory(tmp_path / "mx").samples().values()]
    first = [lines[:10].count("sums"), lines[10:20].count("more"), lines[20:30].count("sums")]
    assert all(count >= 8 for count in first)


def test_the_baseline_is_asked_as_long_as_any_candidate_needs_it(tmp_path):
    bad = Model(ALL, hangs=ORDER[8:])
    with served_model(Model()) as good, served_model(bad) as server:
        builds = [
            served("fp8", good.base_url, tmp_path),
            served("bad", server.base_url, tmp_path),
            served("fine", good.base_url, tmp_path),
        ]
        ended, seen = asked(prepared(builds, TASKS, DESIGNS, passes_at=4))
    stages = {label: states["sums"].stage for label, states in ended.states.items()}
    assert stages == {"bad": Stage.REGRESSED, "fine": Stage.PASSED}
    assert set(bad.asked) <= set(ORDER[: 8 + 4])
    assert seen.done["fp8"] == seen.done["fine"] == 40


def test_a_request_that_failed_for_good_is_asked_once_more_before_those_that_come_after_it(tmp_path):
    failed: list[str] = []
    model = Model()

    def rule(body):
        item = body["messages"][-1]["content"].split()[2]
        if item == ORDER[3] and not failed:
            failed.append(item)
            return Reply(status=400, body=error_body("something odd"))
        return model(body)

    model.hangs = set(ORDER[12:])
    with served_model(rule) as server:
        ended, _ = asked(prepared(two(server, tmp_path), TASKS, DESIGNS, passes_at=1))
    assert failed
    assert ended.states["mx"]["sums"].stage is Stage.PASSED


def test_a_task_may_have_fewer_requests_in_flight_than_the_build(tmp_path):
    tasks = {"sums": Sums(count=20), "more": Sums(count=20, name="more")}
    model = Model(delay_s=0.01)
    with served_model(model) as good, served_model(model) as server:
        builds = two(good, tmp_path, server, tasks=tasks, concurrency={"sums": 2, "more": 6})
        session = prepared(builds, {"sums": tasks["sums"], "more": tasks["more"]})
        most = {"sums": 0, "more": 0}
        under_way = {"sums": set(), "more": set()}

        class Flying(Seen):
            def asked(self, build, request):
                super().asked(build, request)
                if build == "mx":
                    under_way[request.task].add(request.key)
                    most[request.task] = max(most[request.task], len(under_way[request.task]))

            def finished(self, build, sample):
                super().finished(build, sample)
                if build == "mx":
                    under_way[sample.task].discard(sample.key)

        asked(session, Flying())
    assert most["sums"] == 2
    assert 2 < most["more"] <= 6
    assert server.log.most_in_flight <= 6


def test_options_may_differ_from_task_to_task(tmp_path):
    tasks = {"sums": Sums(count=5), "more": Sums(count=5, name="more")}
    options = {
        "temperature": {"sums": 0.0, "more": 0.7},
        "repeats": {"sums": 1, "more": 3},
        "extra_body": {"sums": {"a": 1}, "more": {"b": 2}},
        "timeout": {"sums": 20.0, "more": 30.0},
    }
    with served_model(Model()) as server:
        ended, _ = asked(prepared(two(server, tmp_path, tasks=tasks, **options), tasks))
    assert ended.reason is Reason.COMPLETE
    sent = {(body["temperature"], body.get("a"), body.get("b")) for body in server.log.bodies}
    assert sent == {(0.0, 1, None), (0.7, None, 2)}
    record = RunDirectory(tmp_path / "mx").record()
    assert [(task.name, task.repeats, task.sampling["temperature"]) for task in record.tasks] == [
        ("sums", 1, 0.0),
        ("more", 3, 0.7),
    ]


def test_repeats_are_looked_at_after_whole_passes(tmp_path):
    design = {"sums": design_of(12, looks=2, repeats=3)}
    with served_model(Model()) as server:
        builds = two(server, tmp_path, repeats=3)
        ended, seen = asked(prepared(builds, {"sums": Sums(count=12)}, design, passes_at=3))
    assert (ended.states["mx"]["sums"].stage, ended.states["mx"]["sums"].looks_done) == (Stage.PASSED, 3)
    assert 24 <= seen.done["mx"] < 36


def test_a_quick_server_is_asked_no_further_ahead_than_what_its_answers_show_is_known(tmp_path):
    model = Model()
    far_ahead = threading.Event()

    def rule(body):
        if len(model.asked) > 30:
            far_ahead.set()
        return model(body)

    class Slow(Counting):
        """Needs long for its first look."""

        def answered(self, build, item_id, *rest, **more):
            if item_id == ORDER[9] and build == "baseline":
                far_ahead.wait(0.5)
            super().answered(build, item_id, *rest, **more)

    with served_model(rule) as server:
        asked(prepared(two(server, tmp_path), TASKS, DESIGNS, kind=Slow, passes_at=1))
    assert not far_ahead.is_set()
    assert len(model.asked) <= 10 + 4 * 4


def test_faults_that_heal_change_neither_looks_nor_verdict(tmp_path):
    wrong = ORDER[3::4]
    with served_model(Model()) as good, served_model(Model(wrong)) as server:
        healthy, _ = asked(prepared(two(good, tmp_path / "healthy", server), TASKS, DESIGNS))
    with (
        served_model(faults_that_heal(Model(), 0.5, FAULTS)) as good,
        served_model(faults_that_heal(Model(wrong), 0.5, FAULTS, seed=1)) as server,
    ):
        faulty, seen = asked(prepared(two(good, tmp_path / "faulty", server), TASKS, DESIGNS))
    assert seen.faults > 10
    assert faulty.states == healthy.states
