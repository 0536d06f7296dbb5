"""Long lists of which a few words are the most frequent: what no single place of the text tells.

References
----------
RULER's two aggregation tasks (Hsieh et al. 2024, https://arxiv.org/abs/2404.06654, section 3). Common words: ten
entries 30 times each among others three times each; below 4,096 tokens 6 times and once. Frequent words: made-up words
whose numbers follow a Zipf law with exponent 2, the most frequent of which is written as dots and does not count.
"""

from __future__ import annotations

import string
from collections.abc import Iterator

from quantgate.tasks.needles import words
from quantgate.tasks.needles.drawing import Drawing
from quantgate.tasks.needles.measure import K, size
from quantgate.tasks.needles.prose import Fact

_COMMON = 10
_FREQUENT = 3
_OFTEN, _SELDOM = (30, 3), (6, 1)
_CODED = 6
_PIECES_OF_CODED = 3.4
_PIECES_OF_ENTRY = 3.1
"""What tokenizers make of a coded word, and of an entry with its line end, as the mean of five."""
_KNOWN = 1000
"""So many of the most frequent coded words, which is all of them in texts of up to a million tokens."""
_ENTRY, _CODED_WORD = r"(?=\b([a-z]+ [a-z]+)\b)", r"\b[a-z]{6}\b"
_ZETA_2 = 1.6449340668482264
_COMMON_OPENING = (
    "Here is a list with one entry to a line. Some entries come up far more often than the others; remember those.\n\n"
)
_COMMON_QUESTION = (
    "\n\nWhich are the 10 entries that come up most often in this list? Answer with these 10 alone, separated by "
    "commas."
)
_FREQUENT_OPENING = "Here is a coded text. Keep track of how often each coded word comes up in it.\n\n"
_FREQUENT_QUESTION = (
    "\n\nWhich are the 3 coded words that come up most often in this text? The dots are no words. Answer with these 3 "
    "words alone, separated by commas."
)
ENTRIES = frozenset(f"{first} {second}" for first in words.NAMING for second in words.NAMED)
"""All that a list may name. At 128k tokens it names most of them."""


def common_fact(*seed: object) -> Fact:
    """The ten entries that come up most often."""
    return Fact((), _COMMON_QUESTION, tuple(_entries(Drawing("common", *seed), _COMMON)), _ENTRY, ENTRIES)


def common_text(budget: int, length: int, *seed: object) -> str:
    """The list, of `budget` in all with the question; which entries are common is up to `seed` alone."""
    often, seldom = _OFTEN if length >= 4 * K else _SELDOM
    room = int((budget - size(_COMMON_OPENING + _COMMON_QUESTION)) / _PIECES_OF_ENTRY)
    others = max((room - _COMMON * often) // seldom, 0)
    drawing = Drawing("common", *seed)
    entries = _entries(drawing, min(_COMMON + others, len(ENTRIES)))
    listed = [entry for place, entry in enumerate(entries) for _ in range(often if place < _COMMON else seldom)]
    return _COMMON_OPENING + "\n".join(drawing.shuffled(listed))


def frequent_fact(*seed: object) -> Fact:
    """The three coded words that come up most often."""
    drawing = Drawing("frequent", *seed)
    coded = _coded(drawing)
    known = [next(coded) for _ in range(_KNOWN)]
    return Fact((), _FREQUENT_QUESTION, tuple(known[:_FREQUENT]), _CODED_WORD, frozenset(known))


def frequent_text(budget: int, *seed: object) -> str:
    """The coded text, of `budget` in all with the question."""
    drawing = Drawing("frequent", *seed)
    room = budget - size(_FREQUENT_OPENING + _FREQUENT_QUESTION)
    coded = _coded(drawing)
    # Of n words the k-th most frequent has n / (zeta(2) k^2). The dots are one token.
    low, high = 0, room * 2
    while high - low > 1:
        middle = (low + high) // 2
        dots, *counts = _zipf(middle)
        low, high = (middle, high) if dots + _PIECES_OF_CODED * sum(counts) <= room else (low, middle)
    dots, *counts = _zipf(low)
    written = ["..."] * dots
    for count in counts:
        written += [next(coded)] * count
    return _FREQUENT_OPENING + " ".join(Drawing("order", *seed).shuffled(written))


def _zipf(total: int) -> list[int]:
    """How often each word comes up, the most frequent first, those that never do left out."""
    counts: list[int] = []
    rank = 1
    while (count := int(total / (_ZETA_2 * rank * rank))) > 0:
        counts.append(count)
        rank += 1
    return counts or [0]


def _entries(drawing: Drawing, count: int) -> list[str]:
    """So many different entries; the first ones of more are the same."""
    found: dict[str, None] = {}
    while len(found) < count:
        found[f"{drawing.one(words.NAMING)} {drawing.one(words.NAMED)}"] = None
    return list(found)


def _coded(drawing: Drawing) -> Iterator[str]:
    """Different words of six letters."""
    seen: set[str] = set()
    while True:
        word = drawing.text(string.ascii_lowercase, _CODED)
        if word not in seen:
            seen.add(word)
            yield word
