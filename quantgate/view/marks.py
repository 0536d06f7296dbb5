"""Cuts an answer into the parts that a page tells apart: the same as the other's, where they part, what was read."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, replace
from itertools import pairwise

from quantgate.evals.inspection.parting import token_at
from quantgate.evals.inspection.result import place_of_result

_LONGEST_MARK = 40
_JOINERS = "\u200c\u200d"
"""They shape Persian and Indian scripts and emoji, and hide nothing."""


@dataclass(frozen=True, slots=True)
class Segment:
    """A part of an answer: `same` as the other up to here, `parts` from it in this token, `read` as the result."""

    text: str
    same: bool = False
    parts: bool = False
    read: bool = False

    @property
    def length(self) -> int:
        """Characters of it."""
        return len(self.text)


def segments(text: str, parting: int | None = None, extracted: str | None = None) -> tuple[Segment, ...]:
    """The text in order, cut at the token at `parting` (characters) and at the last place that says `extracted`.

    Where the text ends at its parting from a longer one, the last segment is empty and `parts`.
    """
    read = place_of_result(text, extracted)
    split = None if parting is None else _token(text, parting)
    cuts = sorted({0, len(text), *(read or ()), *(split or ())})
    parts = [
        Segment(
            text[start:end],
            same=split is not None and end <= split[0],
            parts=split is not None and split[0] <= start < split[1],
            read=read is not None and read[0] <= start < read[1],
        )
        for start, end in pairwise(cuts)
    ]
    if split is not None and split[0] == len(text):
        parts.append(Segment("", parts=True))
    return tuple(parts)


def split(parts: tuple[Segment, ...], place: int) -> tuple[tuple[Segment, ...], tuple[Segment, ...]]:
    """The segments before and after a place, in characters; one that goes over it is cut."""
    before: list[Segment] = []
    for number, part in enumerate(parts):
        if place < len(part.text):
            cut = [replace(part, text=part.text[:place])] if place else []
            return (*before, *cut), (replace(part, text=part.text[place:]), *parts[number + 1 :])
        before.append(part)
        place -= len(part.text)
    return tuple(before), ()


def visible(text: str) -> str:
    r"""The text with its control, format and bidirectional characters named; line breaks and tabs stay.

    >>> visible("\x1b[31mred\u202e")
    '␛[31mred⟨U+202E⟩'
    """
    if text.isprintable():
        return text
    text = text.replace("\r\n", "\n")
    odd = {sign for sign in set(text) if unicodedata.category(sign)[0] == "C"} - set("\n\t" + _JOINERS)
    return text.translate({ord(sign): _named(sign) for sign in odd}) if odd else text


def _named(sign: str) -> str:
    code = ord(sign)
    if code < 0x20:
        return chr(0x2400 + code)
    return "␡" if code == 0x7F else f"⟨U+{code:04X}⟩"


def _token(text: str, parting: int) -> tuple[int, int]:
    start = min(parting, len(text))
    return start, start + min(len(token_at(text, start)), _LONGEST_MARK)
