"""Whether a text ends by saying the same thing over and over: how a damaged model often uses up its budget."""

from __future__ import annotations

import zlib

_TAIL = 1200
"""Characters of the end that are looked at."""

_LEAST_REPEATED = 240
_LEAST_TIMES = 4
_COMPRESSED_TO = 0.25
"""What repeats so often compresses to less than this share; most texts are told apart by that, fifty times faster."""


def is_looping(text: str) -> bool:
    """Whether the last 240 characters or more repeat one passage at least four times.

    The tail's reversal is searched for its longest periodic prefix by the prefix function of Knuth, Morris and Pratt
    (1977, SIAM J Comput 6:323). A rule of one repeated sign (`-----`) is not taken for a loop unless it is that long.
    """
    tail = text.rstrip()[-_TAIL:]
    if len(tail) < _LEAST_REPEATED:
        return False
    raw = tail.encode("utf-8", "replace")
    end = raw[-_LEAST_REPEATED:]
    if len(zlib.compress(end)) > _COMPRESSED_TO * len(end) and len(zlib.compress(raw)) > _COMPRESSED_TO * len(raw):
        return False
    return any(
        length >= _LEAST_REPEATED and length >= _LEAST_TIMES * (length - border)
        for length, border in enumerate(_borders(tail[::-1]), start=1)
    )


def _borders(text: str) -> list[int]:
    """For each prefix the length of its longest proper border: the prefix has the period length - border."""
    borders = [0] * len(text)
    for end in range(1, len(text)):
        border = borders[end - 1]
        while border and text[end] != text[border]:
            border = borders[border - 1]
        borders[end] = border + (text[end] == text[border])
    return borders
