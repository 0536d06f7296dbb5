"""What two published accuracies can prove: the counts they may be, and the verdict over every pairing of the items."""

from __future__ import annotations

import math
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from fractions import Fraction

from quantgate.evals.stats.checks import check_alpha, check_counts
from quantgate.evals.stats.exact.bounds import exact_lower_bound, exact_upper_bound
from quantgate.evals.stats.exact.noninferiority import exact_pvalue, noninferiority_pvalue
from quantgate.evals.stats.exact.tango import tango_interval
from quantgate.evals.stats.verdict import BoundsVerdict, bounds_verdict

# Bounds take far longer than p-values; beyond so many pairings only the extreme ones get theirs.
_ALL_BOUNDS = 16
_EXTREMES = 2


@dataclass(frozen=True)
class ClaimJudgement:
    """The verdict that two published numbers of right answers allow, over all ways in which the items may pair up.

    `closest` and `farthest` are the (losses, gains) with the fewest and the most flips. P-values and bounds are
    extremes over the pairings: `pvalue_best` is the smallest p-value of non-inferiority at the margin, `lower_worst`
    the lowest lower bound, `upper_worst` the highest upper bound. `verdict` is equivalent, non_inferior or regressed
    where that holds under every pairing, else inconclusive.
    """

    n: int
    baseline_correct: int
    candidate_correct: int
    margin: float
    alpha: float
    pairings: int
    closest: tuple[int, int]
    farthest: tuple[int, int]
    pvalue_best: float
    pvalue_worst: float
    lower_best: float
    lower_worst: float
    upper_best: float
    upper_worst: float
    verdict: BoundsVerdict

    @property
    def difference(self) -> float:
        """Candidate - baseline, a proportion."""
        return (self.candidate_correct - self.baseline_correct) / self.n


def fitting_counts(value: str | float, digits: int, n: int, repeats: int = 1) -> tuple[int, ...]:
    """Every count of right answers out of n * repeats whose share is printed as `value` at `digits` decimals (GRIM).

    A share halfway between two printed values may go to either by rounding half up, half to even, or the way that
    binary floating point prints it. A share that is only truncated to the value does not fit.

    Parameters
    ----------
    value
        A share in [0, 1], with at most `digits` decimals.
    digits
        Decimals of the printed share, at least 0.
    n
        Items.
    repeats
        Answers to each item.

    Returns
    -------
    tuple[int, ...]
        The counts in ascending order; empty when no count fits.

    Raises
    ------
    ValueError
        A value that is no share or has more decimals than `digits`; n or repeats below 1.

    References
    ----------
    Brown and Heathers 2017, Soc Psychol Personal Sci 8:363 (the GRIM test).

    Examples
    --------
    >>> fitting_counts("0.9217", 4, 198, repeats=2), fitting_counts("0.9026", 4, 198, repeats=2)
    ((365,), ())
    """
    unit, total = _unit(value, digits), _answers(n, repeats)
    scale = 10**digits
    first = max(-((-total * (2 * unit - 1)) // (2 * scale)), 0)
    last = min((total * (2 * unit + 1)) // (2 * scale), total)

    def printed(count: int) -> bool:
        if 2 * scale * count != total * (2 * unit + 1) or unit % 2 == 0:
            return True
        return f"{count / total:.{digits}f}" == f"{Decimal(unit).scaleb(-digits):f}"

    return tuple(count for count in range(first, last + 1) if printed(count))


def nearest_counts(value: str | float, digits: int, n: int, repeats: int = 1) -> tuple[int, ...]:
    """The one or two counts out of n * repeats whose share is nearest to `value`.

    Raises
    ------
    ValueError
        As `fitting_counts`.
    """
    exact = Fraction(_unit(value, digits), 10**digits) * _answers(n, repeats)
    low, high = math.floor(exact), math.ceil(exact)
    gap = min(exact - low, high - exact)
    return tuple(count for count in sorted({low, high}) if abs(count - exact) == gap)


def feasible_pairings(n: int, baseline_correct: int, candidate_correct: int) -> list[tuple[int, int]]:
    """All (losses, gains) that two numbers of right answers allow, from the fewest flips to the most.

    Gains - losses is the difference. Losses are right in the baseline and wrong in the candidate, so neither number
    exceeds what the other side has; gains the reverse. The flips then fit into n as well.

    Raises
    ------
    ValueError
        Numbers that are not whole or not within [0, n].
    """
    check_counts(baseline_correct, 0, n)
    check_counts(candidate_correct, 0, n)
    difference = candidate_correct - baseline_correct
    most_losses = min(baseline_correct, n - candidate_correct)
    return [(losses, losses + difference) for losses in range(max(-difference, 0), most_losses + 1)]


def flip_range(
    n: int, baseline: tuple[int, int], candidate: tuple[int, int]
) -> tuple[tuple[int, int], tuple[int, int]]:
    """The (losses, gains) with the fewest and with the most flips, where right answers lie between two numbers each.

    Parameters
    ----------
    n
        Items.
    baseline, candidate
        The smallest and the largest number of right answers.

    Examples
    --------
    >>> flip_range(50, (48, 50), (23, 25))
    ((23, 0), (27, 2))
    """
    (least, most), (fewest, largest) = baseline, candidate
    closest = (max(least - largest, 0), max(fewest - most, 0))
    # Most flips are as many right answers as wrong ones: the sum of both numbers as near to n as can be.
    total = min(max(n, least + fewest), most + largest)
    first = min(max(total - largest, least), most)
    return closest, feasible_pairings(n, first, total - first)[-1]


def judge_claim(
    n: int, baseline_correct: int, candidate_correct: int, margin: float, alpha: float = 0.05
) -> ClaimJudgement:
    """Judge two published accuracies, one answer per item, over every feasible pairing.

    A verdict is only given where the exact bounds give it under every pairing. Up to 16 pairings have their bounds
    computed. With more, p-values at the margin are computed for all of them, which rules out most verdicts; and the
    bounds for those pairings whose p-values or whose Tango limits are the most extreme, two a side. That rests on an
    observation: every pair of opposite flips that is added widens the bounds, but for steps back of up to 1e-4. The
    extremes were at the two ends in all of 400 random claims of 10 to 114 items, and a test repeats some of it.

    Parameters
    ----------
    n
        Items.
    baseline_correct, candidate_correct
        Right answers of each build, in [0, n].
    margin
        Largest tolerated loss, in (0, 1).
    alpha
        One-sided error probability, in [0.001, 0.5).

    Raises
    ------
    ValueError
        An argument out of its range.

    References
    ----------
    `evals.stats.exact.noninferiority` and `evals.stats.exact.bounds` for test and bounds.

    Examples
    --------
    >>> judge_claim(200, 193, 191, margin=0.03).verdict, judge_claim(200, 193, 191, margin=0.05).verdict
    ('inconclusive', 'equivalent')
    """
    check_alpha(alpha)
    pairings = feasible_pairings(n, baseline_correct, candidate_correct)
    pvalues = [noninferiority_pvalue(losses, gains, n, margin) for losses, gains in pairings]
    chosen = _decisive(pairings, pvalues, n, margin, alpha)
    lowers = [exact_lower_bound(losses, gains, n, alpha) for losses, gains in chosen]
    uppers = [exact_upper_bound(losses, gains, n, alpha) for losses, gains in chosen]
    # Where a p-value fails, so does the bound of its pairing, even if that one was not computed.
    passes = max(pvalues) < alpha and min(lowers) > -margin
    verdict = bounds_verdict(min(lowers) if passes else -1.0, max(uppers), margin)
    if verdict in ("equivalent", "regressed"):
        null = margin if verdict == "equivalent" else -margin
        if max(exact_pvalue(gains, losses, n, -null) for losses, gains in pairings) >= alpha:
            verdict = "non_inferior" if passes else "inconclusive"
    return ClaimJudgement(
        n=n,
        baseline_correct=baseline_correct,
        candidate_correct=candidate_correct,
        margin=margin,
        alpha=alpha,
        pairings=len(pairings),
        closest=pairings[0],
        farthest=pairings[-1],
        pvalue_best=min(pvalues),
        pvalue_worst=max(pvalues),
        lower_best=max(lowers),
        lower_worst=min(lowers),
        upper_best=min(uppers),
        upper_worst=max(uppers),
        verdict=verdict,
    )


def _decisive(
    pairings: list[tuple[int, int]], pvalues: list[float], n: int, margin: float, alpha: float
) -> list[tuple[int, int]]:
    """The pairings whose bounds are computed: all, or the most extreme by several orders."""
    if len(pairings) <= _ALL_BOUNDS:
        return pairings
    limits = [tango_interval(losses, gains, n, 1 - 2 * alpha) for losses, gains in pairings]
    orders = (pvalues, [lower for lower, _ in limits], [upper for _, upper in limits])
    places = range(len(pairings))
    chosen: set[int] = set()
    for keys in orders:
        ranked = sorted(places, key=keys.__getitem__)
        chosen.update(ranked[:_EXTREMES] + ranked[-_EXTREMES:])
    return [pairings[i] for i in sorted(chosen)]


def _decimal(value: str | float) -> Decimal:
    try:
        number = Decimal(value if isinstance(value, str) else repr(float(value)))
    except InvalidOperation:
        raise ValueError(f"{value!r} is no number; write an accuracy like 0.965") from None
    if not (number.is_finite() and 0 <= number <= 1):
        raise ValueError(f"an accuracy is a share between 0 and 1 (0.965, not 96.5), got {value}")
    return number


def _unit(value: str | float, digits: int) -> int:
    """The printed value as a whole number of units of its last decimal."""
    if digits < 0:
        raise ValueError(f"digits must not be negative, got {digits}")
    scaled = _decimal(value).scaleb(digits)
    if scaled != scaled.to_integral_value():
        raise ValueError(f"{value} has more than {digits} decimals")
    return int(scaled)


def _answers(n: int, repeats: int) -> int:
    if n < 1 or repeats < 1:
        raise ValueError(f"n and repeats must be at least 1, got {n} and {repeats}")
    return n * repeats
