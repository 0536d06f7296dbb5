"""At how many items, or after how many passes over them, a task is looked at."""

from __future__ import annotations

import math

LOOKS = 8
FIRST_SHARE = 0.3
"""Of the full size at the first look; the others grow by the same factor from look to look, up to the full size."""
# A product may come out of floating point this far above a whole number.
_WHOLE = 1e-9


def look_sizes(items: int, count: int = LOOKS, first: float = FIRST_SHARE) -> tuple[int, ...]:
    """Up to `count` growing numbers of items, the last of them `items`.

    They grow by a factor, not by a step: early looks are where items are saved, and late ones would follow each other
    on nearly the same data. Few items have fewer looks, since no size comes twice. A first look may be at so few that
    not even a build without a flip could pass; what such a look does not use is left to those after it, and a
    regression or too many cut answers can show before.

    Parameters
    ----------
    items
        At the last look; or passes over them.
    count
        At most so many looks.
    first
        The share of all at the first look, above 0.

    Raises
    ------
    ValueError
        Fewer than one item, or fewer than one look.

    Examples
    --------
    >>> look_sizes(1319)
    (396, 470, 559, 663, 788, 936, 1111, 1319)
    >>> look_sizes(4)
    (2, 3, 4)
    """
    if items < 1:
        raise ValueError(f"items must be at least 1, got {items}")
    if count < 1:
        raise ValueError(f"a design has at least 1 look, got {count}")
    shares = (first ** (1 - place / max(count - 1, 1)) for place in range(max(count, 2)))
    sizes = sorted({math.ceil(items * share - _WHOLE) for share in shares})
    return tuple(sizes) if count > 1 else (items,)
