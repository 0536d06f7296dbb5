"""Where in a document a token stands, in four parts: what a rounded KV cache loses shows late."""

from __future__ import annotations

from bisect import bisect_right

STARTS = (0, 64, 256, 1024)
"""The first position of each part, in tokens from the document's beginning; the last part has no end."""


def bucket_of(position: int) -> int:
    """The part that a position, 0 or more, lies in.

    Examples
    --------
    >>> [bucket_of(position) for position in (0, 63, 64, 255, 256, 1023, 1024, 100_000)]
    [0, 0, 1, 1, 2, 2, 3, 3]
    """
    return bisect_right(STARTS, position) - 1


def ends(bucket: int) -> tuple[int, int | None]:
    """The first and the last position of a part; `None` where it has no end.

    Examples
    --------
    >>> ends(1), ends(3)
    ((64, 255), (1024, None))
    """
    return STARTS[bucket], STARTS[bucket + 1] - 1 if bucket + 1 < len(STARTS) else None
