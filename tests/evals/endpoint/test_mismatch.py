"""A lasting mismatch is told from accidents by its shape, the number of items and that nothing else has been read."""

import json

import pytest

from quantgate.evals.endpoint.mismatch import Mismatches, shape_of


def body(**message) -> str:
    return json.dumps({"id": "x", "choices": [{"message": message, "finish_reason": "stop"}]})


def test_three_items_that_are_answered_alike_twice_are_enough():
    seen = Mismatches()
    assert [seen.is_lasting("a", key) for key in (1, 1, 2, 2, 3, 3)] == [False] * 5 + [True]


def test_many_items_once_are_not():
    seen = Mismatches()
    assert not any(seen.is_lasting("a", key) for key in range(100))


def test_shapes_are_counted_apart():
    seen = Mismatches()
    assert not any(seen.is_lasting(shape, key) for key in (1, 2, 3) for shape in ("a", "b"))


def test_one_answer_that_was_read_makes_accidents_of_the_others():
    seen = Mismatches()
    seen.read()
    assert not any(seen.is_lasting("a", key) for key in (1, 2, 3) * 5)


def test_the_shape_does_not_depend_on_what_is_said():
    assert shape_of(body(content={"a": 1, "b": "x"})) == shape_of(body(content={"b": "long" * 99, "a": 7}))
    assert shape_of(body(content={"a": 1})) != shape_of(body(content={"a": "1"}))
    assert shape_of("<html>1</html>") == shape_of("<html>2</html>") == "markup"
    assert (shape_of("{broken"), shape_of(" ")) == ("text", "nothing")


@pytest.mark.parametrize(
    "text",
    [
        '{"error": {"message": "queue full"}}',
        json.dumps({"choices": [{"error": {"code": 502}, "message": {"content": ""}}]}),
        json.dumps({"choices": [{"message": {"content": "half"}, "finish_reason": "abort"}]}),
        json.dumps({"choices": [{"message": {"content": None}, "finish_reason": "error"}]}),
    ],
)
def test_an_error_is_no_shape(text):
    assert shape_of(text) is None


def test_a_body_of_any_depth_has_a_shape():
    assert shape_of("[" * 200_000) == "text"
    assert shape_of(json.dumps({"a": {"b": {"c": {"d": {"e": {"f": 1}}}}}})) is not None
