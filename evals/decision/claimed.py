"""The bounds that may be claimed of one format beside others: those that go with Holm's step-down over them."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

from quantgate.evals.decision.bounds import Bounds
from quantgate.evals.decision.measured import Measured
from quantgate.evals.decision.standing import Standing, standings
from quantgate.evals.settings.requirements import Requirement
from quantgate.evals.stats.families import Step


def claimed(
    measured: Measured,
    bounds_at: Callable[[float], Bounds],
    passed: Step,
    fallen: Step,
    shared: float,
    *,
    all_passed: bool,
    all_fallen: bool,
) -> Bounds:
    """One format's bounds, by the steps at which it passed or fell or was left; see `evals.stats.families`.

    Of one that passed no more is claimed than that its bounds lie within the margin, and likewise of one that fell; but
    where all have alike, the level `shared` that all have can be spent once more. What the margin says nothing of, the
    difference beside a recovery, is bounded at that level.
    """
    bounds, margin = bounds_at(shared), measured.margin
    for place in range(len(standings(bounds, margin))):

        def at(level: float, place: int = place) -> Standing:
            return standings(bounds_at(level), margin)[place]

        lower = _lower(measured, at, passed, shared if all_passed else None)
        upper = _upper(measured, at, passed, fallen, shared if all_fallen else None)
        if place == 0 and margin.points is not None:
            bounds = replace(bounds, lower=lower, upper=upper)
        elif (kl := bounds.kl_bounds) is not None:
            bounds = replace(bounds, kl_bounds=replace(kl, lower=-upper, upper=-lower))
        elif (ratio := bounds.recovery_bounds) is not None:
            above = None if math.isinf(upper) else upper
            bounds = replace(bounds, recovery_bounds=replace(ratio, lower=lower, upper=above))
    return bounds


At = Callable[[float], Standing]


def _level(measured: Measured, step: Step) -> float:
    return measured.alpha / step.share


def _lower(measured: Measured, at: At, passed: Step, all_at: float | None) -> float:
    """The lower bound; `all_at` is the level that all have alike where all pass, `None` where not all do."""
    own = at(_level(measured, passed))
    if not passed.rejected:
        return own.lower
    within = math.nextafter(own.least, math.inf)
    return within if all_at is None else max(within, at(all_at).lower)


def _upper(measured: Measured, at: At, passed: Step, fallen: Step, all_at: float | None) -> float:
    """The upper bound of the step-down for regressions; where equivalence is asked, in line with that for passes."""
    own = at(_level(measured, fallen))
    if fallen.rejected and own.worse:
        beyond = math.nextafter(own.least, -math.inf)
        return beyond if all_at is None else min(beyond, at(all_at).upper)
    if measured.require is Requirement.NON_INFERIOR:
        return own.upper
    if passed.rejected:
        return min(own.upper, math.nextafter(own.most, 0.0))
    return max(own.upper, at(_level(measured, passed)).upper)
