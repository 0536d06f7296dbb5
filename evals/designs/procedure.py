"""The whole procedure on simulated single answers: looks, bets at every answer, futility; how it ends, and when."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from quantgate.evals.contract.design import Design
from quantgate.evals.designs.futility import outlooks, places
from quantgate.evals.stats.checks import BoolArray, FloatArray, IntArray, check_truth
from quantgate.evals.stats.sequential.betting import log_wealth_of_counts
from quantgate.evals.stats.sequential.ordering import most_losses_passing

_TOGETHER = 1_000_000
"""Items that are simulated at a time, for the memory's sake."""


@dataclass(frozen=True, slots=True)
class Course:
    """How simulated checks end: shares of them, and items asked of either build, or answers to each item.

    `asked` has the mean, `median` and `most` the fifth and the ninth tenth of the items of a check; where items are
    answered several times, of the answers to one build. `runs` checks were simulated.
    """

    passed: float
    regressed: float
    mean: float
    median: float
    most: float
    runs: int

    @property
    def inconclusive(self) -> float:
        """The share of the others."""
        return max(1 - self.passed - self.regressed, 0.0)


@dataclass(frozen=True, eq=False)
class Ends:
    """When each of the runs would pass, be shown to be worse, and be given up; beyond the full size for never."""

    passes: FloatArray
    regresses: FloatArray
    hopeless: FloatArray

    def course(self, size: int) -> Course:
        """What comes first decides; a regression before a pass and a pass before giving up where they come together."""
        asked = np.minimum(np.minimum(self.passes, self.regresses), np.minimum(self.hopeless, size))
        regressed = self.regresses <= np.minimum(asked, size)
        passed = (self.passes <= np.minimum(asked, size)) & ~regressed
        median, most = np.quantile(asked, [0.5, 0.9])
        return Course(
            float(passed.mean()),
            float(regressed.mean()),
            float(asked.mean()),
            float(median),
            float(most),
            len(asked),
        )


def simulated_course(
    design: Design, discordance: float, difference: float = 0.0, *, runs: int = 2000, seed: int = 0
) -> Course:
    """How checks of single 0/1 answers end where so many items flip and the candidate differs by so much.

    Items are drawn one by one. A look passes where the exact test does at the look's level.

    Parameters
    ----------
    design
        With a margin in points, and one answer to each item.
    discordance, difference
        True share of items that flip, and true candidate - baseline, fractions.
    runs
        Simulated checks.
    seed
        Of the random generator; equal seeds give equal results.

    Raises
    ------
    ValueError
        A truth that cannot be, or a design that is none of single answers.
    """
    check_truth(design.items, design.margin or 0.0, discordance, difference)
    if design.margin is None or design.repeats != 1:
        raise ValueError("the design is not one of single answers with a margin in points")
    rng = np.random.default_rng(seed)
    step = max(_TOGETHER // design.items, 1)
    parts = [_ends(design, rng, min(step, runs - start), discordance, difference) for start in range(0, runs, step)]
    return Ends(
        np.concatenate([part.passes for part in parts]),
        np.concatenate([part.regresses for part in parts]),
        np.concatenate([part.hopeless for part in parts]),
    ).course(design.items)


def _ends(design: Design, rng: np.random.Generator, runs: int, discordance: float, difference: float) -> Ends:
    loss = (discordance - difference) / 2
    draws = rng.random((runs, design.items))
    lost, won = draws < loss, (draws >= loss) & (draws < discordance)
    losses, gains = lost.cumsum(axis=1, dtype=np.int64), won.cumsum(axis=1, dtype=np.int64)
    passes, hopeless = np.full(runs, np.inf), np.full(runs, np.inf)
    for place, look in enumerate(design.looks):
        at = losses[:, look.items - 1], gains[:, look.items - 1]
        passed = _passes(design, place, *at)
        passes[passed & (passes > look.items)] = look.items
    for items in places(design) if design.futility else ():
        given_up = _hopeless(design, items, losses[:, items - 1], gains[:, items - 1])
        hopeless[given_up & (hopeless > items)] = items
    return Ends(passes, _first_regressions(design, lost, losses, gains), hopeless)


def _passes(design: Design, place: int, losses: IntArray, gains: IntArray) -> BoolArray:
    look = design.looks[place]
    level = design.share(place) if look.level is None else look.level
    if level <= 0 or design.margin is None:
        return np.zeros(len(losses), dtype=bool)
    return np.asarray(losses <= most_losses_passing(look.items, design.margin, level)[gains])


def _hopeless(design: Design, items: int, losses: IntArray, gains: IntArray) -> BoolArray:
    passes, regressions = outlooks(design, losses, gains, items)
    return np.asarray((passes < design.futility) & (regressions < design.futility))


def _first_regressions(design: Design, lost: BoolArray, losses: IntArray, gains: IntArray) -> FloatArray:
    """After how many items the bets have 1 / alpha: only a loss makes them richer, so only losses are looked at."""
    run, item = np.nonzero(lost)
    wealth = log_wealth_of_counts(losses[run, item], gains[run, item], item + 1, -(design.margin or 0.0))
    reached = wealth >= -math.log(design.regression_alpha)
    first = np.full(len(lost), np.inf)
    np.minimum.at(first, run[reached], item[reached] + 1.0)
    return first
