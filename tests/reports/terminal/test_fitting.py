"""A table at any width: whole in columns, words above figures, or pairs; and never a cell that is cut or parted."""

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from quantgate.reports.terminal.fitting import Column, FittingLine, FittingTable, Part

COLUMNS = (
    *(Column("format", words=True), Column("task", words=True), Column("items"), Column("difference\nin points")),
    *(Column("bounds"), Column("verdict", words=True)),
)
ROWS = (
    ("mxfp4 ★", "arithmetic", "1,319", "-4.67", "-7.39 to -2.07", "✗ regressed"),
    ("モデル量子化", "gsm8k", "300×16", "+0.10", "—", "? inconclusive (advisory)"),
    ("m" * 40, "lm-eval:mmlu_pro_computer_science", "410", "0.00", "-1.00 to +1.00", "✓ non-inferior"),
)


def printed(width, *rows, columns=COLUMNS, title=None):
    table = FittingTable(title, columns)
    for row in rows:
        table.add(*row)
    console = Console(width=width, file=io.StringIO(), force_terminal=True, color_system=None)
    console.print(table)
    return console.file.getvalue().splitlines()


def test_where_there_is_room_every_row_is_a_line_and_names_of_columns_stand_on_their_figures():
    assert printed(100, *ROWS[:1], title="mxfp4 against fp8") == [
        "mxfp4 against fp8",
        "                         difference",
        "format  task       items  in points         bounds verdict",
        "mxfp4 ★ arithmetic 1,319      -4.67 -7.39 to -2.07 ✗ regressed",
    ]


def test_where_words_are_too_long_they_stand_above_the_figures():
    assert printed(48, *ROWS[:1]) == [
        "        difference",
        "  items  in points         bounds",
        "mxfp4 ★  arithmetic  ✗ regressed",
        "  1,319      -4.67 -7.39 to -2.07",
    ]


def test_where_figures_have_no_room_either_each_is_named():
    assert printed(32, *ROWS[:1]) == [
        "mxfp4 ★  arithmetic:",
        "  items 1,319,",
        "  difference in points -4.67,",
        "  bounds -7.39 to -2.07,",
        "  verdict ✗ regressed",
    ]


@pytest.mark.parametrize("width", [44, 60, 80, 120, 200])
def test_no_cell_is_ever_parted(width):
    lines = printed(width, *ROWS)
    assert max(map(cell_len, lines)) <= width
    for cell in (cell for row in ROWS for cell in row):
        assert any(cell in line for line in lines), cell


CELLS = st.text(st.sampled_from("abc-1.%量★é"), min_size=1, max_size=20)


@given(st.lists(st.tuples(*[CELLS] * len(COLUMNS)), min_size=1, max_size=4), st.integers(48, 160))
def test_whatever_the_cells_are(rows, width):
    lines = printed(width, *rows)
    assert max(map(cell_len, lines)) <= width
    assert all(any(cell in line for line in lines) for row in rows for cell in row)


def test_a_reason_beside_a_verdict_is_wrapped_between_words():
    reason = "! invalid: " + "not comparable as the builds were not asked alike " * 3
    lines = printed(100, ("mxfp4", "gsm8k", "0", "—", "—", reason.strip()))
    assert lines[2].startswith("mxfp4  gsm8k     0          —      — ! invalid: not comparable")
    assert " ".join(" ".join(lines[2:]).split()).endswith("were not asked alike")
    assert max(map(len, lines)) <= 100


def test_a_heading_has_no_figures():
    lines = printed(48, ("gsm8k",), ("  mxfp4", "", "1", "2", "3" * 20, "open"))
    assert lines[2:] == ["gsm8k", "  mxfp4  open", "      1          2 33333333333333333333"]


def test_a_figure_that_names_a_row_says_what_it_is():
    columns = (Column("margin"), Column("plan", words=True), Column("requests"))
    lines = printed(34, ("2", "813 of 1,319 items once", "1,626"), columns=columns)
    assert lines == ["  requests", "margin 2  813 of 1,319 items once", "     1,626"]


def line_of(width, *parts):
    console = Console(width=width, file=io.StringIO(), force_terminal=True, color_system=None)
    console.print(FittingLine(parts))
    return console.file.getvalue()


def test_of_a_line_what_matters_least_is_left_out_first_and_the_rest_keeps_its_order():
    parts = Part("fp8: 3/10"), Part("4 in flight", 5), Part("accuracy 0.333", 2), Part("48 s left", 1)
    assert line_of(60, *parts) == "fp8: 3/10, 4 in flight, accuracy 0.333, 48 s left\n"
    assert line_of(40, *parts) == "fp8: 3/10, accuracy 0.333, 48 s left\n"
    assert line_of(22, *parts) == "fp8: 3/10, 48 s left\n"
    assert line_of(6, *parts) == "fp8: …\n"


def test_a_style_is_kept():
    table = FittingTable(None, (Column("task", words=True), Column("verdict", words=True)))
    table.add("gsm8k", Text("✗ regressed", style="red"))
    console = Console(width=20, file=io.StringIO(), force_terminal=True, color_system="standard")
    console.print(table)
    assert "\x1b[31m✗ regressed\x1b[0m" in console.file.getvalue()


def test_words_that_have_no_room_on_a_line_go_on_below():
    assert printed(60, ROWS[2]) == [
        "        difference",
        "  items  in points         bounds",
        "m" * 40,
        "  lm-eval:mmlu_pro_computer_science  ✓ non-inferior",
        "    410       0.00 -1.00 to +1.00",
    ]
