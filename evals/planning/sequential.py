"""What a plan takes where a check stops as soon as its verdict is certain."""

from __future__ import annotations

from dataclasses import replace

from quantgate.evals.designs.expected import Expected, expected
from quantgate.evals.designs.planned import planned_design
from quantgate.evals.planning.plan import on_these, population_of, relative
from quantgate.evals.planning.types import Aim, Assumptions, Ending, MarginRow, Plan, Sequential
from quantgate.evals.runs.draw import ORDER
from quantgate.evals.stats.planning.splits import Population


def looked_at(plan: Plan) -> Plan:
    """The plan, each of whose rows says what it takes where it may stop early.

    Not so where it is out of reach, where the builds are asked unlike often or pairs of answers are the unit, and for
    the mean over a suite, whose tasks are what is stopped.
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
    found = expected(design, _asked(population_of(assumed, aim), row.ask), exact=exact)
    return Sequential(
        tuple((look.items, look.repeats) for look in design.looks),
        found[0].course.runs,
        tuple(_ending(each) for each in found),
    )


def _asked(population: Population, items: int) -> Population:
    """So many of its items, in the proportion of the strata."""
    total, sizes, left = sum(population.sizes), [], items
    for size in population.sizes:
        part = round(left * size / total)
        sizes.append(part)
        left, total = left - part, total - size
    return replace(population, sizes=tuple(sizes))


def _ending(found: Expected) -> Ending:
    course = found.course
    return Ending(
        found.loss,
        course.passed,
        course.regressed,
        course.inconclusive,
        2 * course.mean,
        2 * course.most,
    )
