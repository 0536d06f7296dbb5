"""Names in a row, as a sentence has them."""

from __future__ import annotations

from collections.abc import Sequence


def listed(names: Sequence[str], last: str = "and") -> str:
    """`a`, `a and b`, `a, b and c`."""
    *most, end = names
    return f"{', '.join(most)} {last} {end}" if most else end
