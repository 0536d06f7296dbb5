"""Several questions at once: Holm's step-down, for tasks that regressed and for formats that pass."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from quantgate.evals.stats.checks import check_margin
from quantgate.evals.stats.exact.noninferiority import exact_pvalue


@dataclass(frozen=True)
class FamilyBound:
    """One member's lower bound, which holds together with those of all other members.

    `lower` > -margin exactly where `passes`. `level` is the error probability at which the member was decided, `own`
    the bound at that level, by which it was.
    """

    lower: float
    passes: bool
    level: float
    own: float


def holm_adjusted(pvalues: Sequence[float]) -> list[float]:
    """Holm's adjusted p-values, in the order given: a member is rejected at any alpha above its own.

    The i-th smallest of k is multiplied by k - i + 1, never falls below the one before, and stays at most 1.

    Raises
    ------
    ValueError
        A p-value that is not in [0, 1].

    References
    ----------
    Holm 1979, Scand J Stat 6:65.

    Examples
    --------
    >>> holm_adjusted([0.01, 0.04, 0.03, 0.005])
    [0.03, 0.06, 0.06, 0.02]
    """
    for i, pvalue in enumerate(pvalues):
        if not 0 <= pvalue <= 1:
            raise ValueError(f"pvalues[{i}] is {pvalue}, not a number in [0, 1]")
    adjusted = [0.0] * len(pvalues)
    largest = 0.0
    for rank, i in enumerate(sorted(range(len(pvalues)), key=pvalues.__getitem__)):
        largest = max(largest, min(1.0, (len(pvalues) - rank) * pvalues[i]))
        adjusted[i] = largest
    return adjusted


def holm(pvalues: Sequence[float], alpha: float = 0.05) -> list[bool]:
    """Which hypotheses Holm's step-down rejects, in the order given: adjusted p-value < alpha.

    The probability of rejecting any true one is at most alpha, whatever the dependence between the p-values. Strictly
    below alpha, as the exact test decides.

    Raises
    ------
    ValueError
        A p-value that is not in [0, 1], or alpha outside (0, 1).
    """
    if not 0 < alpha < 1:
        raise ValueError(f"alpha must lie between 0 and 1, got {alpha}")
    return [pvalue < alpha for pvalue in holm_adjusted(pvalues)]


def regression_pvalue(losses: int, gains: int, n: int, margin: float) -> float:
    """Exact p-value of "the true difference is at least -margin" against "the candidate is worse by more".

    The mirror image of the non-inferiority test: with the builds exchanged, that the difference is at most +margin.
    Holm over the tasks' p-values names those that regressed.

    Raises
    ------
    ValueError
        Counts that do not fit, or a margin outside (0, 1).
    """
    check_margin(margin)
    return exact_pvalue(gains, losses, n, margin)


def holm_lower_bounds(
    bound_at: Sequence[Callable[[float], float]], margin: float, alpha: float = 0.05
) -> list[FamilyBound]:
    """Lower bounds of several candidates against one baseline that hold together with probability 1 - alpha.

    Holm, not Bonferroni: it passes all that Bonferroni passes and more, at the same guarantee. And not max-T, which
    could use that the candidates share a baseline: it would need their joint law, by resampling, and the exact test
    exists to do without. Holm needs no assumption about the dependence.

    Steps: with r candidates left, those whose bound at alpha / r lies above -margin pass; again, until none does. The
    bounds that go with this (Guilbaud 2008; Strassburger and Bretz 2008): a candidate that did not pass keeps its
    bound at alpha / r; of one that passed no more than "above -margin" is claimed, and `lower` is the next number above
    it; where all pass, the error probability can be spent once more, and `lower` is the bound at alpha / k if higher.

    Parameters
    ----------
    bound_at
        One function a candidate, from an error probability to the one-sided lower bound at it.
    margin
        Largest tolerated loss, in (0, 1).
    alpha
        Error probability of the family; `evals.stats.exact.bounds` wants alpha / k to be 0.001 or more.

    Returns
    -------
    list[FamilyBound]
        One `FamilyBound` a candidate, in the order given.

    Raises
    ------
    ValueError
        Margin or alpha out of range; what the functions raise.

    References
    ----------
    Holm 1979; Guilbaud 2008, Biom J 50:678; Strassburger and Bretz 2008, Stat Med 27:4914.
    """
    check_margin(margin)
    if not 0 < alpha < 0.5:
        raise ValueError(f"alpha must lie between 0 and 0.5, got {alpha}")
    within = math.nextafter(-margin, 1.0)
    done: dict[int, FamilyBound] = {}
    while left := [i for i in range(len(bound_at)) if i not in done]:
        level = alpha / len(left)
        own = {i: bound_at[i](level) for i in left}
        passing = [i for i in left if own[i] > -margin]
        if not passing:
            done.update((i, FamilyBound(own[i], False, level, own[i])) for i in left)
        done.update((i, FamilyBound(within, True, level, own[i])) for i in passing)
    bounds = [done[i] for i in range(len(bound_at))]
    if not all(bound.passes for bound in bounds):
        return bounds
    shared = (bound_at[i](alpha / len(bounds)) for i in range(len(bounds)))
    return [FamilyBound(max(within, b), True, bound.level, bound.own) for b, bound in zip(shared, bounds, strict=True)]
