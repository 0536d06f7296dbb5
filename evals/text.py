"""Makes text that came from a model, a file or a server safe and short for a terminal; orders names as people do."""

from __future__ import annotations

import re
import unicodedata

_SHOWN_AS_SPACE = "\n\r\t"
_LINE_BREAKS = re.compile(r"[\n\r\v\f\x1c-\x1e\x85\u2028\u2029]+")
_COMMAND = re.compile(r"^([^\S\n]*:)(?=:)|#(?=#\w*\[)", re.MULTILINE)


def printable(text: str) -> str:
    """The text without control, format and bidirectional characters; line breaks stay."""
    if text.isprintable():
        return text
    return "".join(character for character in text if character == "\n" or unicodedata.category(character)[0] != "C")


def unbroken(text: str) -> str:
    """The whole text as `printable` has it, on one line."""
    return text if text.isprintable() else printable(_LINE_BREAKS.sub(" ", text))


def without_commands(text: str) -> str:
    """Lines in which no CI service sees a command: `::error::` at a line's start, `##[error]` and `##vso[` anywhere."""
    return _COMMAND.sub(lambda found: f"{found[0]} ", text)


def one_line(text: str, width: int = 100) -> str:
    """The text on one line of at most `width` characters: control, format and bidirectional characters are dropped."""
    spaced = "".join(" " if character in _SHOWN_AS_SPACE else character for character in text[: 4 * width])
    line = " ".join(printable(spaced).split())
    return line if len(line) <= width else line[: width - 1] + "…"


_EXCERPT = 120


def excerpt(text: str, width: int = _EXCERPT) -> str:
    """The beginning of a text on one line of at most `width` characters, made safe to print, for an error message."""
    shown = text[: 4 * width]
    line = " ".join("".join(character if character.isprintable() else " " for character in shown).split())
    return line if len(line) <= width else line[: width - 1] + "…"


_DIGITS = re.compile(r"([0-9]+)")


def natural_key(text: str) -> tuple[tuple[str, int, str], ...]:
    """Sorts names as people do, 9 before 10: each number by its value, everything else by its characters."""
    parts = _DIGITS.split(text)
    numbers = [part.lstrip("0") for part in parts[1::2]]
    return (
        *((word, len(number), number) for word, number in zip(parts[::2], numbers, strict=False)),
        (parts[-1], -1, ""),
    )
