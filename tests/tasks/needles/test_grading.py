"""Answers graded as RULER and OpenAI's MRCR grade them, and what those cannot tell apart."""

from difflib import SequenceMatcher

import pytest

from quantgate.tasks.needles.grading import grade_of
from quantgate.tasks.needles.prose import Fact
from quantgate.tasks.needles.rounds import Recall

CODES = Fact((), "", ("1234567", "7654321"), r"\d{7,}")
WORDS = Fact(
    (), "", ("old lamp", "red boat"), r"(?=\b([a-z]+ [a-z]+)\b)", frozenset(["old lamp", "red boat", "dry well"])
)
TEXT = Recall("", "aB3dE6gH9k", "Salt and the green basket\nHow weak the village")


@pytest.mark.parametrize(
    ("fact", "response", "match", "exact"),
    [
        (CODES, "1234567, 7654321", 1.0, 1.0),
        (CODES, "The numbers are 7654321 and **1234567**.", 1.0, 1.0),
        (CODES, "1234567", 0.5, 0.0),
        (CODES, "1234567, 7654321, 1111111", 1.0, 0.0),
        (CODES, "12345678, 7654321", 1.0, 0.0),
        (CODES, "1,234,567", 0.0, 0.0),
        (CODES, "", 0.0, 0.0),
        (WORDS, "1. Old lamp\n2. RED BOAT", 1.0, 1.0),
        (WORDS, "the old lamp, the dry well and the red boat", 1.0, 0.0),
        (WORDS, "old\x00lamp", 0.0, 0.0),
    ],
)
def test_found_answers(fact, response, match, exact):
    assert grade_of(fact, response).metrics == {"match": match, "exact": exact}


@pytest.mark.parametrize(
    ("response", "match", "exact"),
    [
        (TEXT.answer, 1.0, 1.0),
        ("\n\n" + TEXT.answer + "\n", SequenceMatcher(None, TEXT.text + "\n", TEXT.text).ratio(), 1.0),
        (TEXT.text, 0.0, 0.0),
        (f"Here it is: {TEXT.answer}", 0.0, 0.0),
        (TEXT.prefix, 0.0, 0.0),
        ("", 0.0, 0.0),
        (TEXT.answer[:-8], SequenceMatcher(None, TEXT.text[:-8], TEXT.text).ratio(), 0.0),
    ],
)
def test_repeated_texts(response, match, exact):
    assert grade_of(TEXT, response).metrics == {"match": match, "exact": exact}


def test_what_was_said_instead_is_told():
    assert grade_of(CODES, "There are none.").extracted == "There are none."
    assert grade_of(CODES, "").extracted is None
