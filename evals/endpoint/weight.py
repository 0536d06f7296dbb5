"""Bodies that are small as text, and large as what a parser makes of them."""

from __future__ import annotations

_MOST_VALUES = 4_000_000
_SMALL = 2 * _MOST_VALUES


def is_heavy(body: bytes) -> bool:
    """Whether JSON holds so many values that it would take many times the memory of its text."""
    return len(body) > _SMALL and sum(map(body.count, (b",", b"{", b"["))) > _MOST_VALUES
