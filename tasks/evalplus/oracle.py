"""Whether what a program gave is right: EvalPlus' comparison, value by value, its exceptions included.

Only Python's own types are compared here, which nothing of the program's can change.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from quantgate.evals.sandbox.running import Given

_FLOATS = 1e-6
"""How far numbers may be off, in absolute terms, where the problem says nothing and a float is right."""
_RELATIVE = 1e-7

_NOT_NONE = frozenset({"check_str", "text_match_three", "text_starta_endb"})
"""Functions that give a match of a pattern: only whether there is one counts."""

_AS_SETS = frozenset({
    "similar_elements", "find_char_long", "common_in_nested_lists", "extract_singly", "larg_nnum", "intersection_array",
    "find_dissimilar", "Diff",
})  # fmt: skip
"""Functions whose result may come in any order."""


def all_right(
    entry: str, calls: Sequence[Sequence[Any]], right: Sequence[Given], given: Sequence[Given], tolerance: float
) -> bool:
    """Whether every call gave what the solution gave.

    Parameters
    ----------
    entry
        The function's name, by which some problems are judged in their own way.
    calls
        The arguments of each.
    right, given
        What the solution and the program gave, one for each call; too few of the program's are wrong.
    tolerance
        The problem's. Once a right value is a float, it is `1e-6` at least for those that follow, as in EvalPlus.
    """
    if len(given) != len(calls) or len(right) != len(calls):
        return False
    for arguments, wanted, got in zip(calls, right, given, strict=True):
        if tolerance == 0 and entry != "find_zero" and _is_floats(wanted.value):
            tolerance = _FLOATS
        try:
            right_so_far = _is_right(entry, arguments, wanted, got, tolerance)
        except (TypeError, ValueError, ArithmeticError, LookupError, RecursionError, MemoryError, AttributeError):
            return False  # a value of another kind than what it is held against
        if not right_so_far:
            return False
    return True


def _is_right(entry: str, arguments: Sequence[Any], wanted: Given, got: Given, tolerance: float) -> bool:
    value, right = got.value, wanted.value
    if entry == "find_zero":
        return abs(_polynomial(arguments[0], value)) <= tolerance
    if entry in _AS_SETS:
        exact = set(value) == set(right)
    elif entry in _NOT_NONE:
        there = right if isinstance(right, bool) else right is not None
        exact = value == there if isinstance(value, bool) else there == (value is not None)
    else:
        exact = bool(value == right) or _is_accepted(entry, arguments, value, tolerance)
    if exact or tolerance == 0:
        return exact
    return _is_close(wanted, got, tolerance)


def _is_accepted(entry: str, arguments: Sequence[Any], value: Any, tolerance: float) -> bool:
    """Whether a value is right although it is another than the solution's, where the problem allows several."""
    match entry:
        case "are_equivalent":
            return True
        case "sum_div":
            return bool(value == 0)
        case "surface_Area":
            return bool(abs(value - _surface(*arguments)) <= tolerance)
        case "digit_distance_nums":
            return bool(value == _digit_distance(*arguments))
    return False


def _is_close(wanted: Given, got: Given, tolerance: float) -> bool:
    import numpy

    if wanted.type_name != got.type_name:
        return False
    # The name is the program's claim, and numpy takes no numbers at all for close to any number.
    if numpy.shape(wanted.value) != numpy.shape(got.value):
        return False
    return bool(numpy.allclose(got.value, wanted.value, rtol=_RELATIVE, atol=tolerance))


def _is_floats(value: Any) -> bool:
    if isinstance(value, list | tuple):
        return bool(value) and all(isinstance(each, float) for each in value)
    return isinstance(value, float)


def _polynomial(coefficients: Sequence[float], x: float) -> float:
    return sum(coefficient * math.pow(x, power) for power, coefficient in enumerate(coefficients))


def _surface(edge: float, height: float) -> int:
    """Of a pyramid on a square whose height is that of its apex, rounded."""
    slant = math.sqrt((edge / 2) ** 2 + height**2)
    return round(edge**2 + 2 * edge * slant)


def _digit_distance(one: int, other: int) -> int:
    first, second = str(one), str(other)
    width = max(len(first), len(second))
    pairs = zip(first.zfill(width), second.zfill(width), strict=True)
    return sum(abs(int(a) - int(b)) for a, b in pairs)
