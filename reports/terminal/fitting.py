"""A table where the terminal is wide enough for it, and the same figures as lines where it is not."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console, Group
from rich.measure import Measurement
from rich.table import Table
from rich.text import Text

_ANY_WIDTH = 10_000


def fitting(console: Console, table: Table, rows: Sequence[Sequence[str | Text]]) -> Table | Group:
    """The table with these rows; where its figures would be cut, a line for each row instead.

    Parameters
    ----------
    console
        Where it is shown.
    table
        Has its columns, whose names the lines give to the figures, and no row yet.
    rows
        Cells in the order of the columns: the first names the row, and one that has no other is a heading.
    """
    for row in rows:
        table.add_row(*row)
    width = Measurement.get(console, console.options.update(width=_ANY_WIDTH), table).maximum
    if width <= console.width:
        return table
    names = [str(column.header) for column in table.columns]
    return Group(*(_line(names, row) for row in rows))


def _line(names: Sequence[str], row: Sequence[str | Text]) -> Text:
    name, *cells = row
    line = Text.assemble(name)
    for place, (column, cell) in enumerate(zip(names[1:], cells, strict=False)):
        line.append(", " if place else ": ").append(f"{column} ").append(cell)
    return line
