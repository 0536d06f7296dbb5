"""The bounds that are held at one look."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from typing import TypeAlias

from quantgate.evals.decision.bounds import Bounds
from quantgate.evals.decision.recovery_bounds import RecoveryBounds
from quantgate.evals.decision.sequential.rule import Rule
from quantgate.evals.decision.standing import worse
from quantgate.evals.pairing.item_scores import ItemScores
from quantgate.evals.settings.margin import Margin
from quantgate.evals.settings.requirements import SMALLEST_ALPHA

BoundsAt: TypeAlias = Callable[[ItemScores, float], Bounds]
"""The policy's bounds of some scores, each at an error probability."""


def bounds_at(rule: Rule, bounds_of: BoundsAt, scores: ItemScores, level: float) -> Bounds:
    """The policy's bounds, each at error probability `level`; where that is less than bounds hold for, none at all."""
    if level >= SMALLEST_ALPHA * (2 if rule.margin.both else 1):
        return bounds_of(scores, level)
    why = f"at a level of {level:.2g} none is claimed" if level else "this look may pass nothing"
    return replace(unclaimed(rule, scores, f"No bound: {why}."), alpha=level)


def unclaimed(rule: Rule, scores: ItemScores, reason: str = "") -> Bounds:
    """Bounds that claim nothing."""
    ratio = None if rule.margin.recovery is None else RecoveryBounds(0.0, None)
    estimate = scores.mean(scores.differences)
    return Bounds(estimate, -1.0, 1.0, rule.alpha, "none", reason=reason, target=rule.target, recovery_bounds=ratio)


def bounds_of_look(
    rule: Rule, bounds_of: BoundsAt, place: int, scores: ItemScores, *, bets: bool, members: int = 1
) -> Bounds:
    """What look number `place`, from 0, shows.

    Both bounds are at the look's level, and show a pass or an equivalence. A regression is for the bets to show, so the
    upper bound is never below minus the margin by itself; where there are no bets it may be, at the look's level among
    so many `members` of a family.
    """
    found = bounds_at(rule, bounds_of, scores, rule.level(place, scores))
    together = f"A repeated confidence bound, at {found.alpha:.3g} here: all looks together err at most {rule.alpha:g}."
    if found.method != "none":
        found = replace(found, reason=f"{found.reason} {together}")
    if bets:
        return not_below_margin(found, rule.margin)
    level = rule.regression_level(place) / members if rule.level(place, scores) else 0.0
    above = found if level == found.alpha else bounds_at(rule, bounds_of, scores, level)
    if not worse(above, rule.margin):
        return not_below_margin(found, rule.margin)
    if above.recovery_bounds is None or found.recovery_bounds is None:
        return replace(found, upper=above.upper)
    ratio = replace(found.recovery_bounds, upper=above.recovery_bounds.upper)
    return replace(found, upper=above.upper, recovery_bounds=ratio)


def not_below_margin(bounds: Bounds, margin: Margin) -> Bounds:
    """Bounds that claim no regression."""
    if margin.points is not None:
        bounds = replace(bounds, upper=max(bounds.upper, -margin.points))
    ratio = bounds.recovery_bounds
    if margin.recovery is not None and ratio is not None and ratio.upper is not None:
        bounds = replace(bounds, recovery_bounds=replace(ratio, upper=max(ratio.upper, margin.recovery)))
    return bounds


def by_bets(bounds: Bounds, margin: Margin, held: tuple[float, float]) -> Bounds:
    """The bounds of the bets where there is no look's yet; no pass rests on them."""
    lower = held[0] if margin.points is None else min(held[0], -margin.points)
    reason = "By bets along the drawn order, which hold after every answer; no look was taken yet."
    return not_below_margin(replace(bounds, lower=lower, upper=held[1], method="betting", reason=reason), margin)


def regressed(bounds: Bounds, margin: Margin, held: tuple[float, float]) -> Bounds:
    """Bounds that claim a regression that the bets have shown in points, in recovery, or in both."""
    lower, upper = held
    reason = "Shown by bets along the drawn order, which hold after every answer."
    bounds = replace(bounds, method="betting", reason=reason)
    ratio, least = bounds.recovery_bounds, margin.recovery
    if margin.points is not None and upper < -margin.points:
        return replace(bounds, lower=min(lower, upper), upper=upper)
    if ratio is None or least is None:
        below = math.nextafter(-(margin.points or 0.0), -1.0)
        return replace(bounds, lower=min(lower, below), upper=below)
    below = math.nextafter(least, 0.0)
    return replace(bounds, recovery_bounds=replace(ratio, lower=min(ratio.lower, below), upper=below))


def around(bounds: Bounds, scores: ItemScores) -> Bounds:
    """Bounds of an earlier look beside the estimate of all that counts; they hold as well where they are wider."""
    estimate = scores.mean(scores.differences)
    lower, upper = min(bounds.lower, estimate), max(bounds.upper, estimate)
    return replace(bounds, estimate=estimate, lower=lower, upper=upper)
