"""Two answers cut to what tells them apart."""

from __future__ import annotations

from quantgate.evals.inspection.excerpts import excerpts


def test_short_texts_stay_whole():
    assert excerpts("one", "two", 10) == ("one", "two")


def test_long_ones_begin_at_one_place_shortly_before_they_part():
    same = "step " * 100
    ours, theirs = excerpts(f"{same}right end", f"{same}wrong end", 100)
    assert ours == "…step step right end"
    assert theirs == "…step step wrong end"


def test_the_end_is_there_where_the_result_is_and_the_middle_is_left_out():
    ours, theirs = excerpts("a" + " x" * 500 + " 175", "b", 100)
    assert ours is not None
    assert ours.startswith("a x x")
    assert "\n…\n" in ours
    assert ours.endswith("x 175")
    assert len(ours) == 103
    assert theirs == "b"


def test_of_one_alone_and_of_texts_that_are_the_same_the_end_is_there():
    long = "x" * 98_000 + "end"
    assert excerpts(long, None, 10) == ("…xxxxxxxend", None)
    assert excerpts(long, long, 10) == ("…xxxxxxxend", "…xxxxxxxend")
