"""A text that ends by repeating itself is told from one that does not."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quantgate.evals.samples.looping import is_looping

WORDS = ("the", "sum", "of", "both", "numbers", "is", "divided", "by", "seven", "which", "leaves", "a", "remainder")


def prose(characters: int) -> str:
    draw = random.Random(3)
    text = ""
    while len(text) < characters:
        text += draw.choice(WORDS) + " "
    return text


@pytest.mark.parametrize(
    "passage",
    [
        "Wait, let me check. ",
        "So x = 12.\n\nSo x = 12.\n\n",
        "哈",
        "0",
        "I should try again with the other formula, because " * 1,
    ],
)
def test_a_passage_said_over_and_over_is_a_loop(passage):
    assert is_looping(prose(5000) + passage * (1 + 300 // len(passage)) + passage * 4)


@pytest.mark.parametrize("length", [10, 60, 150, 400, 900])
def test_passages_of_any_length_are_found_behind_a_long_answer(length):
    passage = prose(9000)[-length:]
    assert is_looping(prose(4000) + passage * max(5, 300 // length))


def test_a_loop_that_is_cut_in_the_middle_of_its_passage_is_one():
    assert is_looping((prose(100) + "Hmm, that is not right. " * 40)[:-7])


def test_a_loop_that_a_long_answer_has_left_again_is_none():
    assert not is_looping("Wait. " * 200 + prose(2000))


@pytest.mark.parametrize(
    "text",
    ["", "short", prose(3000), "| a | b |\n|---|---|\n" + "".join(f"| {n} | {n * n} |\n" for n in range(40)), "-" * 80],
)
def test_ordinary_endings_are_none(text):
    assert not is_looping(text)


@given(st.text(min_size=1, max_size=60), st.text(max_size=40))
def test_whatever_is_repeated_is_found(passage, tail):
    repeated = passage.strip() or "x"
    times = 5 + 300 // len(repeated)
    assert is_looping(tail + repeated * times)
