"""What a design is expected to ask, of builds without a loss and of such as have lost half a margin or more."""

from __future__ import annotations

from dataclasses import dataclass

from quantgate.evals.contract.design import Design
from quantgate.evals.designs.means import simulated_course_of_means
from quantgate.evals.designs.procedure import Course, simulated_course
from quantgate.evals.stats.planning.splits import Population

LOSSES = (0.0, 0.5, 1.0, 2.0)
"""True losses, in margins."""
_RUNS = 2000
# Of repeats and strata, answers simulated at a time: a quarter of a second each.
_ANSWERS = 400_000
_FEWEST, _MOST = 60, 300


@dataclass(frozen=True, slots=True)
class Expected:
    """How checks end that are looked at on the way, at a true loss, a fraction."""

    loss: float
    course: Course


def expected(design: Design, population: Population, *, exact: bool, seed: int = 0) -> tuple[Expected, ...]:
    """How checks by a design end at each of `LOSSES`, by simulation; equal arguments give equal figures.

    Parameters
    ----------
    design
        With a margin in points.
    population
        What the builds are taken to be; its strata sum to the design's items. Their flips are at least as many as a
        true loss takes.
    exact
        Whether single 0/1 answers of one pool decide; else means of repeats, or strata.
    seed
        Of the random generator.

    Raises
    ------
    ValueError
        As the simulations.
    """
    margin = design.margin or 0.0
    found = []
    for loss in (part * margin for part in LOSSES):
        if exact:
            psi = max(population.between[0] + population.within[0], loss)
            course = simulated_course(design, psi, -loss, runs=_RUNS, seed=seed)
        else:
            runs = min(max(_ANSWERS // (design.items * len(design.looks)), _FEWEST), _MOST)
            course = simulated_course_of_means(design, population, -min(loss, 0.5), runs=runs, seed=seed)
        found.append(Expected(loss, course))
    return tuple(found)
