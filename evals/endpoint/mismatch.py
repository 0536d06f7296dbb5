"""Notices that a server's answers have a shape that cannot be read, before many of them have been paid for."""

from __future__ import annotations

import json
from collections import defaultdict

_ITEMS = 3
_SIGHTINGS_EACH = 2
"""So many items, each asked so often, and not one answer read: it is no accident."""

_DEPTH = 6
_MOST_FIELDS = 40


def shape_of(body: str) -> str | None:
    """What a body is built like, whatever it says; `None` for one that reports an error, which may heal."""
    try:
        document = json.loads(body.lstrip("\ufeff"))
    except (ValueError, RecursionError):
        begun = body.lstrip()[:1]
        return "markup" if begun == "<" else "text" if begun else "nothing"
    if isinstance(document, dict):
        choices = document.get("choices")
        first = choices[0] if isinstance(choices, list) and choices else None
        if document.get("error") or (isinstance(first, dict) and (first.get("error") or _was_read(first))):
            return None
    return _skeleton(document, _DEPTH)


class Mismatches:
    """The malformed answers of one endpoint, by shape, until one has been read."""

    def __init__(self) -> None:
        self._seen: dict[str, dict[object, int]] = defaultdict(lambda: defaultdict(int))
        self._over = False

    def read(self) -> None:
        """An answer has been read, so that the others are accidents."""
        self._over = True
        self._seen.clear()

    def is_lasting(self, shape: str, key: object) -> bool:
        """Note that an answer to the request of `key` had this shape; whether enough others had it, too."""
        if self._over:
            return False
        self._seen[shape][key] += 1
        return sum(count >= _SIGHTINGS_EACH for count in self._seen[shape].values()) >= _ITEMS


def _was_read(choice: dict[str, object]) -> bool:
    """Whether a choice is of the usual form, so that what was wrong is how it ended: a fault of its own."""
    message = choice.get("message")
    return isinstance(message, dict) and (message.get("content") is None or isinstance(message["content"], str))


def _skeleton(value: object, depth: int) -> str:
    if isinstance(value, dict):
        if not depth:
            return "{}"
        fields = (f"{name}:{_skeleton(inner, depth - 1)}" for name, inner in sorted(value.items())[:_MOST_FIELDS])
        return "{" + ",".join(fields) + "}"
    if isinstance(value, list):
        return f"[{_skeleton(value[0], depth - 1) if value and depth else ''}]"
    return type(value).__name__
