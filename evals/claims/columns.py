"""The rows of a card's tables in which both builds have a cell, whichever way round the tables stand."""

from __future__ import annotations

from dataclasses import dataclass

from quantgate.evals.claims.benchmarks import normalised
from quantgate.evals.claims.figures import read_figure
from quantgate.evals.claims.tables import Table
from quantgate.evals.errors import UsageError
from quantgate.evals.text import one_line

_RECOVERIES = frozenset({"recovery", "recovered", "retention", "delta", "difference", "diff", "drop", "degradation"})
_MOST_LISTED = 12


@dataclass(frozen=True, slots=True)
class Row:
    """Two cells of one table: `labels` are what names them, the outermost first, and `table` numbers from 1."""

    labels: tuple[str, ...]
    baseline: str
    candidate: str
    table: int
    heading: str
    percent: bool

    @property
    def name(self) -> str:
        return one_line(" / ".join(dict.fromkeys(label for label in self.labels if label)), 100)


def find_rows(tables: list[Table], baseline: str, candidate: str) -> tuple[list[Row], list[str]]:
    """The rows of both builds, and what was passed over although it may have been meant.

    A table whose columns are named just so is preferred to one whose columns' names only hold the words.

    Raises
    ------
    UsageError
        When no table has both, with the columns that there are.
    """
    for exact in (True, False):
        rows: list[Row] = []
        unclear: list[str] = []
        for number, table in enumerate(tables, 1):
            for way in (table, table.transposed()):
                try:
                    pairs = _pairs(way, baseline, candidate, exact)
                except UsageError as error:
                    unclear.append(f"table {number}: {error}")
                    break
                found = [row for pair in pairs for row in _rows(way, number, *pair)]
                rows += found
                if found:
                    break
        if rows:
            return rows, unclear
        if unclear:
            raise UsageError(unclear[0])
    raise UsageError(_nothing_found(tables, baseline, candidate))


def _pairs(table: Table, baseline: str, candidate: str, exact: bool) -> list[tuple[int, int, tuple[str, ...]]]:
    """Columns of the baseline and the candidate that belong together, with the levels above both."""
    first, second = (_called(table, name, exact) for name in (baseline, candidate))
    if not first or not second:
        return []
    if set(first) & set(second):
        raise UsageError(f"{baseline} and {candidate} name the same column; {_listed(table)}")
    if len(first) == len(second) == 1:
        return [(first[0], second[0], ())]
    rests = [
        {_rest(table, column, name): column for column in columns}
        for columns, name in ((first, baseline), (second, candidate))
    ]
    if [len(one) for one in rests] != [len(first), len(second)] or rests[0].keys() != rests[1].keys():
        more = baseline if len(first) > 1 else candidate
        raise UsageError(f"{more} names several columns; say one by its whole name or its number: {_listed(table)}")
    return [(column, rests[1][rest], rest) for rest, column in rests[0].items()]


def _called(table: Table, name: str, exact: bool) -> list[int]:
    """The columns of that name, else of that number from 1, else those whose names hold it."""
    wanted = normalised(name)
    levels = [[normalised(level) for level in (*path, " / ".join(path))] for path in table.columns]
    if found := [column for column, said in enumerate(levels) if wanted in said]:
        return found
    if name.strip().isascii() and name.strip().isdigit():
        number = int(name)
        return [number - 1] if 0 < number <= len(levels) else []
    if exact or not wanted:
        return []
    held = [column for column, said in enumerate(levels) if f" {wanted} " in f" {said[-1]} "]
    plain = [column for column in held if not _RECOVERIES & set(levels[column][-1].split())]
    return plain or held


def _rest(table: Table, column: int, name: str) -> tuple[str, ...]:
    """The levels of a column's name that do not say the build."""
    path, wanted = table.columns[column], normalised(name)
    exactly = [level for level in path if normalised(level) == wanted]
    return tuple(level for level in path if (level not in exactly if exactly else wanted not in normalised(level)))


def _rows(table: Table, number: int, baseline: int, candidate: int, above: tuple[str, ...]) -> list[Row]:
    names = [" / ".join(table.columns[column]) for column in (baseline, candidate)]
    for name in names:
        if _RECOVERIES & set(normalised(name).split()):
            raise UsageError(f"the column {one_line(name, 60)} holds no accuracies; {_listed(table)}")
    labels = _label_columns(table, {baseline, candidate})
    percent = any("%" in name or "percent" in name.lower() for name in names)
    rows = []
    for cells in table.body:
        said = tuple(cells[column] for column in labels)
        pair = (cells[baseline], cells[candidate])
        # A row that spans the table, or has no cell of either build, is the title of those below it.
        if not any(pair) or (pair[0] == pair[1] and pair[0] in said):
            continue
        rows.append(Row((*above, *said), *pair, number, table.heading, percent))
    # Only a table that has a figure for some row is one of accuracies.
    return rows if any(not read_figure(cell).why for row in rows for cell in (row.baseline, row.candidate)) else []


def _label_columns(table: Table, chosen: set[int]) -> list[int]:
    """The columns that name the rows: those of words, left of the builds; else whatever has words."""
    words = [
        column
        for column in range(len(table.columns))
        if column not in chosen
        and 2 * sum(not read_figure(row[column]).why for row in table.body) < len(table.body)
        and any(any(letter.isalpha() for letter in row[column]) for row in table.body)
    ]
    return [column for column in words if column < min(chosen)] or words


def _listed(table: Table) -> str:
    names = [
        f"{number} {one_line(' / '.join(path) or '(no name)', 40)}" for number, path in enumerate(table.columns, 1)
    ]
    more = f" and {len(names) - _MOST_LISTED} more" if len(names) > _MOST_LISTED else ""
    return f"its columns: {', '.join(names[:_MOST_LISTED])}{more}"


def _nothing_found(tables: list[Table], baseline: str, candidate: str) -> str:
    if not tables:
        return "there is no table in it"
    seen = "; ".join(f"table {number}: {_listed(table)}" for number, table in enumerate(tables[:4], 1))
    return (
        f"no table has figures for both {one_line(baseline, 60)} and {one_line(candidate, 60)}, as columns or as rows. "
        f"{seen}"
    )
