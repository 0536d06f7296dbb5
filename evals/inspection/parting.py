"""Where two texts part: the first word or sign in which they differ."""

from __future__ import annotations

import re

_TOKEN = re.compile(r"\w+|\s+|[^\w\s]")


def parting(left: str, right: str) -> int | None:
    """The place of the first token in which two texts differ, in characters from the beginning of both.

    A token is a word or number, white space, or any other single character. `None` where the texts are the same; where
    one of them ends sooner, the place at which the other goes on.
    """
    if left == right:
        return None
    for one, other in zip(_TOKEN.finditer(left), _TOKEN.finditer(right), strict=False):
        if one[0] != other[0]:
            return one.start()
    return min(len(left), len(right))


def token_at(text: str, place: int) -> str:
    """The token that begins at a place; empty at the end."""
    found = _TOKEN.match(text, place)
    return "" if found is None else found[0]
