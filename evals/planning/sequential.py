"""What a plan takes where a check stops as soon as its verdict is certain."""

from __future__ import annotations

from dataclasses import replace

from quantgate.evals.contract.design import Design
from quantgate.evals.designs.means import simulated_course_of_means
from quantgate.evals.designs.planned import planned_design
from quantgate.evals.designs.procedure import Course, simulated_course
from quantgate.evals.planning.population import on_these, population_of, relative
from quantgate.evals.planning.types import Aim, Assumptions, Ending, MarginRow, Plan, Sequential
from quantgate.evals.runs.draw import ORDER
from quantgate.evals.stats.planning.population import Population

LOSSES = (0.0, 0.5, 1.0, 2.0)
"""True losses at which it is said how checks end, in margins."""
_FEWEST_ONCE, _MOST_ONCE, _ITEMS = 300, 2000, 3_000_000
# Of repeats and strata so many answers are simulated at a time, in a few tenths of a second.
_ANSWERS = 400_000
_FEWEST, _MOST = 60, 300
# A loss that items with random solve rates can have throughout.
_LARGEST = 0.5


def looked_at(plan: Plan) -> Plan:
    """The plan, each of whose rows says what it takes where it may stop early.

    Not so where it is out of reach, where the builds are asked unlike often or pairs of answers are the unit, and for
    the mean over a suite, whose tasks are what is stopped. Equal plans say the same: seeds are fixed.
    """
    assumed, aim = plan.assumptions, plan.aim
    if assumed.parts or on_these(assumed, aim) or aim.baseline_repeats is not None:
        return plan
    return replace(plan, rows=tuple(replace(row, sequential=_sequential(assumed, aim, row)) for row in plan.rows))


def _sequential(assumed: Assumptions, aim: Aim, row: MarginRow) -> Sequential | None:
    if row.ask is None or row.repeats is None:
        return None
    if row.recovery is not None:
        assumed = relative(assumed, row.recovery, assumed.accuracy or 0.0)
    exact = row.repeats == 1 and len(assumed.strata) == 1 and row.recovery is None
    design = planned_design(
        row.ask, row.repeats, margin=row.margin, alpha=aim.alpha, regression_alpha=aim.alpha, order=ORDER, exact=exact
    )
    losses = [part * row.margin for part in LOSSES]
    if exact:
        # So many items flip at least as a true loss takes.
        runs = min(max(_ITEMS // row.ask, _FEWEST_ONCE), _MOST_ONCE)
        courses = [
            simulated_course(design, max(assumed.discordance, loss), -loss, runs=runs) for loss in losses if loss <= 1
        ]
    else:
        union = row.repeats == 1 and len(assumed.strata) == 1
        courses = _courses_of_means(design, _asked(population_of(assumed, aim), row.ask), losses, union)
    endings = tuple(_ending(loss, course) for loss, course in zip(losses, courses, strict=False))
    return Sequential(tuple((look.items, look.repeats) for look in design.looks), courses[0].runs, endings)


def _courses_of_means(design: Design, population: Population, losses: list[float], union: bool) -> list[Course]:
    runs = min(max(_ANSWERS // (design.items * len(design.looks)), _FEWEST), _MOST)
    return [
        simulated_course_of_means(design, population, -min(loss, _LARGEST), union=union, runs=runs) for loss in losses
    ]


def _asked(population: Population, items: int) -> Population:
    """So many of its items, in the proportion of the strata."""
    total, left = sum(population.sizes), items
    sizes = []
    for size in population.sizes:
        sizes.append(round(left * size / total))
        left, total = left - sizes[-1], total - size
    return replace(population, sizes=tuple(sizes))


def _ending(loss: float, course: Course) -> Ending:
    return Ending(loss, course.passed, course.regressed, course.inconclusive, 2 * course.mean, 2 * course.most)
