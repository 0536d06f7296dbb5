"""Published accuracies as they are printed, with repeats: from digits to counts, warnings and one verdict."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from quantgate.evals.stats.bayesian.unseen_item import bayesian_lower_bound, bayesian_upper_bound
from quantgate.evals.stats.checks import FloatArray, check_alpha, check_counts, check_margin
from quantgate.evals.stats.published.pairings import (
    ClaimJudgement,
    fitting_counts,
    judge_claim,
    nearest_counts,
)
from quantgate.evals.stats.verdict import bounds_verdict


@dataclass(frozen=True)
class RepeatedJudgement:
    """What two numbers of right answers allow where each item was asked `repeats` times.

    `baseline_correct` and `candidate_correct` are out of n * repeats. The `_best` bounds belong to differences that are
    spread as evenly over the items as they can be, the `_worst` ones to items that each build answers all right or all
    wrong, with as many of them flipped as can be. `verdict` is one that holds in both cases, else inconclusive.
    """

    n: int
    repeats: int
    baseline_correct: int
    candidate_correct: int
    margin: float
    alpha: float
    lower_best: float
    lower_worst: float
    upper_best: float
    upper_worst: float
    verdict: str

    @property
    def difference(self) -> float:
        """Candidate - baseline, a proportion."""
        return (self.candidate_correct - self.baseline_correct) / (self.n * self.repeats)


@dataclass(frozen=True)
class PublishedJudgement:
    """The verdict on two printed accuracies.

    `baseline_counts` and `candidate_counts` are the counts that are printed so; the nearest ones where none is, and
    then `warnings` says it. `judgements` are those of the smallest and of the largest difference that the counts allow
    (one, where they are the same); `verdict` holds for both, else it is inconclusive. So it is where a value is no
    count: numbers that cannot be show nothing.
    """

    baseline_counts: tuple[int, ...]
    candidate_counts: tuple[int, ...]
    warnings: tuple[str, ...]
    verdict: str
    judgements: tuple[ClaimJudgement | RepeatedJudgement, ...]


def judge_repeated_claim(
    n: int, repeats: int, baseline_correct: int, candidate_correct: int, margin: float, alpha: float = 0.05
) -> RepeatedJudgement:
    """Judge two published numbers of right answers with several answers to each item.

    Neither the pairing of the items nor how the answers divide over them is known. Both matter through the spread of
    the items' mean differences, so two extremes are bounded, by the method that decides on repeats
    (`evals.stats.bayesian.unseen_item`):

    - least favourable: every item is answered alike each time, so that its score is 0 or 1 (but for one item with what
      is left over), and the right answers of one build fall, as far as they can, on the wrong ones of the other. No
      other division spreads the differences more, in the convex order;
    - most favourable: the difference is divided evenly, so that the items' mean differences are two neighbouring
      multiples of 1 / repeats at most. None spreads them less.

    That the bounds of all other divisions lie in between is no theorem for a quantile, but tests of all divisions of
    few items and of random ones of many found none outside.

    Parameters
    ----------
    n, repeats
        Items, and answers to each.
    baseline_correct, candidate_correct
        Right answers, in [0, n * repeats].
    margin
        Largest tolerated loss, in (0, 1).
    alpha
        One-sided error probability, in [0.001, 0.5).

    Raises
    ------
    ValueError
        An argument out of its range.

    Examples
    --------
    >>> judge_repeated_claim(198, 2, 365, 357, margin=0.05).verdict
    'inconclusive'
    """
    check_counts(n, 0, max(n, 1))
    check_counts(repeats, 0, max(repeats, 1))
    if n < 1 or repeats < 1:
        raise ValueError(f"n and repeats must be at least 1, got {n} and {repeats}")
    for correct in (baseline_correct, candidate_correct):
        check_counts(correct, 0, n * repeats)
    check_alpha(alpha)
    check_margin(margin)
    even = _even_differences(n, repeats, candidate_correct - baseline_correct)
    extreme = _opposed_differences(n, repeats, baseline_correct, candidate_correct)
    lowers = [bayesian_lower_bound(values, alpha=alpha) for values in (even, extreme)]
    uppers = [bayesian_upper_bound(values, alpha=alpha) for values in (even, extreme)]
    return RepeatedJudgement(
        n=n,
        repeats=repeats,
        baseline_correct=baseline_correct,
        candidate_correct=candidate_correct,
        margin=margin,
        alpha=alpha,
        lower_best=max(lowers),
        lower_worst=min(lowers),
        upper_best=min(uppers),
        upper_worst=max(uppers),
        verdict=bounds_verdict(min(lowers), max(uppers), margin),
    )


def judge_published(
    n: int,
    baseline: str | float,
    candidate: str | float,
    margin: float,
    *,
    digits: int,
    repeats: int = 1,
    alpha: float = 0.05,
) -> PublishedJudgement:
    """Judge two accuracies as they were printed.

    Where several counts fit the digits, the verdict has to hold for the largest and for the smallest difference they
    allow. Those between have no more losses and no fewer gains than the one, and the reverse for the other.

    Parameters
    ----------
    n, repeats
        Items, and answers to each.
    baseline, candidate
        The printed shares, like "0.965".
    margin
        Largest tolerated loss, in (0, 1).
    digits
        Decimals to which they were printed (`evals.stats.published.pairings.printed_digits`).
    alpha
        One-sided error probability, in [0.001, 0.5).

    Raises
    ------
    ValueError
        An argument out of its range, or a value with more decimals than `digits`.
    """
    warnings: list[str] = []

    def counts_of(build: str, value: str | float) -> tuple[int, ...]:
        if found := fitting_counts(value, digits, n, repeats):
            return found
        nearest = nearest_counts(value, digits, n, repeats)
        answers = f"{n} items" if repeats == 1 else f"{n} items x {repeats} answers = {n * repeats}"
        candidates = " or ".join(f"{count} ({count / (n * repeats):.{digits}f})" for count in nearest)
        warnings.append(
            f"{build} {value}: no count out of {answers} is printed so with {digits} decimals; the nearest is "
            f"{candidates}, taken instead. Check the number of items and of repeats."
        )
        return nearest

    first, second = counts_of("baseline", baseline), counts_of("candidate", candidate)
    ends = dict.fromkeys([(first[-1], second[0]), (first[0], second[-1])])
    judgements: list[ClaimJudgement | RepeatedJudgement] = []
    for right, other in ends:
        if repeats == 1:
            judgements.append(judge_claim(n, right, other, margin, alpha))
        else:
            judgements.append(judge_repeated_claim(n, repeats, right, other, margin, alpha))
    verdict = "inconclusive" if warnings else _common({judgement.verdict for judgement in judgements})
    return PublishedJudgement(first, second, tuple(warnings), verdict, tuple(judgements))


def _common(verdicts: set[str]) -> str:
    """What all verdicts say; equivalence includes non-inferiority."""
    if len(verdicts) == 1:
        return next(iter(verdicts))
    return "non_inferior" if verdicts == {"equivalent", "non_inferior"} else "inconclusive"


def _even_differences(n: int, repeats: int, net: int) -> FloatArray:
    """The net difference of answers divided as evenly over the items as whole answers allow, shape (n,)."""
    each, more = divmod(net, n)
    return np.repeat([(each + 1) / repeats, each / repeats], [more, n - more])


def _opposed_differences(n: int, repeats: int, baseline_correct: int, candidate_correct: int) -> FloatArray:
    """Differences of items that are all right or all wrong, the best of one build beside the worst of the other."""

    def scores(correct: int) -> FloatArray:
        return np.clip(correct - repeats * np.arange(n), 0, repeats) / repeats

    return np.asarray(scores(candidate_correct)[::-1] - scores(baseline_correct), dtype=np.float64)
