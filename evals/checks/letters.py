"""Which letters a build answers with: with shuffled choices each is right equally often, so a bias is a fault."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from scipy.special import chdtrc

_LETTERS = "ABCDEFGHIJ"
_LEAST_CHOICES = 2
_LEAST_ANSWERS = 40
_MOSTLY = 0.9


@dataclass(frozen=True, slots=True)
class LetterCounts:
    """How often each letter was answered, and the chi-square p-value of "all of them equally often", items counted."""

    counts: dict[str, int]
    pvalue: float

    @property
    def favourite(self) -> tuple[str, float]:
        """The letter that was answered most, with its share."""
        letter = max(self.counts, key=lambda name: self.counts[name])
        return letter, self.counts[letter] / sum(self.counts.values())


def letter_counts(extracted: Iterable[tuple[str, str | None]]) -> LetterCounts | None:
    """Count the letters of a multiple-choice task's answers, given as (item id, result).

    `None` where this is none: fewer than 40 results, or under nine in ten of them a letter from A to J, alone or in
    parentheses. The task is taken to have as many choices as the last letter that was answered, two at least. The
    p-value counts each item once, by the shares of its letters: repeats of a question that are asked in one order are
    no new evidence.
    """
    found = [(item, result.strip("() ").upper()) for item, result in extracted if result is not None]
    lettered = [(item, result) for item, result in found if len(result) == 1 and result in _LETTERS]
    if len(found) < _LEAST_ANSWERS or len(lettered) < _MOSTLY * len(found):
        return None
    letters = Counter(letter for _, letter in lettered)
    choices = max(_LEAST_CHOICES, *(_LETTERS.index(letter) + 1 for letter in letters))
    counts = {letter: letters[letter] for letter in _LETTERS[:choices]}
    shares = _shares(lettered)
    return LetterCounts(counts, _evenness([shares.get(letter, 0.0) for letter in counts]))


def _evenness(counts: Sequence[float]) -> float:
    """Pearson's chi-squared test of equal frequencies: its p-value."""
    expected = sum(counts) / len(counts)
    return float(chdtrc(len(counts) - 1, sum((count - expected) ** 2 for count in counts) / expected))


def _shares(lettered: Iterable[tuple[str, str]]) -> Mapping[str, float]:
    """By letter the sum over items of its share of the item's answers."""
    by_pair = Counter(lettered)
    answers: Counter[str] = Counter()
    for (item, _), count in by_pair.items():
        answers[item] += count
    shares: dict[str, float] = {}
    for (item, letter), count in by_pair.items():
        shares[letter] = shares.get(letter, 0.0) + count / answers[item]
    return shares
