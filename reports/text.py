"""Makes text that came from a model, a file or a server safe and short for a terminal."""

from __future__ import annotations

import unicodedata

_SHOWN_AS_SPACE = "\n\r\t"


def one_line(text: str, width: int = 100) -> str:
    """The text on one line of at most `width` characters: control, format and bidirectional characters are dropped."""
    spaced = "".join(" " if character in _SHOWN_AS_SPACE else character for character in text[: 4 * width])
    visible = "".join(character for character in spaced if unicodedata.category(character)[0] != "C")
    line = " ".join(visible.split())
    return line if len(line) <= width else line[: width - 1] + "…"
