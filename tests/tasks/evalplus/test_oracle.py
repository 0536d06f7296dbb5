"""Values are compared as EvalPlus 0.3.1 compares them, its exceptions for some problems included."""

import pytest

from quantgate.evals.sandbox.running import Given, Opaque
from quantgate.tasks.evalplus.oracle import all_right


def judged(entry, wanted, got, *, arguments=(), tolerance=0.0, type_name=None) -> bool:
    right = Given(wanted, type(wanted).__name__, 0.0)
    given = Given(got, type_name or type(got).__name__, 0.0)
    return all_right(entry, [arguments], [right], [given], tolerance)


@pytest.mark.parametrize(
    ("wanted", "got", "right"),
    [
        (1, 1, True), (1, True, True), ([1], (1,), False), (0.1, 0.1 + 1e-9, True), (0.1, 0.1001, False),
        ([0.5, 1.5], [0.5, 1.5 + 1e-8], True), ([0.5], [0.5, 0.5], False), (2.0, 2, True), (2.0, 2 + 1e-9, True),
        ("a", "b", False), (None, None, True), ([1.0], ["1"], False), (1.0, None, False), ({1}, {1, 2}, False),
    ],
)  # fmt: skip
def test_equal_or_close_where_a_float_is_right(wanted, got, right):
    assert judged("f", wanted, got) is right


def test_a_close_value_of_another_type_is_wrong():
    assert not judged("f", 1.0, 1.0 + 1e-9, type_name="float64")


@pytest.mark.parametrize(
    ("wanted", "claimed"), [(1.5, []), (1.5, [[]]), (1.5, [1.5, 1.5]), ([1.5], [[]]), ((1.5, 2.5), ((), ()))]
)
def test_what_says_to_be_of_the_right_type_has_its_shape_too(wanted, claimed):
    """A class of the program's own may be called float, and be an empty list."""
    assert not judged("f", wanted, claimed, type_name=type(wanted).__name__)


@pytest.mark.parametrize(
    ("entry", "wanted", "got", "arguments", "right"),
    [
        ("Diff", [1, 2], [2, 1, 1], (), True),
        ("Diff", [1, 2], 3, (), False),
        ("check_str", Opaque(), Opaque(), (), True),
        ("check_str", Opaque(), None, (), False),
        ("check_str", Opaque(), True, (), True),
        ("check_str", None, False, (), True),
        ("are_equivalent", True, False, (), True),
        ("sum_div", 7, 0, (), True),
        ("sum_div", 7, 1, (), False),
        ("surface_Area", 5, 35, (3, 4), True),
        ("digit_distance_nums", 5, 1, (1, 2), True),
        ("find_zero", 99.0, 1.0, ([-1, 1],), True),
        ("find_zero", 1.0, 2.0, ([-1, 1],), False),
        ("f", Opaque(), Opaque(), (), False),
    ],
)
def test_problems_that_are_judged_in_their_own_way(entry, wanted, got, arguments, right):
    assert judged(entry, wanted, got, arguments=arguments, tolerance=1e-4 if entry == "find_zero" else 0.0) is right


def test_too_few_values_are_wrong():
    assert not all_right("f", [(), ()], [Given(1, "int", 0.0)] * 2, [Given(1, "int", 0.0)], 0.0)
