"""A table whose rows are printed as they come, in whatever width there is: columns are left out, names are not cut."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice

from rich.cells import cell_len
from rich.text import Text

from quantgate.evals.text import unbroken

_SAMPLE = 300
"""Rows by which the widths are set; what is wider further down is cut, but for names."""
_GAP = 2
_NAMES = 3
"""A first cell that takes more than this part of the width has a line of its own."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column: at most so many cells wide, and no less than its name.

    Where there is not room for all, those with the highest `spare` are left out first; 0 stays. The one that `fills`
    takes what is left, if that is at least `most`.
    """

    name: str
    most: int = 40
    spare: int = 0
    right: bool = False
    fills: bool = False


def streamed(
    columns: Sequence[Column], rows: Iterable[Sequence[Text]], width: int, names: Iterable[str] = ()
) -> Iterator[Text]:
    """The lines of a table: its heading, then a line for each row, which begins with the row's name.

    `names` has those of all rows, so that the first column is wide enough also for those that are still to come.
    """
    coming = iter(rows)
    first = list(islice(coming, _SAMPLE))
    widths = [_natural(column, (row[place].plain for row in first)) for place, column in enumerate(columns)]
    widths[0] = max(widths[0], _natural(columns[0], (unbroken(name) for name in names)))
    widths[0] = min(widths[0], max(width // _NAMES, cell_len(columns[0].name)))
    shown = _fitting(columns, widths, width)
    filling = next((place for place in shown if columns[place].fills), None)
    if filling is not None:
        widths[filling] = width - sum(widths[place] + _GAP for place in shown if place != filling)
    yield _line(columns, widths, shown, [Text(column.name, style="bold") for column in columns])
    for row in chain(first, coming):
        cells = list(row)
        if cell_len(cells[0].plain) > widths[0]:
            yield cells[0]
            cells[0] = Text()
        yield _line(columns, widths, shown, cells)


def _natural(column: Column, cells: Iterable[str]) -> int:
    if column.fills:
        return column.most
    return max(min(max(map(cell_len, cells), default=0), column.most), cell_len(column.name))


def _fitting(columns: Sequence[Column], widths: Sequence[int], width: int) -> list[int]:
    shown = list(range(len(columns)))
    while sum(widths[place] + _GAP for place in shown) - _GAP > width:
        spared = max(shown, key=lambda place: columns[place].spare)
        if not columns[spared].spare:
            break
        shown.remove(spared)
    return shown


def _line(columns: Sequence[Column], widths: Sequence[int], shown: Sequence[int], cells: Sequence[Text]) -> Text:
    line = Text()
    for place in shown:
        cell = cells[place].copy()
        if columns[place].right and cell_len(cell.plain) < widths[place]:
            cell.pad_left(widths[place] - cell_len(cell.plain))
        cell.truncate(widths[place], overflow="ellipsis", pad=place != shown[-1])
        line.append_text(cell)
        if place != shown[-1]:
            line.append(" " * _GAP)
    return line
