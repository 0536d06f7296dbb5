"""What was printed is right line by line, numbers as decimals; a value is right when it is equal."""

import tracemalloc

import pytest

from quantgate.evals.sandbox.running import Given, Opaque
from quantgate.tasks.livecodebench.judging import same_lines, same_value


@pytest.mark.parametrize(
    ("printed", "expected", "right"),
    [
        ("5\n", "5", True), ("\n\n 5 \n\n", "5\n", True), ("5\r\n6", "5\n6\n", True), ("1  2", "1 2", True),
        ("a  b", "a b", False), ("1 2", "1\n2", False), ("1\n\n2", "1\n2", False), ("Yes", "yes", False),
        ("2.50", "2.5", True), ("1e3", "1000", True), ("+7", "7", True), ("007", "7", True), ("1_000", "1000", True),
        ("0.3333333333", "0.3333333334", False), ("50000000000000001", "50000000000000000", False),
        ("nan", "nan", True), ("NaN", "nan", False), ("sNaN", "1", False), ("inf", "Infinity", True), ("", "", True),
        ("", "0", False), ("1 2 3", "1 2", False), ("1 x", "1 y", False), ("1e999999999", "1", False),
    ],
)  # fmt: skip
def test_lines(printed, expected, right):
    assert same_lines(printed, expected) is right


@pytest.mark.parametrize(
    ("value", "expected", "right"),
    [
        ([1, 2], [1, 2], True), ((1, 2), [1, 2], True), ([(1, 2)], [[1, 2]], False), (2.0, 2, True), (True, 1, True),
        ("1", 1, False), (None, None, True), (0.1 + 0.2, 0.3, False), (Opaque(), None, False), ({1}, [1], False),
        ({"a": 1}, {"a": 1}, True), (10**30, 10**30, True), (float("nan"), float("nan"), False),
    ],
)  # fmt: skip
def test_values(value, expected, right):
    assert same_value(Given(value, type(value).__name__, 0.0), expected) is right


def test_output_without_end_is_no_list_in_memory():
    many = "aa\n" * 2_000_000 + "aa"
    words = "11 " * 2_000_000 + "11"
    tracemalloc.start()
    try:
        assert not same_lines(many, "aa")
        assert not same_lines(words, "11")
        assert tracemalloc.get_traced_memory()[1] < 30_000_000
    finally:
        tracemalloc.stop()
