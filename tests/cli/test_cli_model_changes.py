"""A served model that changes under way, over real HTTP: told at once, kept apart, and no verdict from a mixture."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from quantgate.evals.runs import watching
from quantgate.evals.runs.directory import RunDirectory
from tests.server.served import Reply, served_model

pytestmark = pytest.mark.slow

HERE = [{"id": "test-model", "root": "org/good", "max_model_len": 8192}]


def switching(rule, count, **beside):
    """A rule whose replies bear `beside` after the first `count`."""
    asked = []

    def answer(body):
        asked.append(body)
        return replace(rule(body), beside=beside if len(asked) > count else {})

    return answer


@pytest.fixture
def one_by_one(arguments):
    return lambda url, *more, **options: arguments(url, "--concurrency", "1", *more, **options)


def held(folder):
    directory = RunDirectory(folder)
    return directory.record(), list(directory.samples().values())


@pytest.mark.parametrize("streams", [False, True])
def test_another_name_in_the_replies_stops_the_run_and_no_such_answer_is_kept(
    quantgate, one_by_one, rule, tmp_path, streams
):
    with served_model(switching(rule, 4, model="totally-other"), streams=streams) as server:
        code, _, err = quantgate(one_by_one(server.base_url, "--first", "10"))
    assert code == 5
    assert "the model has changed under way: a reply is of the model 'totally-other'" in err
    assert "those before were of 'test-model' (4)" in err
    record, samples = held(tmp_path / "run")
    assert len(samples) == 4
    assert [(each.model, each.count) for each in record.replies] == [("test-model", 4)]


def test_the_run_goes_on_when_the_first_model_is_back_and_is_refused_by_the_other(
    quantgate, one_by_one, rule, tmp_path
):
    with served_model(switching(rule, 4, model="totally-other")) as server:
        quantgate(one_by_one(server.base_url, "--first", "6"))
        code, _, err = quantgate(one_by_one(server.base_url, "--first", "6"))
        assert (code, len(held(tmp_path / "run")[1])) == (5, 4)
        assert "'totally-other'" in err
    with served_model(rule) as server:
        assert quantgate(one_by_one(server.base_url, "--first", "6"))[0] == 0
    assert [each.count for each in held(tmp_path / "run")[0].replies] == [6]


def test_a_mixture_that_is_meant_is_told_apart_and_makes_no_verdict_until_it_is_known(
    quantgate, one_by_one, rule, tmp_path
):
    with served_model(switching(rule, 4, model="other", system_fingerprint="fp_b")) as server:
        code, out, _ = quantgate(one_by_one(server.base_url, "--first", "10", "--model-changed"))
        assert code == 0
        assert "warns: The run holds answers of more than one model: the replies name test-model (4, " in out
        assert quantgate(one_by_one(server.base_url, "--first", "10"))[0] == 4
    with served_model(rule) as server:
        quantgate(one_by_one(server.base_url, "--first", "10", out=tmp_path / "whole"))
    record, samples = held(tmp_path / "run")
    assert [(each.model, each.fingerprint, each.count) for each in record.replies] == [
        ("test-model", None, 4),
        ("other", "fp_b", 6),
    ]
    assert sorted(list(sample.replied_by or [0]) for sample in samples) == [[0]] * 4 + [[1]] * 6
    runs = [str(tmp_path / "whole"), str(tmp_path / "run"), "--margin", "0.9"]
    report = tmp_path / "gate.json"
    for order in (runs, [runs[1], runs[0], *runs[2:]]):
        code, out, _ = quantgate(["gate", *order, "--json", str(report)])
        assert code == 4
        assert "not to be trusted" in out
    decided = json.loads(report.read_text())["tasks"][0]
    assert next((each["code"], each["severity"], each["build"]) for each in decided["findings"]) == (
        "model_changed",
        "blocks",
        "baseline",
    )
    code, _, _ = quantgate(["gate", *runs, "--model-changed", "--json", str(report)])
    known = json.loads(report.read_text())
    assert code != 4
    assert known["policy"]["model_changed"] is True
    assert ("model_changed", "warns") in [(each["code"], each["severity"]) for each in known["tasks"][0]["findings"]]


def test_another_fingerprint_stops_the_run_too(quantgate, one_by_one, rule, tmp_path):
    def fingerprinted(body):
        return replace(rule(body), beside={"system_fingerprint": "fp_a" if len(server.log.bodies) <= 4 else "fp_b"})

    with served_model(fingerprinted) as server:
        code, _, err = quantgate(one_by_one(server.base_url, "--first", "10"))
    assert code == 5
    assert "a reply has the system_fingerprint 'fp_b', those before had 'fp_a' (4)" in err
    assert len(held(tmp_path / "run")[1]) == 4


def test_replicas_that_take_turns_are_a_mixture(quantgate, one_by_one, rule, tmp_path):
    def taking_turns(body):
        return replace(rule(body), beside={"system_fingerprint": f"fp_{len(server.log.bodies) % 2}"})

    with served_model(taking_turns) as server:
        assert quantgate(one_by_one(server.base_url, "--first", "10"))[0] == 5
        assert quantgate(one_by_one(server.base_url, "--first", "10", "--model-changed"))[0] == 0
    assert sum(each.count for each in held(tmp_path / "run")[0].replies) == 10


def test_a_fingerprint_that_every_reply_has_anew_says_nothing_and_fills_no_record(
    quantgate, one_by_one, rule, tmp_path
):
    def always_new(body):
        return replace(rule(body), beside={"system_fingerprint": f"fp_{len(server.log.bodies)}"})

    with served_model(always_new) as server:
        code, out, _ = quantgate(one_by_one(server.base_url))
    record, samples = held(tmp_path / "run")
    assert code == 0
    assert "another system_fingerprint each" in out
    assert (len(samples), len(record.replies)) == (40, 33)
    assert (record.replies[-1].others, record.replies[-1].count) == (True, 8)


def test_a_name_of_the_servers_own_is_said_and_nothing_more(quantgate, one_by_one, rule):
    with served_model(switching(rule, 0, model="org/model-0613")) as server:
        code, out, _ = quantgate(one_by_one(server.base_url, "--first", "4"))
    assert code == 0
    assert "warns: The run was asked of test-model, and the replies name org/model-0613" in out


@pytest.mark.parametrize(
    "told", [{"model": None}, {"system_fingerprint": None}, {"system_fingerprint": ""}, {"created": 17}]
)
def test_what_is_not_told_and_the_time_are_no_change(quantgate, one_by_one, rule, told):
    with served_model(switching(rule, 3, **told)) as server:
        assert quantgate(one_by_one(server.base_url, "--first", "6"))[0] == 0


def test_what_a_reply_tells_may_be_anything(quantgate, one_by_one, rule, tmp_path):
    hostile = {"model": {"a": ["\x1b[31m" * 5000]}, "system_fingerprint": "‮" + "x" * 10**5}
    with served_model(switching(rule, 0, **hostile)) as server:
        code, out, err = quantgate(one_by_one(server.base_url, "--first", "3"))
    assert code == 0
    assert "\x1b[31m" not in out + err
    assert "‮" not in out + err
    assert (tmp_path / "run" / "run.json").stat().st_size < 10_000


@pytest.mark.parametrize(
    ("models", "said"),
    [
        ([{**HERE[0], "root": "org/worse"}], "root was 'org/good' and is 'org/worse'"),
        ([{**HERE[0], "max_model_len": 4096}], "max_model_len was 8192 and is 4096"),
        ([{"id": "other", "root": "org/good"}], "id was 'test-model' and is 'other'"),
        ([{"id": "a"}, {"id": "b"}], "lists a, b and no test-model any more"),
    ],
)
def test_another_list_at_the_end_makes_the_run_doubtful(quantgate, one_by_one, rule, tmp_path, models, said):
    listing = []
    with served_model(rule, models=lambda: models if listing else HERE) as server:
        server.rule = lambda body: listing.append(body) or rule(body)
        code, _, err = quantgate(one_by_one(server.base_url, "--first", "4"))
        assert code == 5
        assert said in err
        record, samples = held(tmp_path / "run")
        assert len(samples) == 4
        assert record.changes[0].before["served"]["id"] == "test-model"
        code, _, err = quantgate(one_by_one(server.base_url, "--first", "4"))
        assert code in (2, 4)
        listing.clear()
        code, out, _ = quantgate(one_by_one(server.base_url, "--first", "4"))
    assert code == 4
    assert "blocks: The run holds answers of more than one model: what the endpoint lists of it changed between" in out


def test_after_a_fault_the_list_is_looked_at_before_an_answer_counts(
    quantgate, one_by_one, rule, tmp_path, monkeypatch
):
    monkeypatch.setattr(watching, "_LOADING_S", 0.0)
    failed = []

    def restarted(body):
        # The kept connection is replaced once; that the new one breaks as well is a fault.
        if len(server.log.bodies) in (5, 6):
            failed.append(body)
            return Reply(reset=True)
        return rule(body)

    worse = [{**HERE[0], "root": "org/worse"}]
    with served_model(restarted, models=lambda: worse if failed else HERE) as server:
        code, _, err = quantgate(one_by_one(server.base_url, "--first", "10"))
    samples = held(tmp_path / "run")[1]
    assert code == 5
    assert "root was 'org/good' and is 'org/worse'" in err
    assert len(samples) == 4


def test_the_list_is_looked_at_from_time_to_time(quantgate, one_by_one, rule, tmp_path, monkeypatch):
    monkeypatch.setattr(watching, "_LOADING_S", 0.0)
    monkeypatch.setattr(watching, "_EVERY_S", 0.05)
    looks = []

    def listed():
        looks.append(1)
        return [{**HERE[0], "root": "org/worse"}] if len(looks) > 2 else HERE

    with served_model(lambda body: replace(rule(body), hang=len(server.log.bodies) > 2), models=listed) as server:
        code, _, err = quantgate(one_by_one(server.base_url, "--first", "10"))
    assert code == 5
    assert "changed under way" in err


def test_a_resume_under_another_list_is_refused_unless_it_is_meant(quantgate, one_by_one, rule, tmp_path):
    with served_model(rule, models=HERE) as server:
        quantgate(one_by_one(server.base_url, "--first", "4"))
    with served_model(rule, models=[{**HERE[0], "root": "org/worse", "created": 5}]) as server:
        code, _, err = quantgate(one_by_one(server.base_url, "--first", "6"))
        assert (code, "--model-changed puts answers of both" in err) == (2, True)
        assert quantgate(one_by_one(server.base_url, "--first", "6", "--model-changed"))[0] == 0
        assert quantgate(one_by_one(server.base_url, "--first", "6"))[0] == 4
    (change,) = held(tmp_path / "run")[0].changes
    assert (change.before["served"]["root"], change.after["served"]["root"]) == ("org/good", "org/worse")


def test_a_run_from_before_this_was_recorded_has_no_finding(quantgate, one_by_one, rule, tmp_path):
    with served_model(rule) as server:
        quantgate(one_by_one(server.base_url, "--first", "4"))
        file = tmp_path / "run" / "run.json"
        document = json.loads(file.read_text())
        del document["replies"], document["changes"]
        file.write_text(json.dumps(document))
        assert quantgate(one_by_one(server.base_url, "--first", "4"))[0] == 0
        code, out, _ = quantgate(one_by_one(server.base_url, "--first", "6"))
    assert (code, "more than one model" in out) == (0, False)
