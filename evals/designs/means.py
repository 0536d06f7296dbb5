"""The whole procedure simulated where items are answered several times, or strata weigh."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from quantgate.evals.contract.design import Design
from quantgate.evals.designs.futility import levels_of_means, outlook_of_means
from quantgate.evals.designs.procedure import Course, Ends
from quantgate.evals.stats.checks import FloatArray, IntArray
from quantgate.evals.stats.planning.population import Population
from quantgate.evals.stats.planning.simulation import solve_rates
from quantgate.evals.stats.planning.strata import bound_tail
from quantgate.evals.stats.sequential.betting import log_wealths
from quantgate.evals.stats.sequential.blocks import Blocks
from quantgate.evals.stats.sequential.regression import FIRST_ANSWERS


@dataclass(frozen=True, eq=False)
class _Field:
    """What all simulated checks have in common: the items in the drawn order, and what each counts for."""

    strata: IntArray
    weights: FloatArray
    rates: tuple[tuple[FloatArray, FloatArray], ...]
    blocks: Blocks | None


def simulated_course_of_means(
    design: Design,
    population: Population,
    difference: float = 0.0,
    *,
    union: bool = False,
    runs: int = 200,
    seed: int = 0,
) -> Course:
    """How checks end where items are drawn from strata and each is answered as often as the design says.

    Solve rates are those of `evals.stats.planning.simulation.solve_rates`, of which the candidate's are less by the
    same factor throughout. A look passes where the bound does as `evals.stats.planning.strata.macro_power` has it, from
    the variance that was seen. What was asked is counted in answers of one build.

    Parameters
    ----------
    design
        Its looks are held at `evals.designs.futility.levels_of_means`.
    population
        Strata, whose sizes sum to the design's items.
    difference
        True candidate - baseline, from -0.5 to 0.
    union
        Each look has its own part of alpha, as where an exact test decides that is not the one of the design.
    runs
        Simulated checks.
    seed
        Of the random generator; equal seeds give equal results.

    Raises
    ------
    ValueError
        A difference out of its range, sizes that do not fit, or a design without a margin.
    """
    if design.margin is None or sum(population.sizes) != design.items:
        raise ValueError("the design has no margin in points, or other items than the population")
    if not -0.5 <= difference <= 0:
        raise ValueError(f"difference must lie between -0.5 and 0, got {difference}")
    rng = np.random.default_rng(seed)
    field = _field(population, difference)
    levels = levels_of_means(design)
    if union:
        levels = tuple(design.share(place) for place in range(len(design.looks)))
    ends = np.array([_end(design, levels, field, rng) for _ in range(runs)]).reshape(runs, 3)
    return Ends(ends[:, 0], ends[:, 1], ends[:, 2]).course(design.items * design.repeats)


def _field(population: Population, difference: float) -> _Field:
    rates = []
    for variances in zip(population.between, population.within, strict=True):
        first, second = solve_rates(*variances)
        rates.append((first, second * (1 + difference / second.mean())))
    ranks = np.concatenate([(np.arange(size) + 0.5) / size for size in population.sizes])
    strata = np.repeat(np.arange(len(population.sizes)), population.sizes)[np.argsort(ranks, kind="stable")]
    blocks = None
    if len(population.sizes) > 1:
        weights = {str(place): share for place, share in enumerate(population.shares)}
        blocks = Blocks.of([str(place) for place in strata], weights)
    return _Field(strata, np.array(population.shares), tuple(rates), blocks)


def _end(
    design: Design, levels: tuple[float, ...], field: _Field, rng: np.random.Generator
) -> tuple[float, float, float]:
    """After how many answers of one build a check passes, shows a regression, and is given up."""
    margin = design.margin or 0.0
    ours, theirs = np.empty(design.items), np.empty(design.items)
    for place, (first, second) in enumerate(field.rates):
        of_stratum = np.flatnonzero(field.strata == place)
        drawn = rng.integers(len(first), size=len(of_stratum))
        ours[of_stratum], theirs[of_stratum] = first[drawn], second[drawn]
    right = np.stack([rng.binomial(1, ours), rng.binomial(1, theirs)])
    share = FIRST_ANSWERS if design.repeats > 1 else 1.0
    regresses = _first_regression(design.regression_alpha * share, field, right[1] - right[0], margin)
    passes = hopeless = math.inf
    answered = 1
    for place, look in enumerate(design.looks):
        asked = float(look.items * look.repeats)
        if min(passes, regresses, hopeless) < asked:
            break
        more = look.repeats - answered
        if more:
            right = right + np.stack([rng.binomial(more, ours), rng.binomial(more, theirs)])
            answered = look.repeats
        change = (right[1] - right[0]) / answered
        after = _wealth(field, change, -margin)[0][-1] if answered > 1 else 0.0
        if answered > 1 and after >= -math.log(design.regression_alpha * (1 - share)):
            regresses = min(regresses, asked)
        seen = _Seen.of(field, change[: look.items], right[:, : look.items] / answered, answered)
        if (level := levels[place]) > 0 and seen.pvalue(margin) < level:
            passes = min(passes, asked)
        elif design.futility and look != design.looks[-1] and seen.hopeless(design, look.items, answered):
            hopeless = min(hopeless, asked)
    return passes, regresses, hopeless


def _first_regression(alpha: float, field: _Field, change: IntArray, margin: float) -> float:
    """After how many first answers the bets on them have 1 / alpha."""
    wealth, whole = _wealth(field, change.astype(np.float64), -margin)
    won = np.flatnonzero(wealth >= -math.log(alpha))
    return float(whole[won[0]]) if won.size else math.inf


def _wealth(field: _Field, change: FloatArray, null: float) -> tuple[FloatArray, IntArray]:
    """The logarithms of the wealth that counts, and after how many items each of them is there."""
    if field.blocks is None:
        return log_wealths(change, null), np.arange(1, len(change) + 1)
    values, stakes, ends = field.blocks.arranged(change)
    return log_wealths(values, null, stakes=stakes)[ends - 1], field.blocks.whole


@dataclass(frozen=True, slots=True)
class _Seen:
    """What one look sees: the mean, its variance in parts, and the weight of the worst-case item."""

    estimate: float
    variance: float
    within: float
    unseen: float

    @classmethod
    def of(cls, field: _Field, change: FloatArray, rates: FloatArray, answered: int) -> _Seen:
        strata = field.strata[: len(change)]
        sizes = np.maximum(np.bincount(strata, minlength=len(field.weights)), 1)

        def mean(values: FloatArray) -> FloatArray:
            return np.asarray(np.bincount(strata, values, len(field.weights)) / sizes)

        means = mean(change)
        variances = mean(change**2) - means**2
        noise = (rates * (1 - rates)).sum(axis=0) * answered / max(answered - 1, 1) if answered > 1 else change * 0
        parts = np.minimum(mean(noise), variances * answered) if answered > 1 else variances
        return cls(
            float(field.weights @ means),
            float(field.weights**2 @ (variances / sizes)),
            float(field.weights**2 @ (parts / sizes)),
            float((field.weights / (sizes + 1)).max()),
        )

    def pvalue(self, margin: float) -> float:
        room = self.estimate + margin
        return float(bound_tail(room, math.sqrt(self.variance), self.unseen)) if room > 0 else 1.0

    def hopeless(self, design: Design, items: int, answered: int) -> bool:
        within = self.within * items
        between = max(self.variance * items - within / answered, 0.0)
        found = outlook_of_means(
            design, self.estimate, items, answered, between=between, within=within, unseen=self.unseen * (items + 1)
        )
        return found.hopeless(design.futility)
