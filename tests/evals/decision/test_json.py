"""A decision that was written is read back whole, or refused with the file and the field."""

from __future__ import annotations

import json

import pytest

from quantgate.evals.decision.json import load_decision, parse_decision
from quantgate.evals.errors import DataError
from tests.reports import made


def document(**changes):
    return {**json.loads(made.verdict(made.decision(), made.tau2(), made.invalid()).to_json()), **changes}


@pytest.mark.parametrize(
    "decision",
    [
        made.verdict(),
        made.verdict(made.decision(), made.inconclusive(), made.regressed(), made.invalid(), made.tau2()),
        made.comparison(),
    ],
    ids=["empty", "every kind of task", "comparison"],
)
def test_what_was_written_is_read_back_equal(decision, tmp_path):
    file = tmp_path / "gate.json"
    file.write_text(decision.to_json(), encoding="utf-8")
    assert load_decision(file) == decision
    assert load_decision(file).to_json() == decision.to_json()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "is not JSON"),
        ("{", "is not JSON"),
        ("[" * 100_000, "is not JSON"),
        ("[]", "holds no decision"),
        ('{"schema_version": 1}', "holds no decision"),
        ('{"schema_version": 2, "verdict": "pass"}', "schema version '2', this quantgate reads 1"),
        ('{"schema_version": true, "verdict": "pass"}', "schema version 'True'"),
    ],
)
def test_anything_else_is_refused_with_the_files_name(text, said, tmp_path):
    file = tmp_path / "gate.json"
    file.write_text(text)
    with pytest.raises(DataError, match=r"gate\.json") as refusal:
        load_decision(file)
    assert said in str(refusal.value)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"verdict": "good"}, "verdict"),
        ({"more": 1}, "more"),
        ({"reasons": "one"}, "reasons"),
        ({"tasks": [{"task": "gsm8k"}]}, "tasks.0"),
        ({"baseline": {"label": "fp8"}}, "baseline"),
    ],
)
def test_a_wrong_field_is_named(change, field):
    with pytest.raises(DataError, match=rf"gate\.json: {field}"):
        parse_decision(json.dumps(document(**change)), "gate.json")


@pytest.mark.parametrize("value", [float("nan"), float("inf"), "0.1", True])
def test_a_figure_that_is_no_finite_number_is_refused(value):
    changed = document()
    changed["tasks"][0]["lower"] = value
    with pytest.raises(DataError, match=r"tasks\.0\.lower"):
        parse_decision(json.dumps(changed), "gate.json")


def test_a_decision_of_before_the_newer_fields_is_read():
    old = document()
    for name in ("findings", "flip_table", "lengths", "precision", "flips"):
        del old["tasks"][0][name]
    del old["command"], old["created"], old["software"]
    assert parse_decision(json.dumps(old)).tasks[0].findings == ()


def test_half_a_surrogate_pair_is_read_as_a_question_mark():
    text = json.dumps(document(command="a\ud800b"))
    assert parse_decision(text).command == "a?b"


def test_a_file_that_is_not_there_is_a_plain_message(tmp_path):
    with pytest.raises(DataError, match="No such file"):
        load_decision(tmp_path / "none.json")


def test_a_task_that_could_not_be_compared_has_every_field_in_the_json_and_no_figure():
    decided, _, uncompared = document()["tasks"]
    assert list(uncompared) == list(decided)
    assert {name for name, value in uncompared.items() if value is None} >= {"baseline", "lower", "method", "precision"}
    assert (uncompared["items"], uncompared["flags"], uncompared["flips"]) == (0, [], [])


@pytest.mark.parametrize(
    ("field", "value"), [("lower", -0.01), ("items", 5), ("items", False), ("flags", ["superior"])]
)
def test_a_figure_of_a_task_that_could_not_be_compared_is_refused(field, value):
    changed = document()
    changed["tasks"][2][field] = value
    with pytest.raises(DataError, match=rf"tasks\.2\.{field}"):
        parse_decision(json.dumps(changed), "gate.json")


@pytest.mark.parametrize("field", ["lower", "difference", "method"])
def test_a_decided_task_without_a_figure_is_refused(field):
    changed = document()
    changed["tasks"][0][field] = None
    with pytest.raises(DataError, match=rf"tasks\.0\.{field}"):
        parse_decision(json.dumps(changed), "gate.json")


@pytest.mark.parametrize(("place", "value"), [("flags", ["good"]), ("tier", "optional"), ("require", "any")])
def test_a_word_that_no_decision_uses_is_refused(place, value):
    changed = document()
    changed["tasks"][0][place] = value
    with pytest.raises(DataError, match=rf"tasks\.0\.{place}"):
        parse_decision(json.dumps(changed), "gate.json")
