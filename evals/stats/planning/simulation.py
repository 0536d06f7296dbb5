"""The power of repeats and how many a margin needs, by simulating the bound that decides on them."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt
from scipy.special import betaincinv

from quantgate.evals.stats.bayesian.unseen_item import bayesian_pvalue
from quantgate.evals.stats.checks import FloatArray, check_alpha, check_asked, check_margin
from quantgate.evals.stats.exact.noninferiority import noninferiority_pvalue
from quantgate.evals.stats.planning.repeats import power_with_repeats, repeats_needed

# A standard error of 1.3 points at a power of .8, and of .8 at .93.
RUNS = 1000
# The formula and the simulation differ by two or three points; what it calls farther away than this is not simulated.
_TRUST = 0.1
_POPULATION = 20_000


@dataclass(frozen=True)
class SimulatedPower:
    """The share of simulated comparisons that passed, with its standard error."""

    power: float
    standard_error: float
    runs: int


@dataclass(frozen=True)
class PlannedRepeats:
    """Answers to each item by either build, and the power that they were simulated to have."""

    repeats: int
    power: SimulatedPower


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

    Parameters
    ----------
    baseline_rates, candidate_rates
        Probabilities of a right answer, shape (items,), item by item: guessed, or from a pilot.
    n, repeats
        Items and answers to be asked.
    margin
        Largest tolerated loss, in (0, 1).
    alpha
        One-sided error probability.
    runs
        Simulated comparisons.
    seed
        Of the random generator; equal seeds give equal results.

    Raises
    ------
    ValueError
        An argument out of its range, or rates of different shapes.
    """
    first, second = checked_rates(baseline_rates, candidate_rates)
    check_asked(n, repeats)
    check_margin(margin)
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


def solve_rates(between_variance: float, within_variance: float) -> tuple[FloatArray, FloatArray]:
    """Solve rates of a population of items under two builds without a difference on average, each shape (20000,).

    Rates p are Beta(a, a) with a = w / (1 - 2 w), so that the mean of 2 p (1 - p) is the within variance w. Most items
    have the same rate under both builds; a share b / (1 - 2 w) of them has p under one and 1 - p under the other, which
    keeps w and makes the variance of the true change b. What answers of an item differ by has the same law at p and at
    1 - p, so a population with more right answers than wrong ones and the same variances would plan alike.

    Parameters
    ----------
    between_variance
        B, over items, of the true change in solve rate; b + 2 w is at most 1 for any two builds.
    within_variance
        W, the mean over items of p (1 - p) + q (1 - q) for the builds' rates p and q.

    Raises
    ------
    ValueError
        Variances that no two builds have.
    """
    if not (between_variance >= 0 and within_variance >= 0 and between_variance + 2 * within_variance <= 1 + 1e-9):
        raise ValueError(
            f"no builds have variances {between_variance} between and {within_variance} within: the first and twice "
            "the second are at most 1 together"
        )
    share = between_variance / max(1 - 2 * within_variance, between_variance) if between_variance else 0.0
    changed = round(_POPULATION * share)
    unchanged, moved = _rates(_POPULATION - changed, within_variance), _rates(changed, within_variance)
    return np.concatenate([unchanged, moved]), np.concatenate([unchanged, 1 - moved])


def _rates(count: int, within: float) -> FloatArray:
    """Evenly spaced quantiles of Beta(a, a), which is a coin at w = 0 and the number 1/2 at w = 1/2."""
    places = (np.arange(count) + 0.5) / max(count, 1)
    if within < 1e-6:
        return np.round(places)
    if within > 0.5 - 1e-6:
        return np.full(count, 0.5)
    shape = within / (1 - 2 * within)
    return np.asarray(betaincinv(shape, shape, places), dtype=np.float64)


def simulated_repeats(
    n: int,
    margin: float,
    *,
    between_variance: float,
    within_variance: float,
    alpha: float = 0.05,
    power: float = 0.8,
    largest: int = 64,
    runs: int = RUNS,
    seed: int = 0,
) -> PlannedRepeats | None:
    """Fewest answers per item and build, from two on, whose simulated power reaches `power`; None if not `largest`.

    The search starts from the normal formula (`evals.stats.planning.repeats.repeats_needed`) and simulates equal builds
    with `solve_rates`, decided by the bound that decides on repeats. Seeds are fixed: equal arguments give equal
    plans. The number found is simulated once more, by other random numbers, and has to come within a standard error of
    the target; that is the power returned. Near the target the power grows slowly with the repeats, and chance decides
    between neighbours. Where the formula gives the most repeats a power a tenth below the target or less, nothing is
    simulated.

    Parameters
    ----------
    n
        Items.
    margin
        Largest tolerated loss, in (0, 1).
    between_variance, within_variance
        As in `solve_rates`.
    alpha
        One-sided error probability, in [0.001, 0.5).
    power
        Wanted, in [0.5, 1).
    largest
        The most answers to each item.
    runs
        Simulated comparisons for each number of repeats that is looked at.
    seed
        Of the random generator.

    Raises
    ------
    ValueError
        An argument out of its range.
    """
    variances = {"between_variance": between_variance, "within_variance": within_variance}
    start = repeats_needed(n, margin, alpha=alpha, power=power, largest=largest, unseen_item=True, **variances)
    first, second = solve_rates(between_variance, within_variance)
    if largest < 2:
        return None
    if start is None:
        hoped = power_with_repeats(n, largest, margin, alpha=alpha, unseen_item=True, **variances)
        if hoped < power - _TRUST:
            return None
        start = largest

    def simulated(repeats: int, seed: int) -> SimulatedPower:
        return simulated_power(first, second, n, repeats, margin, alpha=alpha, runs=runs, seed=seed)

    @cache
    def enough(repeats: int) -> bool:
        return simulated(repeats, seed).power >= power

    # `low` is too few (one answer is not planned here), `high` enough.
    low, high = 1, max(start, 2)
    step = max(high // 8, 1)
    while not enough(high):
        if high == largest:
            return None
        low, high, step = high, min(high + step, largest), step * 2
    while high - step > low and enough(high - step):
        high, step = high - step, step * 2
    low = max(low, high - step)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if enough(middle) else (middle, high)
    # The number found is one whose simulation came out well: it is judged by another.
    for repeats in range(high, largest + 1):
        found = simulated(repeats, seed + 1)
        if found.power >= power - found.standard_error:
            return PlannedRepeats(repeats, found)
    return None


def checked_rates(baseline: npt.ArrayLike, candidate: npt.ArrayLike) -> tuple[FloatArray, FloatArray]:
    """Both lists as arrays of one shape. Raises ValueError for any that are no rates."""
    first, second = np.asarray(baseline, dtype=np.float64), np.asarray(candidate, dtype=np.float64)
    if first.ndim != 1 or first.size == 0 or first.shape != second.shape:
        raise ValueError(f"rates must be two lists with one rate per item each, got {first.shape} and {second.shape}")
    if not ((first >= 0) & (first <= 1) & (second >= 0) & (second <= 1)).all():
        raise ValueError("rates must be numbers in [0, 1]")
    return first, second
