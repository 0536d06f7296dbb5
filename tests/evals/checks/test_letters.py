"""The distribution of answer letters."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from quantgate.evals.checks.letters import LetterCounts, letter_counts
from quantgate.evals.samples.columns import letter_code


def counted(results: Sequence[str | None]) -> LetterCounts | None:
    """The letters of as many items."""
    return of_items(list(enumerate(results)))


def of_items(answers: Sequence[tuple[int, str | None]]) -> LetterCounts | None:
    """The letters of answers, each with its item."""
    items, results = [item for item, _ in answers], [letter_code(result) for _, result in answers]
    return letter_counts(np.array(items, dtype=np.int32), np.array(results, dtype=np.int8))


def test_letters_are_counted_bare_or_in_parentheses():
    found = counted(["A", "(b)", "C", "D"] * 20 + [None])
    assert found is not None
    assert found.counts == {"A": 20, "B": 20, "C": 20, "D": 20}
    assert found.pvalue == pytest.approx(1.0)


def test_a_build_that_answers_one_letter_has_a_tiny_pvalue():
    found = counted(["A"] * 60 + ["B", "C", "D"] * 13)
    assert found is not None
    assert found.favourite == ("A", pytest.approx(60 / 99))
    # Chi-square with 3 degrees of freedom, 66.94 in all: from a table of the distribution.
    assert found.pvalue == pytest.approx(1.9e-14, rel=0.5)


def test_ten_choices_are_taken_for_ten():
    found = counted(list("ABCDEFGHIJ") * 5)
    assert found is not None
    assert len(found.counts) == 10


@pytest.mark.parametrize("results", [["A"] * 39, ["18", "42"] * 50, ["A"] * 50 + ["7"] * 50, []])
def test_few_answers_and_numbers_are_no_letters(results):
    assert counted(results) is None


@pytest.mark.parametrize("letters", ["AB", "ABC"])
def test_a_task_of_two_or_three_choices_is_not_taken_for_one_of_four(letters):
    found = counted(list(letters) * 80)
    assert found is not None
    assert found.pvalue == pytest.approx(1.0)


def test_repeats_of_a_question_in_one_order_are_counted_once():
    answers = "AAAABBBCCD"
    found = of_items([(item, letter) for item, letter in enumerate(answers) for _ in range(16)])
    assert found is not None
    assert found.counts["A"] == 64
    assert found.pvalue > 0.5
