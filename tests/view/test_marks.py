"""An answer's parts: what is the same as in the other, where they part, what was read; signs that hide are named."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quantgate.evals.inspection.parting import parting
from quantgate.view.marks import Segment, segments, split, visible


def test_an_answer_is_the_same_up_to_the_token_that_parts_and_shows_its_result():
    left, right = "It is 24 and 48: 72.", "It is 24 and 84: 108."
    place = parting(left, right)
    assert segments(left, place, "72") == (
        Segment("It is 24 and ", same=True),
        Segment("48", parts=True),
        Segment(": "),
        Segment("72", read=True),
        Segment("."),
    )


def test_the_result_may_be_where_they_part():
    assert segments("It is 72", 6, "72")[-1] == Segment("72", parts=True, read=True)


def test_the_one_that_ends_sooner_has_an_empty_part_at_its_end():
    place = parting("It is", "It is 5")
    assert segments("It is", place)[-1] == Segment("", parts=True)
    assert segments("It is 5", place)[-1] == Segment("5")


def test_a_word_without_end_is_marked_at_its_beginning_alone():
    marked, rest = segments("x" * 98_000, 0)
    assert marked.parts
    assert len(marked.text) < 100
    assert not rest.parts


@given(st.text(), st.text(), st.text(max_size=3))
def test_no_sign_of_an_answer_is_lost(left, right, extracted):
    parts = segments(left, parting(left, right), extracted)
    assert "".join(part.text for part in parts) == left


@given(st.text(min_size=1), st.text(), st.integers(0, 20))
def test_what_is_split_is_still_whole(left, right, place):
    parts = segments(left, parting(left, right))
    before, after = split(parts, place)
    assert "".join(part.text for part in before) == left[:place]
    assert "".join(part.text for part in before + after) == left


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("\x1b[31mred\x07", "␛[31mred␇"),
        ("abc\u202egnp.exe", "abc⟨U+202E⟩gnp.exe"),
        ("a\u200bb\ufeff\u00ad", "a⟨U+200B⟩b⟨U+FEFF⟩⟨U+00AD⟩"),
        ("a\ud800b", "a⟨U+D800⟩b"),
        ("a\r\nb\rc\td\x7f", "a\nb␍c\td␡"),
        ("👩\u200d🔬 می\u200cخواهم é 漢字 שלום", "👩\u200d🔬 می\u200cخواهم é 漢字 שלום"),
    ],
)
def test_signs_that_hide_or_turn_a_text_are_named_and_letters_stay(text, seen):
    assert visible(text) == seen
