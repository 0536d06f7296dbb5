"""Where in an answer its result stands."""

from __future__ import annotations

import pytest

from quantgate.evals.inspection.results import place_of_result


@pytest.mark.parametrize(
    ("text", "result", "found"),
    [
        ("5 + 13 = 18, so 18.", "18", "18"),
        ("It is $1,234.", "1234", "1,234"),
        ("The answer is (C) because (A) is wrong", "(C)", "(C)"),
        ("ANSWER: B", "B", "B"),
        ("x = -5", "-5", "-5"),
        ("18.5 kg, not 118 or 180", "18", None),
        ("3.18", "18", None),
        ("no result", "18", None),
        ("anything", "", None),
        ("anything", None, None),
        ("(unclosed [", "[", "["),
    ],
)
def test_the_last_place_where_it_stands_alone(text, result, found):
    place = place_of_result(text, result)
    assert (None if place is None else text[slice(*place)]) == found


def test_of_several_places_the_last_one():
    assert place_of_result("18, or rather 18", "18") == (14, 16)
