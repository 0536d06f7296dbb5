"""What of two runs is not compared, where they are cut to what both have."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class LeftOut:
    """What is not compared of a task; pairs are of the baseline and the candidate.

    Parameters
    ----------
    kept
        The items that are compared.
    alone
        Items that only this build was to be asked.
    unanswered
        Items that both were to be asked, and that are left out since not all of their answers are there.
    lacking
        Items that both were to be asked, on which this build lacks more answers than the other: those that failed, or
        never came though later ones did. What a run that was stopped had not come to is not among them.
    unreached
        Items that both were to be asked, some answers to which this run had not come to when it was stopped.
    answers
        This build's answers to the items that are compared that are left out all the same, as the other has fewer.
    """

    kept: int
    alone: tuple[int, int]
    unanswered: int
    lacking: tuple[int, int]
    unreached: tuple[int, int]
    answers: tuple[int, int]
