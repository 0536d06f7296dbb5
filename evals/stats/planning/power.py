"""The power of the test that decides: by enumeration for 0/1 data, by formula and by simulation for repeats."""

from __future__ import annotations

import math
from bisect import bisect_left
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt
from scipy.special import ndtr, ndtri

from quantgate.evals.stats.bayesian.unseen_item import bayesian_pvalue
from quantgate.evals.stats.checks import FloatArray, check_alpha
from quantgate.evals.stats.exact.noninferiority import noninferiority_pvalue
from quantgate.evals.stats.exact.tango import score_statistic
from quantgate.evals.stats.exact.trinomial import RejectionSet, likely_gains, rejection_set, tail_probability
from quantgate.evals.stats.planning.items import plan_items, smallest_passing_n

# More items than this are out of reach of any benchmark, and of the patience to enumerate.
MOST_ITEMS = 20_000
MOST_REPEATS = 64
# The asymptotic test's power is as good as the exact one's for a plan of more.
_MOST_ENUMERATED = 2000
# Bisection over n ends when the bracket is this fine, relative to n: power is a sawtooth in n at this scale anyway.
_FINENESS = 0.005


def exact_power(n: int, margin: float, discordance: float, difference: float = 0.0, alpha: float = 0.05) -> float:
    """Probability that a build passes the exact test of non-inferiority, by summing over all outcomes (losses, gains).

    For each number of gains the largest number of losses that passes is found; the probability of the set so
    described is exact. An outcome passes here where its p-value at the margin is below alpha. That is the decision of
    `evals.stats.exact.bounds.exact_lower_bound` but for the islands described there, in which none of the outcomes at
    the border of passing lay, at n of 20 to 400 and margins of 1 to 20 points (tests hold part of it).

    Args:
        n: items.
        margin: largest tolerated loss, in (0, 1).
        discordance: true share psi of items that flip, in [|difference|, 1].
        difference: true candidate - baseline, a proportion.
        alpha: one-sided error probability, in [0.001, 0.5).

    Returns:
        A probability, right to about 1e-10.

    Raises:
        ValueError: an argument out of its range.
    """
    _check_truth(n, margin, discordance, difference)
    check_alpha(alpha)
    gain_rate = max((discordance + difference) / 2, 0.0)
    first, last = likely_gains(n, gain_rate, gain_rate)
    most = np.array([_most_losses(gains, n, margin, alpha) for gains in range(first, last + 1)], dtype=np.int64)
    probability = tail_probability(RejectionSet(first, most), n, np.array([discordance]), difference)
    return min(float(probability[0]), 1.0)


@lru_cache(maxsize=200_000)
def _most_losses(gains: int, n: int, margin: float, alpha: float) -> int:
    """The largest number of losses that passes beside `gains` gains, or -1: a walk from where Tango's test would be."""

    def passes(losses: int) -> bool:
        return noninferiority_pvalue(losses, gains, n, margin) < alpha

    critical = -float(ndtri(alpha))
    low, high = -1, n - gains
    while low < high:
        middle = (low + high + 1) // 2
        if float(score_statistic(middle, gains, n, -margin)) >= critical:
            low = middle
        else:
            high = middle - 1
    losses = low
    while losses >= 0 and not passes(losses):
        losses -= 1
    if losses == low:
        while losses < n - gains and passes(losses + 1):
            losses += 1
    return losses


def items_for_power(
    margin: float, discordance: float, difference: float = 0.0, alpha: float = 0.05, power: float = 0.8
) -> int | None:
    """About the fewest items at which the exact test passes with probability `power`; None if out of reach.

    Bisects with Tango's asymptotic test, whose power takes a millisecond and differs from the exact one's by less than
    half a point from a few hundred items on, and goes on from there with the exact test; beyond 2,000 items, where
    they differed by 2e-4 at most and enumerating takes seconds, it leaves it at that. The power of a discrete test is a
    sawtooth in n, so the answer has at least the power asked, while one within a percent of it may have a little more
    or less. Out of reach: a true difference of -margin or worse, or more than MOST_ITEMS items.

    Raises:
        ValueError: an argument out of its range.
    """
    _check_truth(1, margin, discordance, difference)
    if difference <= -margin:
        return None
    start = plan_items(discordance, margin, difference=difference, alpha=alpha, power=power)
    fewest = smallest_passing_n(margin, alpha)

    def exact(n: int) -> bool:
        return exact_power(n, margin, discordance, difference, alpha) >= power

    def asymptotic(n: int) -> bool:
        return _asymptotic_power(n, margin, discordance, difference, alpha) >= power

    low, high = fewest - 1, max(start, fewest)
    while high <= MOST_ITEMS and not asymptotic(high):
        low, high = high, math.ceil(high * 1.04) + 1
    while high - low > max(1, int(_FINENESS * high)):
        middle = (low + high) // 2
        low, high = (low, middle) if asymptotic(middle) else (middle, high)
    while high <= _MOST_ENUMERATED and not exact(high):
        high += max(1, int(_FINENESS * high))
    return high if high <= MOST_ITEMS else None


def _asymptotic_power(n: int, margin: float, discordance: float, difference: float, alpha: float) -> float:
    """`exact_power` of Tango's asymptotic test."""
    gain_rate = max((discordance + difference) / 2, 0.0)
    rejection = rejection_set(n, -margin, -float(ndtri(alpha)), likely_gains(n, gain_rate, gain_rate))
    return float(tail_probability(rejection, n, np.array([discordance]), difference)[0])


def unpaired_items(accuracy: float, margin: float, alpha: float = 0.05, power: float = 0.8) -> int:
    """Items each of two *independent* samples would need: 2 p (1 - p) z^2 / m^2, what pairing saves one from.

    Raises ValueError for an accuracy outside (0, 1), or margin, alpha or power out of range.

    >>> unpaired_items(0.6, 0.02)
    7420
    """
    if not 0 < accuracy < 1:
        raise ValueError(f"accuracy must lie between 0 and 1, got {accuracy}")
    _check_margin(margin)
    z = _deviates(alpha, power)
    return max(1, math.ceil(2 * accuracy * (1 - accuracy) * z**2 / margin**2 - 1e-9))


def power_with_repeats(
    n: int,
    repeats: int,
    margin: float,
    *,
    between_variance: float,
    within_variance: float,
    difference: float = 0.0,
    alpha: float = 0.05,
    unseen_item: bool = False,
) -> float:
    """Probability of a pass with `repeats` answers to each item and build, by the normal formula.

    The mean difference has variance s^2 / n with s^2 = s_between^2 + s_within^2 / k; the power is
    Phi((m + d) / (s / sqrt(n)) - z_(1-alpha)). That is the power of a normal bound. The one that decides on repeats
    (`stats.bayesian.unseen_item`) has a worst-case item more, which costs 1 / (n + 1) of the margin and widens it: with
    `unseen_item` its posterior mean and variance take the normal bound's place. Of 198 items that makes a great
    difference: at m = .03, s_between^2 = .0019 and s_within^2 = .236 the plain formula promises .53, .77 and .95 with
    4, 8 and 16 repeats; with the item it is .39, .59 and .80, and by simulation .40, .56 and .78.

    Args:
        n, repeats: items, and answers to each by either build.
        margin: largest tolerated loss, in (0, 1).
        between_variance: variance over items of the true difference in solve rate, in squared proportions.
        within_variance: mean over items of the variance of one answer pair's difference around it: for 0/1 answers
            p (1 - p) + q (1 - q) with the two builds' solve rates p and q.
        difference: true candidate - baseline.
        alpha: one-sided error probability.
        unseen_item: the power of the bound that decides, rather than of a normal one.

    Raises:
        ValueError: an argument out of its range.

    Source: Miller 2024, arXiv 2411.00640.
    """
    _check_counts(n, repeats)
    _check_margin(margin)
    _check_variances(between_variance, within_variance)
    check_alpha(alpha)
    variance = between_variance + within_variance / repeats
    room, spread, sampling = margin + difference, variance / n, variance / n
    if unseen_item:
        room = margin + (n * difference - 1) / (n + 1)
        spread = (n * variance + 1) / ((n + 1) * (n + 2))
        sampling = n * variance / (n + 1) ** 2
    clear = room + float(ndtri(alpha)) * math.sqrt(spread)
    return float(ndtr(clear / math.sqrt(sampling))) if sampling > 0 else float(clear > 0)


def repeats_needed(
    n: int,
    margin: float,
    *,
    between_variance: float,
    within_variance: float,
    difference: float = 0.0,
    alpha: float = 0.05,
    power: float = 0.8,
    largest: int = MOST_REPEATS,
    unseen_item: bool = False,
) -> int | None:
    """Fewest answers per item and build that reach `power` by `power_with_repeats`; None if not with `largest`.

    Repeats only shrink the within-item part: where s_between^2 alone is too much for n items, no number of them helps.
    Also None where even a build without any difference could not pass with n items
    (`evals.stats.planning.items.smallest_passing_n`).

    Args and errors: as `power_with_repeats`; `power` in [.5, 1) and `largest` at least 1.
    """
    _check_margin(margin)
    if not 0.5 <= power < 1:
        raise ValueError(f"power must be at least 0.5 and below 1, got {power}")

    def enough(repeats: int) -> bool:
        reached = power_with_repeats(
            n,
            repeats,
            margin,
            between_variance=between_variance,
            within_variance=within_variance,
            difference=difference,
            alpha=alpha,
            unseen_item=unseen_item,
        )
        return reached >= power - 1e-12

    if not enough(largest) or n < smallest_passing_n(margin, alpha):
        return None
    # With a power of .5 or more at the end, more repeats only ever help, so the first that is enough can be bisected.
    return 1 + bisect_left(range(1, largest + 1), True, key=enough)


@dataclass(frozen=True)
class SimulatedPower:
    """The share of simulated comparisons that passed, with its standard error."""

    power: float
    standard_error: float
    runs: int


def simulated_power(
    baseline_rates: npt.ArrayLike,
    candidate_rates: npt.ArrayLike,
    n: int,
    repeats: int,
    margin: float,
    *,
    alpha: float = 0.05,
    runs: int = 400,
    seed: int = 0,
) -> SimulatedPower:
    """Probability of a pass by the bound that decides, for items drawn from a population of solve rates.

    Each run draws `n` items with replacement, and `repeats` independent 0/1 answers of either build to each. One answer
    per item is decided by the exact test, several by the Bayesian bootstrap with one item more: the p-value at the
    margin is below alpha where the bound lies above -margin, at a tenth of the time. About half a millisecond a run.

    Args:
        baseline_rates, candidate_rates: probabilities of a right answer, shape (items,), item by item: guessed, or from
            a pilot.
        n, repeats: items and answers to be asked.
        margin: largest tolerated loss, in (0, 1).
        alpha: one-sided error probability.
        runs: simulated comparisons.
        seed: of the random generator; equal seeds give equal results.

    Raises:
        ValueError: an argument out of its range, or rates of different shapes.
    """
    first, second = _checked_rates(baseline_rates, candidate_rates)
    _check_counts(n, repeats)
    _check_margin(margin)
    check_alpha(alpha)
    if runs < 1:
        raise ValueError(f"runs must be at least 1, got {runs}")
    rng = np.random.default_rng(seed)
    passed = 0
    for _ in range(runs):
        items = rng.integers(len(first), size=n)
        change = rng.binomial(repeats, second[items]) - rng.binomial(repeats, first[items])
        if repeats == 1:
            passed += noninferiority_pvalue(int((change < 0).sum()), int((change > 0).sum()), n, margin) < alpha
        else:
            passed += bayesian_pvalue(change / repeats, -margin) < alpha
    power = passed / runs
    return SimulatedPower(power, math.sqrt(power * (1 - power) / runs), runs)


def rate_variances(baseline_rates: npt.ArrayLike, candidate_rates: npt.ArrayLike) -> tuple[float, float]:
    """(between_variance, within_variance), as `power_with_repeats` takes them, of a population of solve rates.

    Raises ValueError as `simulated_power` does.
    """
    first, second = _checked_rates(baseline_rates, candidate_rates)
    within = first * (1 - first) + second * (1 - second)
    return float((second - first).var()), float(within.mean())


def _checked_rates(baseline: npt.ArrayLike, candidate: npt.ArrayLike) -> tuple[FloatArray, FloatArray]:
    first, second = np.asarray(baseline, dtype=np.float64), np.asarray(candidate, dtype=np.float64)
    if first.ndim != 1 or first.size == 0 or first.shape != second.shape:
        raise ValueError(f"rates must be two lists with one rate per item each, got {first.shape} and {second.shape}")
    if not ((first >= 0) & (first <= 1) & (second >= 0) & (second <= 1)).all():
        raise ValueError("rates must be numbers in [0, 1]")
    return first, second


def _deviates(alpha: float, power: float) -> float:
    check_alpha(alpha)
    if not 0 < power < 1:
        raise ValueError(f"power must lie between 0 and 1, got {power}")
    return max(float(ndtri(power) - ndtri(alpha)), 0.0)


def _check_truth(n: int, margin: float, discordance: float, difference: float) -> None:
    _check_counts(n, 1)
    _check_margin(margin)
    if not 0 <= discordance <= 1:
        raise ValueError(f"discordance must lie between 0 and 1, got {discordance}")
    if not abs(difference) <= discordance:
        raise ValueError(f"difference {difference} is larger than the discordance rate {discordance} allows")


def _check_counts(n: int, repeats: int) -> None:
    if n < 1 or repeats < 1:
        raise ValueError(f"items and repeats must be at least 1, got {n} and {repeats}")


def _check_margin(margin: float) -> None:
    if not 0 < margin < 1:
        raise ValueError(f"margin must lie between 0 and 1 (0.02 means two points), got {margin}")


def _check_variances(between: float, within: float) -> None:
    if not (0 <= between < math.inf and 0 <= within < math.inf):
        raise ValueError(f"variances must be finite and not negative, got {between} and {within}")
