"""A table that is printed as its rows come leaves columns out rather than cut what identifies a row."""

from __future__ import annotations

from rich.text import Text

from quantgate.reports.terminal.rows import Column, streamed

COLUMNS = [
    Column("item"),
    Column("status"),
    Column("tokens", spare=1, right=True),
    Column("words", 10, spare=2, fills=True),
]


def table(width, *rows):
    return [line.plain.rstrip() for line in streamed(COLUMNS, [[Text(cell) for cell in row] for row in rows], width)]


def test_columns_are_as_wide_as_what_they_hold_and_the_last_takes_the_rest():
    assert table(40, ("1", "ok", "12", "How the answer begins, and goes on"), ("10", "truncated", "1,234", "So")) == [
        "item  status     tokens  words",
        "1     ok             12  How the answer…",
        "10    truncated   1,234  So",
    ]


def test_what_may_be_spared_is_left_out_where_there_is_no_room():
    row = ("1", "truncated", "12", "How the answer begins")
    assert table(30, row)[1] == "1     truncated      12"
    assert table(16, row)[1] == "1     truncated"


def test_a_name_is_never_cut():
    name = "a" * 50
    assert table(60, ("1", "ok", "1", "x"), (name, "ok", "2", "y"))[2:] == [name, " " * 22 + "ok           2  y"]


def test_the_first_column_is_wide_enough_for_names_that_are_still_to_come():
    rows = [[Text(str(number)), Text("ok"), Text("1"), Text("x")] for number in range(99_500, 100_500)]
    names = [row[0].plain for row in rows]
    lines = [line.plain for line in streamed(COLUMNS, rows, 40, names)]
    assert len(lines) == 1001
    assert {line[:10] for line in lines[1::500]} == {"99500   ok", "100000  ok"}


def test_wide_signs_count_twice():
    assert table(40, ("日本", "ok", "1", "x"), ("1", "ok", "1", "x"))[1:] == [
        "日本  ok           1  x",
        "1     ok           1  x",
    ]


def test_rows_are_printed_before_the_last_one_is_known():
    def rows():
        for _ in range(1000):
            yield [Text("1"), Text("ok"), Text("1"), Text("x")]
        raise AssertionError("read to the end")

    lines = streamed(COLUMNS, rows(), 40)
    assert next(lines).plain.startswith("item")
    assert next(lines).plain.startswith("1 ")
