"""The tables of a model card, Markdown or HTML, as grids of plain text; nothing in them is fetched or executed."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser
from itertools import takewhile

from quantgate.evals.errors import UsageError
from quantgate.evals.text import one_line

MOST_CHARACTERS = 1 << 20
"""A card of more is none; what Markdown can be made to cost grows with its length."""

_MOST_CELLS = 100_000
_LONGEST_CELL = 300
_FRONT_MATTER = re.compile(r"\A\ufeff?---[ \t]*\n.*?\n---[ \t]*\n", re.DOTALL)
_FOOTNOTE = re.compile(r"\[\^[^\]\s]{1,20}\]")
# Of a link's text and what stands before it: a mark that points at a footnote, unlike the 25 of "AIME [25](...)".
_MARK_AFTER = re.compile(r".\^\w{1,20}|[\d%)]\d{1,2}")
_WHOLE_PAGE = re.compile(r"\s*<(!doctype|html|table)\b", re.IGNORECASE)
_HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
# What is struck out does not hold, and what is raised is the mark of a footnote.
_UNREAD = frozenset({"script", "style", "template", "sup", "del", "s"})


@dataclass(frozen=True, slots=True)
class Table:
    """A rectangle of cells, of which the first `headers` rows name the columns. `heading` is the last one above it."""

    cells: tuple[tuple[str, ...], ...]
    headers: int
    heading: str

    @property
    def columns(self) -> list[tuple[str, ...]]:
        """What each column is called, level by level; a level that spans others is repeated."""
        return [tuple(dict.fromkeys(level for level in levels if level)) for levels in self._levels()]

    def _levels(self) -> list[tuple[str, ...]]:
        return list(zip(*self.cells[: self.headers], strict=True))

    @property
    def body(self) -> tuple[tuple[str, ...], ...]:
        return self.cells[self.headers :]

    def transposed(self) -> Table:
        """The same with builds and benchmarks exchanged; the leading columns without figures become its headers."""
        turned = tuple(zip(*self.cells, strict=True))
        words = takewhile(lambda column: not any(map(_has_figure, column[self.headers :])), turned)
        return Table(turned, min(max(len(list(words)), 1), len(turned)), self.heading)


def _has_figure(cell: str) -> bool:
    return re.match(r"[^\w-]*\d+([.,]\d+)?\s*(%|$|\(|±|\[)", cell) is not None


def read_tables(text: str) -> list[Table]:
    """Every table of a card, in its order. Raises UsageError for a card that is larger than any."""
    if len(text) > MOST_CHARACTERS:
        raise UsageError(f"more than {MOST_CHARACTERS >> 20} MiB of text: cut it down to the tables of accuracies")
    text = _without_comments(text)
    reader = _TableReader()
    reader.feed(text if _WHOLE_PAGE.match(text) else _rendered(text))
    reader.close()
    return [table for draft in reader.tables if (table := draft.table()) is not None]


def _without_comments(text: str) -> str:
    """The text without HTML comments; many that never end take a parser hours, here they end the text."""
    first, *others = text.split("<!--")
    ends = [other.partition("-->") for other in others]
    kept = [f" {after}" if end else "" for _, end, after in ends]
    return "".join([first, *kept])


def _rendered(text: str) -> str:
    """Markdown as HTML, in which its tables and those that were written as HTML are alike."""
    from markdown_it import MarkdownIt

    text = _FRONT_MATTER.sub("", text.replace("\r\n", "\n"))
    return str(MarkdownIt("commonmark").enable(["table", "strikethrough"]).render(_kept_together(text)))


def _kept_together(text: str) -> str:
    """The text without blank lines inside HTML tables, which end there by the rules of Markdown alone."""
    parts, place, lower = [], 0, text.lower()
    if len(lower) != len(text):
        return text
    while (begin := lower.find("<table", place)) >= 0 and (end := lower.find("</table", begin)) >= 0:
        lines = text[begin:end].split("\n")
        parts += [text[place:begin], "\n".join(line for line in lines if line.strip())]
        place = end
    return "".join([*parts, text[place:]])


@dataclass(slots=True)
class _Cell:
    heads: bool
    across: int
    down: int
    text: list[str] = field(default_factory=list)
    linked: int | None = None
    """How many parts of the text stand before the link that is open."""

    def end_link(self) -> None:
        """Drop the text of a link that is the mark of a footnote, as `94.09[^1]` and `94.09[1]` are rendered."""
        if self.linked is None:
            return
        before, link = "".join(self.text[: self.linked]).strip(), "".join(self.text[self.linked :]).strip()
        if before and len(link) < 24 and _MARK_AFTER.fullmatch(before[-1] + link):
            del self.text[self.linked :]
        self.linked = None

    def said(self) -> str:
        return one_line(_FOOTNOTE.sub("", "".join(self.text)[: 4 * _LONGEST_CELL]), _LONGEST_CELL)


@dataclass(slots=True)
class _Draft:
    """A table that is being read: rows of cells as they come, with whether the row stands in the table's head."""

    heading: str
    rows: list[tuple[bool, list[_Cell]]] = field(default_factory=list)
    in_head: bool = False
    open: _Cell | None = None

    def table(self) -> Table | None:
        """The grid with every spanning cell written into all its places; None for one without two rows."""
        places: dict[tuple[int, int], str] = {}
        for row, (_, cells) in enumerate(self.rows):
            column = 0
            for cell in cells:
                while (row, column) in places:
                    column += 1
                said = cell.said()
                down = min(cell.down, len(self.rows) - row)
                if len(places) + down * cell.across > _MOST_CELLS:
                    raise UsageError(f"a table of more than {_MOST_CELLS:,} cells: no card of accuracies is so large")
                places |= {(row + i, column + j): said for i in range(down) for j in range(cell.across)}
                column += cell.across
        width = 1 + max((column for _, column in places), default=-1)
        if len(self.rows) < 2 or width < 2:
            return None
        if len(self.rows) * width > _MOST_CELLS:
            raise UsageError(f"a table of more than {_MOST_CELLS:,} cells: no card of accuracies is so large")
        grid = tuple(tuple(places.get((row, column), "") for column in range(width)) for row in range(len(self.rows)))
        return Table(grid, self._headers(grid), self.heading)

    def _headers(self, grid: tuple[tuple[str, ...], ...]) -> int:
        heads = [in_head or (bool(cells) and all(cell.heads for cell in cells)) for in_head, cells in self.rows]
        number = len(list(takewhile(bool, heads)))
        if not number:
            # A first row whose cells span several columns is explained by the rows without figures below it.
            spans = any(1 < cell.across < len(grid[0]) for cell in self.rows[0][1])
            more = takewhile(lambda row: not any(map(_has_figure, row[1:])), grid[1:]) if spans else ()
            number = 1 + len(list(more))
        return min(number, len(grid) - 1)


class _TableReader(HTMLParser):
    """Collects tables, those inside others by themselves, and remembers the heading before each."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.tables: list[_Draft] = []
        self._open: list[_Draft] = []
        self._unread = 0
        self._heading: list[str] | None = None
        self._above = ""
        self._cells = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _UNREAD:
            self._unread += 1
        elif tag == "table":
            self._open.append(_Draft(self._above))
            self.tables.append(self._open[-1])
        elif tag in _HEADINGS:
            self._heading = []
        elif self._open:
            self._in_table(tag, dict(attrs))

    def _in_table(self, tag: str, attrs: dict[str, str | None]) -> None:
        table = self._open[-1]
        if tag in ("thead", "tbody", "tfoot"):
            table.in_head = tag == "thead"
        elif tag == "tr":
            table.rows.append((table.in_head, []))
            table.open = None
            self._unread = 0
        elif tag in ("td", "th"):
            self._cells += 1
            if self._cells > _MOST_CELLS:
                raise UsageError(f"more than {_MOST_CELLS:,} cells: no card of accuracies is so large")
            if not table.rows:
                table.rows.append((table.in_head, []))
            table.open = _Cell(tag == "th", _span(attrs.get("colspan")), _span(attrs.get("rowspan")))
            table.rows[-1][1].append(table.open)
            self._unread = 0
        elif tag == "br":
            self.handle_data(" ")
        elif tag == "a" and table.open is not None:
            table.open.linked = len(table.open.text)

    def handle_endtag(self, tag: str) -> None:
        if tag in _UNREAD:
            self._unread = max(self._unread - 1, 0)
        elif tag == "table" and self._open:
            self._open.pop()
        elif tag in _HEADINGS and self._heading is not None:
            self._above, self._heading = one_line("".join(self._heading)), None
        elif self._open and tag in ("td", "th", "tr"):
            self._open[-1].open = None
        elif self._open and tag == "thead":
            self._open[-1].in_head = False
        elif self._open and tag == "a" and self._open[-1].open is not None:
            self._open[-1].open.end_link()

    def handle_data(self, data: str) -> None:
        if self._unread:
            return
        if self._open and self._open[-1].open is not None:
            self._open[-1].open.text.append(data)
        elif self._heading is not None:
            self._heading.append(data)


def _span(written: str | None) -> int:
    """How many columns or rows a cell covers; browsers take nonsense for one and stop at a thousand, too."""
    text = (written or "").strip()
    return min(max(int(text), 1), 1000) if text.isascii() and text.isdigit() and len(text) < 10 else 1
