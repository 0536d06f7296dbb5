"""Names, and beside each what it is; on a narrow terminal below it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.console import Console
from rich.text import Text

from quantgate.evals.text import one_line

_NAME = 60
_ABOUT = 300
_LEAST_WIDTH = 14
_LEAST_ABOUT = 30
_INDENT = 2


def described(console: Console, rows: Sequence[tuple[str, str]]) -> Iterator[Text]:
    """A line for each, or as many as it takes on a terminal; elsewhere lines have no end."""
    shown = [(Text(one_line(name, _NAME)), Text(one_line(about, _ABOUT))) for name, about in rows]
    column = max(_LEAST_WIDTH, *(name.cell_len for name, _ in shown)) + 1
    for name, about in shown:
        beside = name.copy()
        beside.pad_right(column - name.cell_len)
        left = console.width - column
        if not console.is_terminal or about.cell_len <= left:
            lines = [about]
        elif left >= _LEAST_ABOUT:
            lines = list(about.wrap(console, left))
        else:
            yield name
            yield from (Text(" " * _INDENT).append_text(line) for line in about.wrap(console, console.width - _INDENT))
            continue
        beside.append_text(lines[0])
        beside.rstrip()
        yield beside
        yield from (Text(" " * column).append_text(line) for line in lines[1:])
