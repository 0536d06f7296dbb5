"""Plans of unlike repeats and of a benchmark's very items: judged by simulating the bound that decides on them."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from quantgate.evals.stats.bayesian.stratified import DRAWS
from quantgate.evals.stats.bayesian.unseen_item import pvalue_of
from quantgate.evals.stats.benchmark.bounds import Block, benchmark_pvalue, units_of
from quantgate.evals.stats.checks import FloatArray, check_alpha, check_asked, check_margin
from quantgate.evals.stats.planning.population import Population
from quantgate.evals.stats.planning.simulation import PlannedRepeats, SimulatedPower, solve_rates
from quantgate.evals.stats.planning.strata import macro_power
from quantgate.evals.stats.strata import Stratum

RUNS = 600
_DRAWS = 4000
# What the formula calls farther away from the target than this is not simulated.
_TRUST = 0.1

Repeats = tuple[int, int]
"""Answers of the baseline and of the candidate to each item."""


def power_of_split(
    population: Population, repeats: Repeats, margin: float, *, alpha: float = 0.05, runs: int = RUNS, seed: int = 1
) -> SimulatedPower:
    """Probability that builds without a true difference pass with so many answers of either to each item.

    Each run draws items, and independent 0/1 answers to each, for the bound that decides. Of a benchmark's very items
    the difference that they have is no chance: the margin is counted from it.

    Parameters
    ----------
    population
        Items, weights and variances, one stratum or more.
    repeats
        Answers of the baseline and of the candidate.
    margin
        Largest tolerated loss, less the true one, in (0, 1).
    alpha
        One-sided error probability.
    runs, seed
        Simulated comparisons; equal seeds give equal results.

    Raises
    ------
    ValueError
        An argument out of its range.
    """
    check_margin(margin)
    check_alpha(alpha)
    for size in population.sizes:
        check_asked(size, min(repeats))
    rng = np.random.default_rng(seed)
    level = alpha
    if len(population.sizes) > 1:
        level += math.sqrt(alpha * (1 - alpha)) * (1 / math.sqrt(_DRAWS) - 1 / math.sqrt(DRAWS))
    rates = [solve_rates(*variances) for variances in zip(population.between, population.within, strict=True)]
    decide = _on_these if population.benchmark else _over_items
    passed = 0
    for _ in range(runs):
        drawn = []
        for (ours, theirs), size in zip(rates, population.sizes, strict=True):
            items = rng.integers(len(ours), size=size)
            drawn.append((ours[items], theirs[items]))
        answers = [
            tuple(_answers(rng, rate, count) for rate, count in zip(pair, repeats, strict=True)) for pair in drawn
        ]
        truth = sum(
            share * float((theirs - ours).mean())
            for share, (ours, theirs) in zip(population.shares, drawn, strict=True)
        )
        passed += decide(population, answers, margin, truth) < level
    power = passed / runs
    return SimulatedPower(power, math.sqrt(power * (1 - power) / runs), runs)


def fewest_repeats(
    population: Population,
    margin: float,
    *,
    baseline: int | None = None,
    alpha: float = 0.05,
    power: float = 0.8,
    least: int = 1,
    largest: int = 64,
) -> PlannedRepeats | None:
    """Fewest answers of the candidate whose simulated power reaches `power`; None if not `largest`.

    The baseline has `baseline` answers to each item, or as many as the candidate where that is not given. The search
    begins where a formula says, and goes on until the simulation comes within a standard error of the target.
    """

    def repeats(count: int) -> Repeats:
        return (count if baseline is None else baseline, count)

    def enough(found: SimulatedPower) -> bool:
        return found.power >= power - found.standard_error

    def simulated(count: int) -> SimulatedPower:
        return power_of_split(population, repeats(count), margin, alpha=alpha)

    def hoped(count: int) -> float:
        return _by_formula(population, repeats(count), margin, alpha)

    if largest < least or hoped(largest) < power - _TRUST:
        return None
    count = next((known for known in range(least, largest) if hoped(known) >= power), largest)
    found = simulated(count)
    while count > least and enough(found) and enough(fewer := simulated(count - 1)):
        count, found = count - 1, fewer
    while not enough(found):
        if count == largest:
            return None
        count += max(1, count // 8)
        count = min(count, largest)
        found = simulated(count)
    return PlannedRepeats(count, found)


def _by_formula(population: Population, repeats: Repeats, margin: float, alpha: float) -> float:
    noise = (1 / repeats[0] + 1 / repeats[1]) / 2
    pairs = [min(repeats) if population.benchmark and not once else 1 for once in population.counted_once]
    variances = [
        between + count * within * noise
        for between, within, count in zip(population.between, population.within, pairs, strict=True)
    ]
    sizes = [size * count for size, count in zip(population.sizes, pairs, strict=True)]
    return macro_power(sizes, variances, margin, alpha=alpha, weights=population.weights)


def _answers(rng: np.random.Generator, rates: FloatArray, count: int) -> FloatArray:
    return np.asarray(rng.random((len(rates), count)) < rates[:, None], dtype=np.float64)


def _on_these(population: Population, answers: Sequence[tuple[FloatArray, ...]], margin: float, truth: float) -> float:
    null = max(truth - margin, -1 + 1e-9)
    if len(answers) == 1:
        return benchmark_pvalue(answers[0][0], answers[0][1], null)
    blocks = [
        Block(ours.mean(axis=1, keepdims=True), theirs.mean(axis=1, keepdims=True)) if once else Block(ours, theirs)
        for (ours, theirs), once in zip(answers, population.counted_once, strict=True)
    ]
    names = [str(place) for place, block in enumerate(blocks) for _ in block.baseline]
    weights = {str(place): weight for place, weight in enumerate(population.weights)}
    return pvalue_of(units_of(blocks, names, weights), null, _DRAWS)


def _over_items(
    population: Population, answers: Sequence[tuple[FloatArray, ...]], margin: float, truth: float
) -> float:
    if len(answers) == 1 and answers[0][0].shape[1] == answers[0][1].shape[1] == 1:
        return benchmark_pvalue(answers[0][0], answers[0][1], -margin)
    strata = [
        Stratum(share, np.sort(theirs.mean(axis=1) - ours.mean(axis=1)), np.ones(len(ours)))
        for share, (ours, theirs) in zip(population.shares, answers, strict=True)
    ]
    return pvalue_of(strata, -margin, _DRAWS)
