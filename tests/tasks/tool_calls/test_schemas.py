"""Schemas are anybody's: nothing is fetched for them, and one that is none allows nothing."""

import socket

import pytest

from quantgate.tasks.tool_calls.schemas import problem_of


@pytest.fixture(autouse=True)
def _no_network(monkeypatch):
    def refused(*_):
        raise AssertionError("a schema made somebody connect")

    monkeypatch.setattr(socket.socket, "connect", refused)
    monkeypatch.setattr(socket, "getaddrinfo", refused)


@pytest.mark.parametrize(
    "schema",
    [
        {"$ref": "http://127.0.0.1:9/schema.json"},
        {"properties": {"a": {"$ref": "file:///etc/passwd"}}},
        {"properties": {"a": {"$ref": "#/$defs/missing"}}},
        {"$ref": "#"},
        {"properties": {"a": {"pattern": "(?<![a"}}},
        {"type": "any"},
        {"properties": 3},
        "object",
        [],
        {"$schema": "http://127.0.0.1:9/draft", "properties": {"a": {"$dynamicRef": "http://127.0.0.1:9/x"}}},
    ],
)
def test_a_schema_that_cannot_be_used_allows_nothing_and_fetches_nothing(schema):
    assert problem_of(schema, {"a": "b"}) is not None


@pytest.mark.parametrize("schema", [None, {}, True, {"type": "object"}, {"$ref": "#/$defs/a", "$defs": {"a": {}}}])
def test_without_rules_every_object_is_allowed_and_nothing_else(schema):
    assert problem_of(schema, {"a": 1}) is None
    assert problem_of(schema, [1]) == "arguments are no JSON object"


def test_older_drafts_are_read_as_what_they_say_they_are():
    draft4 = {
        "$schema": "http://json-schema.org/draft-04/schema#",
        "properties": {"a": {"maximum": 3, "exclusiveMaximum": True}},
    }
    assert problem_of(draft4, {"a": 3}) is not None
    assert problem_of(draft4, {"a": 2}) is None


def test_numbers_are_what_json_schema_takes_them_for():
    schema = {"properties": {"a": {"type": "integer"}}}
    assert [problem_of(schema, {"a": value}) is None for value in (1, 1.0, 1.5, True, "1")] == [
        True,
        True,
        False,
        False,
        False,
    ]
