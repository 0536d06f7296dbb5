"""Which letters a build answers with: with shuffled choices each is right equally often, so a bias is a fault."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from scipy.stats import chisquare

_LETTERS = "ABCDEFGHIJ"
_LEAST_CHOICES = 4
_LEAST_ANSWERS = 40
_MOSTLY = 0.9


@dataclass(frozen=True, slots=True)
class LetterCounts:
    """How often each letter was answered, and the chi-square p-value of "all of them equally often"."""

    counts: dict[str, int]
    pvalue: float

    @property
    def favourite(self) -> tuple[str, float]:
        """The letter that was answered most, with its share."""
        letter = max(self.counts, key=lambda name: self.counts[name])
        return letter, self.counts[letter] / sum(self.counts.values())


def letter_counts(extracted: Iterable[str | None]) -> LetterCounts | None:
    """Count the letters of a multiple-choice task's answers.

    `None` where this is none: fewer than 40 results, or under nine in ten of them a letter from A to J, alone or in
    parentheses. The task is taken to have as many choices as the last letter that was answered, four at least.
    """
    found = [result.strip("() ").upper() for result in extracted if result is not None]
    letters = Counter(result for result in found if len(result) == 1 and result in _LETTERS)
    if len(found) < _LEAST_ANSWERS or letters.total() < _MOSTLY * len(found):
        return None
    choices = max(_LEAST_CHOICES, *(_LETTERS.index(letter) + 1 for letter in letters))
    counts = {letter: letters[letter] for letter in _LETTERS[:choices]}
    return LetterCounts(counts, float(chisquare(list(counts.values())).pvalue))
