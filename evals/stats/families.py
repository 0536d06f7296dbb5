"""Several questions at once: Holm's step-down, for tasks that regressed and for formats that pass."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache, partial

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


@dataclass(frozen=True)
class Step:
    """How Holm's step-down ends for one member: whether it was rejected, and by how many its alpha was divided last."""

    rejected: bool
    share: int


def step_down(rejects: Sequence[Callable[[int], bool]], others: int = 0) -> list[Step]:
    """Holm's step-down over members that say whether they reject when their alpha is divided by so many.

    With r members left, each is asked at its alpha / r, and those that reject leave; again, until none does. Whatever
    the dependence, the probability that any true hypothesis is rejected is at most alpha; each member may have an alpha
    of its own, of which that is then the largest.

    Parameters
    ----------
    rejects
        One function a member, from the number that alpha is divided by to whether it rejects.
    others
        So many more members there are of which nothing is known yet: each keeps its share, as one that never rejects.

    Returns
    -------
    list of Step
        One a member, in the order given.

    References
    ----------
    Holm 1979, Scand J Stat 6:65.

    Examples
    --------
    >>> pvalues = [0.01, 0.04, 0.03, 0.005]
    >>> [step.rejected for step in step_down([lambda left, p=p: left * p < 0.05 for p in pvalues])]
    [True, False, False, True]
    """
    done: dict[int, Step] = {}
    while left := [place for place in range(len(rejects)) if place not in done]:
        share = len(left) + others
        rejected = [place for place in left if rejects[place](share)]
        ended = rejected or left
        done.update((place, Step(bool(rejected), share)) for place in ended)
    return [done[place] for place in range(len(rejects))]


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
    _check_pvalues(pvalues)
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
    _check_pvalues(pvalues)

    def below(pvalue: float, left: int) -> bool:
        return left * pvalue < alpha

    return [step.rejected for step in step_down([partial(below, pvalue) for pvalue in pvalues])]


def _check_pvalues(pvalues: Sequence[float]) -> None:
    for i, pvalue in enumerate(pvalues):
        if not 0 <= pvalue <= 1:
            raise ValueError(f"pvalues[{i}] is {pvalue}, not a number in [0, 1]")


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
    bounds = [cache(bound) for bound in bound_at]

    def passes(bound: Callable[[float], float], left: int) -> bool:
        return bound(alpha / left) > -margin

    steps = step_down([partial(passes, bound) for bound in bounds])
    all_pass = all(step.rejected for step in steps)
    found = []
    for bound, step in zip(bounds, steps, strict=True):
        own = bound(alpha / step.share)
        lower = own if not step.rejected else max(within, bound(alpha / len(bounds))) if all_pass else within
        found.append(FamilyBound(lower, step.rejected, alpha / step.share, own))
    return found
