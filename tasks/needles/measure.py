"""The size of a text by a measure of its own, which no tokenizer changes, and the lengths that are asked for.

The text must be the same for both builds, whatever their servers and tokenizers, or nothing could be paired. So it is
made to a size that depends on the text alone: about one for each word, mark and digit, as the words are ones that
tokenizers have whole. How many tokens a prompt has by the served tokenizer is measured before anything is asked.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

SHORTEST = 512
LONGEST = 1 << 20
K = 1024
_LENGTH = re.compile(r"(\d+)(\.5)?(k?)")
_PIECE = re.compile(r"[a-z]+|[A-Z][a-z]*|\d|[^\w\s]+|\n+")
_ROOM_SHARE, _MOST_ROOM = 16, 4096
MESSAGE = 5
"""What a chat template adds to each message, about."""


def size(text: str) -> int:
    """How many words, runs of marks, digits and line ends a text has, which is about its number of tokens.

    >>> size("The old farmer found a lamp.")
    7
    """
    return sum(1 for _ in _PIECE.finditer(text))


def prompt_size(length: int) -> int:
    """The size of a prompt for a context of `length` tokens: a 16th is left for the answer, 4,096 at most.

    And a 32nd, for tokenizers that need more than one token for some of the words. So it is from 90 to 94 % of it.
    """
    return length - min(length // _ROOM_SHARE, _MOST_ROOM) - length // 32


def lengths(value: object) -> tuple[int, ...]:
    """Lengths in tokens, ascending, from `4k,16k` or `4096,16384`. Raises ValueError for anything else."""
    parts: Iterable[object] = value.split(",") if isinstance(value, str) else value if isinstance(value, list) else ()
    found = sorted({_length(part) for part in parts})
    if not found:
        raise ValueError("must be lengths with commas between them, as 4k,16k")
    return tuple(found)


def _length(value: object) -> int:
    told = _LENGTH.fullmatch(str(value).strip().lower())
    length = 0
    if told is not None and len(told[1]) < 8 and (told[3] or not told[2]):
        length = int(told[1]) * (K if told[3] else 1) + (K // 2 if told[2] else 0)
    if not (length == SHORTEST or (SHORTEST < length <= LONGEST and length % K == 0)):
        raise ValueError("must be lengths from 512 to 1024k, multiples of 1k (1,024 tokens), as 4k,16k")
    return length


def label(length: int) -> str:
    """A length in a word of which the order by letters is that by numbers: `000.5k`, `004k`, `128k`."""
    return "000.5k" if length == SHORTEST else f"{length // K:03d}k"
