"""Answers are equal as math-verify says, and what a model writes ends neither the grader nor its memory."""

import json
import os
import time
from pathlib import Path

import pytest

from quantgate.evals.errors import DataError
from quantgate.tasks.extract import equality
from quantgate.tasks.extract.boxed import final_answer
from quantgate.tasks.extract.equality import equal, grader, needs

STORED = [json.loads(line) for line in (Path(__file__).parent / "math_answers.jsonl").read_text().splitlines()]
"""Answers of all kinds, and what math-verify 0.9.0 says of each whole text with antlr 4.13.2."""


@pytest.mark.parametrize(
    ("gold", "answer", "same"),
    [
        ("73", "073", True),
        ("025", "25", True),
        ("73", "73.", True),
        ("73", "74", False),
        ("73", "730", False),
        ("0", "000", True),
        ("73", "1" * 5000, False),
    ],
)
def test_whole_numbers_are_compared_at_once(gold, answer, same, monkeypatch):
    monkeypatch.delattr(os, "fork")
    assert equal(gold, answer) is same


@pytest.mark.slow
def test_every_stored_answer_is_graded_as_math_verify_grades_it():
    told = [(each["gold"], each["text"], equal(each["gold"], final_answer(each["text"]) or "")) for each in STORED]
    assert told == [(each["gold"], each["text"], each["equal"]) for each in STORED]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("gold", "answer", "same"),
    [
        (r"x \in [-2,7]", "[-2,7]", True),
        ("[-2,7]", "(-2,7)", False),
        ("1,2", r"\{2,1\}", True),
        ("73", r"73 \text{ or } 74", False),
        (r"\text{(C)}", "C", True),
        ("-73", "−73", True),
        ("10\\%", "0.1", True),
        ("1204", r"1\,204", True),
        ("28", r"28~\mathrm{cm}^2", True),
        ("x=3", "3", True),
        ("2", "x=1", False),
    ],
)
def test_writings_of_one_thing_are_equal_and_the_gold_comes_first(gold, answer, same):
    assert equal(gold, answer) is same


@pytest.mark.slow
@pytest.mark.parametrize(
    "answer", ["9^{9^{9^9}}", r"\prod_{i=1}^{10^9} i", r"\frac{" * 300 + "1", "(" * 900, "{" * 1999]
)
def test_what_never_ends_is_wrong_and_takes_no_longer_than_the_limit(answer, monkeypatch):
    monkeypatch.setattr(equality, "CPU_LIMIT_S", 1)
    began = os.times()
    assert not equal("73", answer)
    ended = os.times()
    assert ended.children_user + ended.children_system - began.children_user - began.children_system < 1.9
    assert equal("73", "70+3")


@pytest.mark.slow
def test_what_the_machine_gave_too_little_of_its_cpu_has_no_verdict(monkeypatch):
    monkeypatch.setattr(equality, "CPU_LIMIT_S", 60)
    monkeypatch.setattr(equality, "_WALL_LIMIT_S", 1)
    with pytest.raises(TimeoutError, match="not its 60 s of CPU"):
        equal("73", "9^{9^{9^9}}")


@pytest.mark.slow
def test_what_eats_memory_is_wrong(monkeypatch):
    monkeypatch.setattr(equality, "_MEMORY_LIMIT", 64 << 20)
    monkeypatch.setattr(equality, "CPU_LIMIT_S", 60)
    began = time.monotonic()
    assert not equal("73", "(a+b+c+d)^{300}")
    assert time.monotonic() - began < 60


def test_an_answer_as_long_as_a_book_is_not_looked_at(monkeypatch):
    monkeypatch.delattr(os, "fork")
    assert not equal("73", "{" * 1_000_000)


def test_the_grader_names_what_decides():
    assert grader().startswith("math-verify 0.9, antlr 4.")


def test_what_is_missing_is_named_with_the_command(monkeypatch):
    assert [need.there for need in needs()] == [True]
    monkeypatch.setitem(__import__("sys").modules, "math_verify", None)
    with pytest.raises(DataError, match=r"quantgate\[math\]"):
        equal("73", "x")
