"""Reads the arguments of a call, and says whether two of them mean the same call."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from quantgate.tasks.tool_calls.case import ExpectedCall

_LONGEST_INTEGER = 4000
"""Digits above which Python makes no integer of them."""


class NotJson(ValueError):
    """Arguments that are no JSON; its text says why."""


def read_arguments(text: str) -> Any:
    """What the text of arguments says as JSON (RFC 8259): NaN and infinity, which some parsers let pass, are none.

    Raises
    ------
    NotJson
        When it is no JSON, or is nested too deeply to be read.
    """
    try:
        return json.loads(text, parse_constant=_refused, parse_int=_integer)
    except RecursionError:
        raise NotJson("it is nested too deeply") from None
    except ValueError as error:
        raise NotJson(str(error)) from None


def same_calls(made: Sequence[ExpectedCall], expected: Sequence[ExpectedCall], schemas: Mapping[str, object]) -> bool:
    """Whether the same calls were made, in whatever order.

    Arguments are compared as JSON means them: order of keys, escapes, and 1 beside 1.0 make no difference, text beside
    a number, true beside 1, and the order of a list do. An argument that says what the schema gives as its default is
    as good as one that is left out.
    """
    if len(made) != len(expected):
        return False
    left = [(call.name, _without_defaults(call.arguments, schemas.get(call.name))) for call in made]
    for call in expected:
        wanted = _without_defaults(call.arguments, schemas.get(call.name))
        found = next((at for at, (name, said) in enumerate(left) if name == call.name and same(said, wanted)), None)
        if found is None:
            return False
        del left[found]
    return True


def same(one: object, other: object) -> bool:
    """Whether two values are the same to JSON.

    Examples
    --------
    >>> same({"a": [1, "x"]}, {"a": [1.0, "x"]}), same(1, True), same("1", 1)
    (True, False, False)
    """
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        return one.keys() == other.keys() and all(same(value, other[name]) for name, value in one.items())
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, int | float) and isinstance(other, int | float):
        return one == other
    return type(one) is type(other) and one == other


def _without_defaults(value: object, schema: object) -> object:
    """A value without what its schema gives as the default, in the objects that are within it, too."""
    properties = schema.get("properties") if isinstance(schema, Mapping) else None
    if not isinstance(value, Mapping) or not isinstance(properties, Mapping):
        return value
    kept: dict[str, object] = {}
    for name, each in value.items():
        declared = properties.get(name)
        told = _without_defaults(each, declared)
        if isinstance(declared, Mapping) and "default" in declared and same(each, declared["default"]):
            continue
        kept[name] = told
    return kept


def _refused(constant: str) -> Any:
    raise ValueError(f"{constant} is no JSON number")


def _integer(digits: str) -> int | float:
    return int(digits) if len(digits) <= _LONGEST_INTEGER else float(digits)


def as_calls(told: Iterable[tuple[str, Any]]) -> tuple[ExpectedCall, ...] | None:
    """Calls with arguments that were read, `None` where those of one are no object."""
    calls = tuple(told)
    if not all(isinstance(arguments, Mapping) for _, arguments in calls):
        return None
    return tuple(ExpectedCall(name, arguments) for name, arguments in calls)
