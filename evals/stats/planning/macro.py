"""Plans of a macro average over strata: searched for by a formula, judged by simulating the bound that decides."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from quantgate.evals.stats.bayesian.stratified import DRAWS, StratifiedMean
from quantgate.evals.stats.checks import FloatArray, check_alpha, check_asked, check_margin
from quantgate.evals.stats.planning.simulation import PlannedRepeats, SimulatedPower, checked_rates, solve_rates
from quantgate.evals.stats.planning.strata import macro_power
from quantgate.evals.stats.strata import Stratum

# A standard error of 1.6 points at a power of .8.
RUNS = 600
_DRAWS = 4000
# The formula and the simulation differ by a few points; what it calls farther away than this is not simulated.
_TRUST = 0.1


@dataclass(frozen=True)
class PlannedItems:
    """Items of each stratum that are asked once, and the power that they were simulated to have, if they were."""

    sizes: tuple[int, ...]
    power: SimulatedPower | None


Rates = tuple[FloatArray, FloatArray]
"""The solve rates of one stratum's population under two builds, each of shape (items,)."""


def simulated_macro_power(
    baseline_rates: npt.ArrayLike,
    candidate_rates: npt.ArrayLike,
    sizes: Sequence[int],
    repeats: int,
    margin: float,
    *,
    alpha: float = 0.05,
    runs: int = RUNS,
    seed: int = 0,
) -> SimulatedPower:
    """Probability of a pass of the mean over strata of like weight, for items drawn from a population of solve rates.

    The strata have that population in common; `simulated_suite_power` is the same for one of each, and any weights.

    Each run draws the items of each stratum with replacement, and `repeats` independent 0/1 answers of either build to
    each; `evals.stats.bayesian.stratified.StratifiedMean` decides, by fewer draws than a gate makes and with as little
    caution for that as a gate has. Two to ten milliseconds a run.

    Parameters
    ----------
    baseline_rates, candidate_rates
        Probabilities of a right answer, shape (items,), item by item.
    sizes
        Items of each stratum, two strata at least.
    repeats
        Answers of either build to each item.
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
    rates = checked_rates(baseline_rates, candidate_rates)
    return simulated_suite_power(
        [rates] * len(sizes), sizes, [1.0] * len(sizes), repeats, margin, alpha=alpha, runs=runs, seed=seed
    )


def simulated_suite_power(
    populations: Sequence[Rates],
    sizes: Sequence[int],
    weights: Sequence[float],
    repeats: int,
    margin: float,
    *,
    alpha: float = 0.05,
    runs: int = RUNS,
    seed: int = 0,
) -> SimulatedPower:
    """As `simulated_macro_power`, with each stratum's own population and weight, which are scaled to sum to 1."""
    check_margin(margin)
    check_alpha(alpha)
    if len(sizes) < 2 or runs < 1:
        raise ValueError(f"two strata and one run are the least, got {len(sizes)} and {runs}")
    for size in sizes:
        check_asked(size, repeats)
    rng = np.random.default_rng(seed)
    level = alpha + math.sqrt(alpha * (1 - alpha)) * (1 / math.sqrt(_DRAWS) - 1 / math.sqrt(DRAWS))
    passed, total = 0, math.fsum(weights)
    for _ in range(runs):
        strata = []
        for (first, second), size, weight in zip(populations, sizes, weights, strict=True):
            items = rng.integers(len(first), size=size)
            change = rng.binomial(repeats, second[items]) - rng.binomial(repeats, first[items])
            strata.append(Stratum(weight / total, np.sort(change / repeats), np.ones(size)))
        passed += StratifiedMean(strata, _DRAWS).pvalue(-margin) < level
    power = passed / runs
    return SimulatedPower(power, math.sqrt(power * (1 - power) / runs), runs)


def macro_repeats(
    sizes: Sequence[int],
    margin: float,
    *,
    between_variance: npt.ArrayLike,
    within_variance: npt.ArrayLike,
    weights: npt.ArrayLike = 1.0,
    alpha: float = 0.05,
    power: float = 0.8,
    largest: int = 64,
    runs: int = RUNS,
) -> PlannedRepeats | None:
    """Fewest answers per item and build, from two on, whose simulated power reaches `power`; None if not `largest`.

    Variances and weights are one number, or one for each stratum.

    The search goes up from what `macro_power` says, in steps of an eighth, until the simulation comes within a standard
    error of the target. Equal arguments give equal plans. Parameters and errors as
    `evals.stats.planning.simulation.simulated_repeats`, `sizes` as `simulated_macro_power`.
    """
    between, within, shares = (_of_each(given, sizes) for given in (between_variance, within_variance, weights))
    populations = [solve_rates(*variances) for variances in zip(between, within, strict=True)]

    def hoped(repeats: int) -> float:
        variances = np.asarray(between) + np.asarray(within) / repeats
        return macro_power(sizes, variances, margin, alpha=alpha, weights=shares)

    if largest < 2 or hoped(largest) < power - _TRUST:
        return None
    repeats = next((known for known in range(2, largest) if hoped(known) >= power), largest)
    while True:
        found = simulated_suite_power(populations, sizes, shares, repeats, margin, alpha=alpha, runs=runs, seed=1)
        if found.power >= power - found.standard_error:
            return PlannedRepeats(repeats, found)
        if repeats == largest:
            return None
        repeats = min(largest, repeats + max(1, repeats // 8))


def macro_items(
    sizes: Sequence[int],
    margin: float,
    discordance: npt.ArrayLike,
    *,
    weights: npt.ArrayLike = 1.0,
    alpha: float = 0.05,
    power: float = 0.8,
    largest: int = 20_000,
    runs: int = RUNS,
) -> PlannedItems | None:
    """About the fewest items, asked once and in the proportion of `sizes`, whose simulated power reaches `power`.

    None where it takes more than `largest`. Equal builds flip on a share `discordance` of the items, half of it losses;
    it and the weights are one number, or one for each stratum.
    Searched as `macro_repeats`; more items than `sizes` has are what the formula says, and not simulated.

    Raises
    ------
    ValueError
        An argument out of its range.
    """
    whole = sum(sizes)
    shares, flips = _of_each(weights, sizes), _of_each(discordance, sizes)
    populations = [flipping(share) for share in flips]

    def scaled(items: int) -> tuple[int, ...]:
        return tuple(max(1, round(items * size / whole)) for size in sizes)

    def hoped(items: int) -> bool:
        return macro_power(scaled(items), flips, margin, alpha=alpha, weights=shares) >= power

    if not hoped(largest):
        return None
    low, high = 0, largest
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if hoped(middle) else (middle, high)
    while high <= whole:
        found = simulated_suite_power(populations, scaled(high), shares, 1, margin, alpha=alpha, runs=runs, seed=1)
        if found.power >= power - found.standard_error:
            return PlannedItems(scaled(high), found)
        high += max(1, high // 20)
    return PlannedItems(scaled(high), None)


def _of_each(given: npt.ArrayLike, sizes: Sequence[int]) -> list[float]:
    """One number for each stratum."""
    values: list[float] = np.broadcast_to(np.asarray(given, dtype=np.float64), len(sizes)).tolist()
    return values


def flipping(discordance: float) -> Rates:
    """A population whose answers flip on a share `discordance` of the items, as often to right as to wrong."""
    count = 20_000
    moved = round(count * discordance / 2)
    baseline = np.repeat([1.0, 0.0, 1.0], [moved, moved, count - 2 * moved])
    candidate = np.repeat([0.0, 1.0, 1.0], [moved, moved, count - 2 * moved])
    return baseline, candidate
