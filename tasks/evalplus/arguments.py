"""MBPP+'s arguments as its functions take them: JSON has lists only where they want tuples, sets and complex numbers.

Which problem wants which is known to EvalPlus' reader of the file alone; here it stands by the problems' numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

Arguments = Sequence[Any]


def _tuples(given: Arguments) -> Arguments:
    return [tuple(each) for each in given]


def _lists_of_tuples(given: Arguments) -> Arguments:
    return [[tuple(inner) for inner in each] for each in given]


def _tuples_of_tuples(given: Arguments) -> Arguments:
    return [tuple(tuple(inner) for inner in each) for each in given]


def _first_list_of_tuples(given: Arguments) -> Arguments:
    return [[tuple(inner) for inner in given[0]], *given[1:]]


def _first_tuple(given: Arguments) -> Arguments:
    return [tuple(given[0]), *given[1:]]


def _second_tuple(given: Arguments) -> Arguments:
    return [given[0], tuple(given[1])]


def _sets(given: Arguments) -> Arguments:
    return [[set(each) if isinstance(each, list) and each else {} for each in given[0]]]


def _partly_tuples(given: Arguments) -> Arguments:
    return [tuple(tuple(each) if isinstance(each, list) else each for each in given[0])]


def _values_tuples(given: Arguments) -> Arguments:
    return [{key: tuple(value) for key, value in given[0].items()}, *given[1:]]


def _tuples_throughout(given: Any) -> Any:
    return tuple(_tuples_throughout(each) for each in given) if isinstance(given, list) else given


_FORMS: dict[Callable[[Any], Arguments], tuple[int, ...]] = {
    _tuples: (
        2, 116, 132, 143, 222, 261, 273, 394, 399, 421, 424, 429, 470, 560, 579, 596, 616, 630, 726, 740, 744, 809,
    ),
    _lists_of_tuples: (63, 64, 70, 94, 120, 237, 272, 299, 400, 409, 417, 438, 473, 614, 780),
    _first_list_of_tuples: (75, 413, 444, 753),
    _second_tuple: (106, 750),
    _sets: (115,),
    lambda given: [float(given[0]), complex(given[1])]: (124,),
    _first_tuple: (250, 307, 405, 446, 617, 720, 763, 808),
    _tuples_of_tuples: (259, 401, 445),
    _partly_tuples: (278,),
    _values_tuples: (722,),
    lambda given: [complex(given[0])]: (252,),
    _tuples_throughout: (580, 615, 791),
}  # fmt: skip
_BY_PROBLEM = {f"Mbpp/{number}": form for form, numbers in _FORMS.items() for number in numbers}


def arguments_of(item_id: str, given: Arguments) -> Arguments:
    """The arguments of one call, out of what the file has for it."""
    form = _BY_PROBLEM.get(item_id)
    return given if form is None else form(given)
