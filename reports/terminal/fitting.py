"""Tables that fit the terminal: columns where there is room, else figures below their names, else pairs of both.

No name, verdict or number is ever cut or parted: what does not fit beside the rest goes on a line below it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, RenderResult
from rich.text import Text

LONGEST_NAME = 80
"""Characters of a name that are shown."""

_INDENT = "  "
_GAP = 1
_SENTENCE = 30
"""Cells from which on a last cell is a sentence, which may be wrapped, and no verdict."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column; its name may have several lines. One of words stands left, one of figures right."""

    name: str
    words: bool = False

    @property
    def said(self) -> str:
        """The name in a line."""
        return self.name.replace("\n", " ")


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a line; those with the highest `spare` are left out first where there is not room for all."""

    text: str
    spare: int = 0


@dataclass(frozen=True, slots=True)
class FittingLine:
    """Parts of a line with commas between them, on one line of whatever width."""

    parts: tuple[Part, ...]
    style: str = ""

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        parts = list(self.parts)
        while len(parts) > 1 and cell_len(joined(parts)) > options.max_width:
            parts.remove(max(parts, key=lambda part: part.spare))
        line = Text(joined(parts), style=self.style)
        line.truncate(options.max_width, overflow="ellipsis")
        yield line


def joined(parts: Iterable[Part]) -> str:
    """All parts, with commas between them."""
    return ", ".join(part.text for part in parts)


class FittingTable:
    """A table that takes its form from the width that there is whenever it is rendered.

    The first column, and all of words that follow it, name a row.
    """

    def __init__(self, title: str | None, columns: Sequence[Column]) -> None:
        self._title = title
        self._columns = tuple(columns)
        self._rows: list[tuple[Text, ...]] = []

    def add(self, *cells: str | Text) -> None:
        """Add a row; one that ends before the figures is a heading."""
        self._rows.append(tuple(cell if isinstance(cell, Text) else Text(cell) for cell in cells))

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        if self._title is not None:
            yield Text(self._title, style="bold")
        yield from self._lines(console, options.max_width)

    def _lines(self, console: Console, width: int) -> Iterable[Text]:
        for lines in (list(self._aligned(console, width)), list(self._headed(width))):
            if all(line.cell_len <= width for line in lines):
                return lines
        return self._paired(width)

    def _aligned(self, console: Console, width: int) -> Iterator[Text]:
        """A line for each row, and more where its last cell is a sentence that is longer than what is left."""
        places = range(len(self._columns))
        widths = self._widths(places)
        yield from self._header(places, widths)
        last = places[-1]
        left = sum(widths[place] + _GAP for place in places[:-1])
        for row in self._rows:
            if len(row) > last and row[last].cell_len > max(_SENTENCE, width - left) and width - left >= _SENTENCE:
                first, *more = row[last].wrap(console, width - left)
                yield self._joined([*row[:last], first], places, widths)
                yield from (Text(" " * left).append_text(line) for line in more)
            else:
                yield self._joined(row, places, widths)

    def _headed(self, width: int) -> Iterator[Text]:
        """What is said in words, and the figures in columns of their own below it."""
        figures = [place for place in range(self._leading, len(self._columns)) if not self._columns[place].words]
        said = [place for place in range(len(self._columns)) if place not in figures]
        widths = self._widths(figures)
        for line in self._header(figures, widths):
            yield Text(_INDENT).append_text(line)
        for row in self._rows:
            yield from self._named(row, said, width)
            if len(row) > self._leading:
                yield Text(_INDENT).append_text(self._joined(row, figures, widths))

    def _paired(self, width: int) -> Iterator[Text]:
        """Each figure with its column's name, in lines that end between two of them."""
        for row in self._rows:
            *above, line = self._named(row, range(self._leading), width)
            yield from above
            rest = list(zip(self._columns, row, strict=False))[self._leading :]
            for place, (column, cell) in enumerate(rest):
                line.append(", " if place else ": ")
                pair = Text(f"{column.said} " if column.said else "").append_text(cell)
                if line.cell_len + pair.cell_len >= width:
                    line.rstrip()
                    yield line
                    line = Text(_INDENT)
                line.append_text(pair)
            yield line

    def _named(self, row: Sequence[Text], places: Sequence[int], width: int) -> Iterator[Text]:
        """A row by its words, in lines that end between two of them; a figure that names it says what it is."""
        line = Text()
        for place in places:
            if place >= len(row) or not row[place].plain:
                continue
            cell, column = row[place], self._columns[place]
            said = cell if column.words else Text(f"{column.said} ").append_text(cell)
            if line and line.cell_len + len(_INDENT) + said.cell_len > width:
                yield line
                line = Text(_INDENT)
            elif line:
                line.append(_INDENT)
            line.append_text(said)
        yield line

    @property
    def _leading(self) -> int:
        """How many columns name a row."""
        others = (place for place, column in enumerate(self._columns) if place and not column.words)
        return next(others, len(self._columns))

    def _widths(self, places: Sequence[int]) -> dict[int, int]:
        widths = {place: max(map(cell_len, self._columns[place].name.split("\n"))) for place in places}
        for row in self._rows:
            for place in places:
                if place < len(row):
                    widths[place] = max(widths[place], row[place].cell_len)
        return widths

    def _header(self, places: Sequence[int], widths: dict[int, int]) -> Iterator[Text]:
        names = {place: self._columns[place].name.split("\n") for place in places}
        height = max(map(len, names.values()), default=0)
        for line in range(height):
            # They stand on the figures: the missing lines of a short one are above it.
            cells = {place: ([""] * (height - len(said)) + said)[line] for place, said in names.items()}
            row = [Text(cells.get(place, ""), style="bold") for place in range(len(self._columns))]
            yield self._joined(row, places, widths)

    def _joined(self, row: Sequence[Text], places: Sequence[int], widths: dict[int, int]) -> Text:
        line = Text()
        for place in places:
            cell = row[place].copy() if place < len(row) else Text()
            spare = widths[place] - cell.cell_len
            if not self._columns[place].words:
                cell.pad_left(spare)
            else:
                cell.pad_right(spare)
            line.append(" " * _GAP if line else "").append_text(cell)
        line.rstrip()
        return line
