"""At how many items, or after how many passes over them, a task is looked at."""

from __future__ import annotations

import math

LOOKS = 8
FIRST_SHARE = 0.2
"""Of the full size at the first look; the others grow by the same factor from look to look, up to the full size."""


def look_sizes(items: int, count: int = LOOKS) -> tuple[int, ...]:
    """Up to `count` growing numbers of items, the last of them `items`.

    They grow by a factor, not by a step: early looks are where items are saved, and late ones would follow each other
    on nearly the same data. Few items have fewer looks, since no size comes twice. A first look may be at so few that
    not even a build without a flip could pass: nothing is spent there, and the next look has it
    (`evals.stats.sequential.boundary.exact_levels`), while a regression or too many cut answers can show.

    Raises
    ------
    ValueError
        Fewer than one item, or fewer than one look.

    Examples
    --------
    >>> look_sizes(1319)
    (264, 332, 418, 526, 662, 833, 1049, 1319)
    >>> look_sizes(4)
    (1, 2, 3, 4)
    """
    if items < 1:
        raise ValueError(f"items must be at least 1, got {items}")
    if count < 1:
        raise ValueError(f"a design has at least 1 look, got {count}")
    shares = (FIRST_SHARE ** (place / max(count - 1, 1)) for place in range(count))
    return tuple(sorted({math.ceil(items * share) for share in shares}))
