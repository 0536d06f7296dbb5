"""Where an answer says its result: the last place, as a word or number of its own."""

from __future__ import annotations

import pytest

from quantgate.evals.inspection.result import place_of_result


@pytest.mark.parametrize(
    ("text", "result", "found"),
    [
        ("6 + 7 = 13. It is 13", "13", "13"),
        ("It is 1,175, not 175", "1175", "1,175"),
        ("A or B? ANSWER: B", "B", "B"),
        ("it costs $18.", "$18", "$18"),
        ("答案是 42。", "42", "42"),
        ("it is (B) because", "(B)", "(B)"),
    ],
)
def test_the_last_place_that_says_the_result_is_found(text, result, found):
    start, end = place_of_result(text, result)
    assert text[start:end] == found
    assert found not in text[end:]


@pytest.mark.parametrize(
    ("text", "result"),
    [("115", "15"), ("3.5 or", "3"), ("3.18", "18"), ("Bob", "B"), ("x", ""), ("x", None), ("", "x")],
)
def test_a_part_of_another_number_or_word_is_no_result(text, result):
    assert place_of_result(text, result) is None


def test_a_result_without_end_is_found_as_it_stands():
    long = "A" * 1_000_000
    assert place_of_result(f"It is {long}", long) == (6, 1_000_006)
    assert place_of_result("It is 5", long) is None
