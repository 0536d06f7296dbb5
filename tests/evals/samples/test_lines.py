"""One line of samples.jsonl: JSON whatever a server sent, and told from damage with the reason."""

from __future__ import annotations

import json
import math
from dataclasses import replace

import pytest

from quantgate.evals.contract.records import Sample, Status
from quantgate.evals.samples.lines import line_of, parse_line

SOUND = Sample("t", "1", 0, "h", Status.OK, 1.0, extracted="5", response="It is 5.", usage={"completion_tokens": 4})


def changed(**fields: object) -> bytes:
    return json.dumps({**json.loads(line_of(SOUND)), **fields}).encode() + b"\n"


def strictly(line: bytes) -> object:
    def refuse(constant: str) -> None:
        raise AssertionError(constant)

    return json.loads(line, parse_constant=refuse)


def test_a_line_comes_back_as_the_sample_that_it_is():
    assert parse_line(line_of(SOUND)) == (None, SOUND)
    assert parse_line(line_of(SOUND, "a regrade")) == ("a regrade", SOUND)


@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf])
def test_numbers_that_json_does_not_have_are_written_as_null(number):
    usage = {"completion_tokens": 4, "cost": number, "details": {"each": [1.5, number]}}
    line = line_of(replace(SOUND, usage=usage))
    assert strictly(line)["usage"] == {"completion_tokens": 4, "cost": None, "details": {"each": [1.5, None]}}


def test_what_is_nested_without_end_is_left_out():
    usage: dict[str, object] = {}
    for _ in range(5000):
        usage = {"more": usage}
    assert parse_line(line_of(replace(SOUND, usage=usage)))[1].response == "It is 5."


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999"])
def test_lines_with_such_numbers_of_older_versions_are_answers(number):
    line = changed(usage={"cost": 0}).replace(b'"cost": 0', f'"cost": {number}'.encode())
    assert parse_line(line)[1].usage == {"cost": None}


@pytest.mark.parametrize(
    ("line", "why"),
    [
        (b"\n", "it is empty"),
        (b"\0\0\0\0\n", "it is no JSON"),
        (b"[]\n", "it is no JSON object"),
        (b"{}\n", "it has no task"),
        (b'{"task": "t"\n', "it is no JSON"),
        (b"\xff\xfe\n", "it is no UTF-8"),
        (b"[" * 100_000 + b"\n", "it is nested too deeply"),
        (changed().replace(b'"score": 1.0', b'"score": 0.0, "score": 1.0'), "it has a field twice"),
        (changed().replace(b'"score": 1.0', b'"score": ' + b"9" * 5000), "integer string"),
        (changed(status="fine"), "'fine' is not a valid Status"),
        (changed(status=["ok"]), "is not a valid Status"),
        (changed(repeat=0.0), "repeat must be a whole number"),
        (changed(repeat=2**31), "repeat cannot be"),
        (changed(response=7), "must be text, not 7"),
        (changed(extracted=["5"]), "must be text"),
        (changed(cluster=1), "must be text"),
        (changed(usage="many"), "usage must be an object"),
        (changed(latency_s="fast"), "must be numbers"),
        (changed(attempts="2"), "must be whole numbers"),
        (changed(time=5), "time must be text"),
        (changed(regrade=5), "regrade must be text"),
        (changed(margin=10**400), "margin must be a number"),
    ],
)
def test_anything_else_is_damage_with_a_reason(line, why):
    with pytest.raises(ValueError, match=why):
        parse_line(line)


@pytest.mark.parametrize("value", [None, "1", True, {}, [1]])
def test_a_metric_that_is_no_number_is_none(value):
    assert parse_line(changed(metrics={"exact": 1.0, "other": value}))[1].metrics == {"exact": 1.0}


def test_a_byte_order_mark_and_line_ends_of_windows_change_nothing():
    assert parse_line(b"\xef\xbb\xbf" + line_of(SOUND).replace(b"\n", b"\r\n"))[1] == SOUND
