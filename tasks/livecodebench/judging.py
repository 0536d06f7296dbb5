"""Whether what a program gave is right: LiveCodeBench's comparison of lines and of values."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import Any

from quantgate.evals.sandbox.running import Given


def same_lines(printed: str, expected: str) -> bool:
    """Whether two texts have the same lines, blanks around each line and around the whole apart.

    Lines that differ are alike when they hold nothing but numbers, blanks between, and these are equal as decimals:
    `1.50` is `1.5`, and nothing is rounded.
    """
    printed, expected = printed.strip(), expected.strip()
    if printed.count("\n") != expected.count("\n"):  # before a list is made of it, which takes many times its memory
        return False
    return all(map(_alike, _lines(printed), _lines(expected)))


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.split("\n")]


def _alike(line: str, wanted: str) -> bool:
    if line == wanted:
        return True
    words = wanted.split()
    said = line.split(maxsplit=len(words))
    try:
        return len(said) == len(words) and [*map(Decimal, said)] == [*map(Decimal, words)]
    except (InvalidOperation, ValueError):
        return False


def same_value(given: Given, expected: Any) -> bool:
    """Whether a function's value is the expected one; a tuple is as good as a list, but not inside another value."""
    value = list(given.value) if isinstance(given.value, tuple) else given.value
    try:
        return bool(value == expected)
    except RecursionError:
        return False
