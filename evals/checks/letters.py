"""Which letters a build answers with: with shuffled choices each is right equally often, so a bias is a fault."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from quantgate.evals.samples.columns import LETTERS, NO_LETTER, NONE, Codes

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


def letter_counts(items: Codes, letters: NDArray[np.int8]) -> LetterCounts | None:
    """Count the letters of a multiple-choice task's answers.

    `None` where this is none: fewer than 40 results, or under nine in ten of them a letter from A to J, alone or in
    parentheses. The task is taken to have as many choices as the last letter that was answered, two at least. The
    p-value counts each item once, by the shares of its letters: repeats of a question that are asked in one order are
    no new evidence.

    Parameters
    ----------
    items, letters
        Shape (answers,): the item of each answer, and its result as `evals.samples.columns.letter_code` has it.
    """
    found = int((letters != NONE).sum())
    lettered = (letters != NONE) & (letters != NO_LETTER)
    if found < _LEAST_ANSWERS or lettered.sum() < _MOSTLY * found:
        return None
    answered, of_items = letters[lettered].astype(np.intp), items[lettered]
    choices = max(_LEAST_CHOICES, int(answered.max()) + 1)
    times = np.bincount(answered, minlength=choices)
    shares = np.bincount(answered, 1 / np.bincount(of_items)[of_items], minlength=choices)
    counts = dict(zip(LETTERS, times.tolist(), strict=False))
    return LetterCounts(counts, _evenness(shares.tolist()))


def _evenness(counts: Sequence[float]) -> float:
    """Pearson's chi-squared test of equal frequencies: its p-value."""
    from scipy.special import chdtrc

    expected = sum(counts) / len(counts)
    return float(chdtrc(len(counts) - 1, sum((count - expected) ** 2 for count in counts) / expected))
