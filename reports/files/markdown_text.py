"""Makes any text safe inside Markdown: it comes out as it went in, and formats, links and mentions nothing."""

from __future__ import annotations

import re

from quantgate.evals.text import one_line

_PUNCTUATION = re.compile(r"([\\`*_\[\]|~$])")
# What begins a heading, a list, a rule or an underline, but only at the start of a line.
_OPENING = re.compile(r"^([-+=#]|\d+(?=[.)]))")
# Forges turn these into links after the Markdown has been read, where no escape helps; an invisible break does.
_LINKED = re.compile(r"(@|://|\bwww(?=\.)|\bmailto(?=:)|\bxmpp(?=:)|#(?=\d)|\b[Gg][Hh](?=-\d))")
_BREAK = "\u200b"


def markdown_text(text: str, width: int = 300) -> str:
    """The text on one line, cut, for a paragraph, a list or a table's cell."""
    safe = one_line(text, width).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    parts = _LINKED.split(safe)
    broken = [f"{part}{_BREAK}" if place % 2 else part for place, part in enumerate(parts)]
    escaped = _PUNCTUATION.sub(r"\\\1", "".join(broken))
    return _OPENING.sub(lambda found: f"{found[1]}\\" if found[1].isdigit() else f"\\{found[1]}", escaped)


def markdown_code(text: str, width: int = 1000) -> str:
    """The text as a code span, outside tables only."""
    line = one_line(text, width)
    fence = "`" * (1 + max((len(run) for run in re.findall(r"`+", line)), default=0))
    pad = " " if line.startswith("`") or line.endswith("`") else ""
    return f"{fence}{pad}{line}{pad}{fence}"
