"""Model output is hostile text."""

import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from quantgate.evals.text import one_line


@given(st.text(max_size=500), st.integers(2, 80))
def test_whatever_comes_is_one_short_line_without_control_characters(text, width):
    line = one_line(text, width)
    assert len(line) <= width
    assert not [character for character in line if unicodedata.category(character)[0] == "C"]


def test_terminal_escapes_and_bidirectional_marks_lose_their_power():
    assert one_line("\x1b[31mred\x1b]0;title\x07 \u202eevil\x00") == "[31mred]0;title evil"


def test_a_megabyte_on_one_line_is_cut():
    assert one_line("x" * 1_000_000, 10) == "xxxxxxxxx…"
