"""The distribution of answer letters."""

from __future__ import annotations

import pytest

from evals.letters import letter_counts


def test_letters_are_counted_bare_or_in_parentheses():
    found = letter_counts(["A", "(b)", "C", "D"] * 20 + [None])
    assert found is not None
    assert found.counts == {"A": 20, "B": 20, "C": 20, "D": 20}
    assert found.pvalue == pytest.approx(1.0)


def test_a_build_that_answers_one_letter_has_a_tiny_pvalue():
    found = letter_counts(["A"] * 60 + ["B", "C", "D"] * 13)
    assert found is not None
    assert found.favourite == ("A", pytest.approx(60 / 99))
    # Chi-square with 3 degrees of freedom, 66.94 in all: from a table of the distribution.
    assert found.pvalue == pytest.approx(1.9e-14, rel=0.5)


def test_ten_choices_are_taken_for_ten():
    found = letter_counts(list("ABCDEFGHIJ") * 5)
    assert found is not None
    assert len(found.counts) == 10


@pytest.mark.parametrize("results", [["A"] * 39, ["18", "42"] * 50, ["A"] * 50 + ["7"] * 50, []])
def test_few_answers_and_numbers_are_no_letters(results):
    assert letter_counts(results) is None
