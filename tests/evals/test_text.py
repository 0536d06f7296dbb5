"""Model output is hostile text."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quantgate.evals.text import natural_key, one_line, unbroken, without_commands


@given(st.text(max_size=500), st.integers(2, 80))
def test_whatever_comes_is_one_short_line_without_control_characters(text, width):
    line = one_line(text, width)
    assert len(line) <= width
    assert not [character for character in line if unicodedata.category(character)[0] == "C"]


def test_terminal_escapes_and_bidirectional_marks_lose_their_power():
    assert one_line("\x1b[31mred\x1b]0;title\x07 \u202eevil\x00") == "[31mred]0;title evil"


def test_a_megabyte_on_one_line_is_cut():
    assert one_line("x" * 1_000_000, 10) == "xxxxxxxxx…"


@pytest.mark.parametrize("line_break", ["\n", "\r", "\r\n", "\v", "\f", "\x1c", "\x85", "\u2028", "\u2029"])
def test_whatever_breaks_lines_breaks_none(line_break):
    assert unbroken(f"task{line_break}::error::no") == "task ::error::no"


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ("::error::no", ": :error::no"),
        ("note:\n \t::set-output name=x::1", "note:\n \t: :set-output name=x::1"),
        ("model ##[error]no", "model # #[error]no"),
        ("###vso[task.complete]", "## #vso[task.complete]"),
        ("std::vector, 12:30, a ::b, # [x], ## x", "std::vector, 12:30, a ::b, # [x], ## x"),
    ],
)
def test_no_line_is_a_command_of_a_ci_service(line, shown):
    assert without_commands(line) == shown


def test_names_are_ordered_as_people_order_them():
    names = ["100", "9", "gpqa/10", "1091", "gpqa/9", "x", "", "007", "7", "9" * 5000, "1a", "1"]
    ordered = sorted(names, key=natural_key)
    assert ordered == ["", "1", "1a", "007", "7", "9", "100", "1091", "9" * 5000, "gpqa/9", "gpqa/10", "x"]
