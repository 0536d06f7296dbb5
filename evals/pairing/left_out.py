"""What of two runs is not compared where only their common part is, and whether that differs by build beyond chance."""

from __future__ import annotations

from dataclasses import dataclass

ALPHA = 0.05
"""Under this two-sided p-value the builds do not lack answers alike. To be stopped costs asking again, no more."""


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

    @property
    def p_value(self) -> float:
        """Two-sided, that an item lacks answers of either build as likely: the exact sign test over those items.

        References
        ----------
        Dixon and Mood 1946, JASA 41:557; on paired shares it is McNemar's test, 1947, Psychometrika 12:153.

        Examples
        --------
        >>> LeftOut(1000, (0, 0), 11, (1, 10), (0, 0), (0, 0)).p_value
        0.01171875
        """
        from quantgate.evals.stats.describe.mcnemar import mcnemar_pvalue

        return mcnemar_pvalue(*self.lacking)

    @property
    def differs(self) -> bool:
        """Whether what is left out differs by build beyond chance."""
        return self.p_value < ALPHA
