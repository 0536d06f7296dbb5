"""Whether a text ends by saying the same thing over and over: how a damaged model often uses up its budget."""

from __future__ import annotations

_LEAST_REPEATED = 240
_LEAST_TIMES = 4
_LONGEST_PASSAGE = 960
_LAST_WORDS = 24


def is_looping(text: str) -> bool:
    """Whether the last 240 characters or more repeat one passage, of up to 960, at least four times.

    The end's reversal is searched for a periodic prefix by the prefix function of Knuth, Morris and Pratt (1977, SIAM J
    Comput 6:323), if its last words are there four times at all. A rule of one repeated sign (`-----`) is not taken for
    a loop unless it is that long.
    """
    end = text.rstrip()[-_LEAST_TIMES * _LONGEST_PASSAGE :]
    if end.count(end[-_LAST_WORDS:]) < _LEAST_TIMES:
        return False
    return any(
        length >= _LEAST_REPEATED and length >= _LEAST_TIMES * (length - border)
        for length, border in enumerate(_borders(end[::-1]), start=1)
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
