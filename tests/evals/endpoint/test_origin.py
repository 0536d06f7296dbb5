"""What a reply says of its model, of whatever type and length."""

import pytest

from quantgate.evals.contract.records import Origin
from quantgate.evals.endpoint.origin import origin_of


def test_the_name_and_the_fingerprint_are_taken_as_they_are():
    assert origin_of({"model": "org/m", "system_fingerprint": "fp_1", "created": 5}) == Origin("org/m", "fp_1")


@pytest.mark.parametrize("nothing", [None, "", "  ", False, [], {}])
def test_what_tells_nothing_is_nothing(nothing):
    assert origin_of({"model": nothing, "system_fingerprint": nothing}) == origin_of({}) == Origin()


@pytest.mark.parametrize(("value", "told"), [(7, "7"), (["b1"], '["b1"]'), ({"b": 1, "a": 2}, '{"a": 2, "b": 1}')])
def test_what_is_no_text_is_told_as_json(value, told):
    assert origin_of({"model": value}).model == told


def test_what_is_long_or_hostile_is_shortened_and_stays_distinct():
    told = {origin_of({"model": "x" * 10**6 + end}).model for end in ("a", "b", "\x1b[2J", "\ud800")}
    assert len(told) == 4
    assert all(name is not None and len(name) < 150 and name.isprintable() for name in told)
