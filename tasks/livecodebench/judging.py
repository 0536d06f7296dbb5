"""Whether what a program gave is right: LiveCodeBench's comparison of lines and of values."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import Any

from quantgate.evals.sandbox.inside import LONGEST, decoded, encoded
from quantgate.evals.sandbox.running import Given


def same_lines(printed: str, expected: str) -> bool:
    """Whether two texts have the same lines, blanks around each line and around the whole apart.

    Lines that differ are alike when they hold nothing but numbers, blanks between, and these are equal as decimals:
    `1.50` is `1.5`, and nothing is rounded.
    """
    lines, wanted = _lines(printed), _lines(expected)
    return len(lines) == len(wanted) and all(map(_alike, lines, wanted))


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.strip().split("\n")]


def _alike(line: str, wanted: str) -> bool:
    if line == wanted:
        return True
    try:
        return [Decimal(word) for word in line.split()] == [Decimal(word) for word in wanted.split()]
    except (InvalidOperation, ValueError):
        return False


def same_value(given: Given, expected: Any) -> bool:
    """Whether a function's value is the expected one; a tuple is as good as a list, but not inside another value."""
    value = list(given.value) if isinstance(given.value, tuple) else given.value
    try:
        return bool(value == decoded(encoded(expected, LONGEST)))
    except RecursionError:
        return False
