"""Adds the bounds of recovery to those of the difference, where the margin asks for a recovery."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from quantgate.evals.decision.bounds import Bounds
from quantgate.evals.decision.recovery_bounds import RecoveryBounds
from quantgate.evals.pairing.item_scores import ItemScores
from quantgate.evals.settings.margin import Margin
from quantgate.evals.settings.requirements import SMALLEST_ALPHA
from quantgate.evals.stats.ratio.bounds import RatioBounds, Scores, ratio_bounds


def with_recovery(bounds: Bounds, scores: ItemScores, margin: Margin, again: Callable[[float], Bounds]) -> Bounds:
    """The bounds with those of candidate / baseline.

    A pass must be shown in all that the margin says, so each lower bound has the whole alpha. A regression in points or
    in recovery is a search over two, so with both in the margin each upper bound has half of it: `again` gives the
    bounds of the difference at that level. Where that is less than bounds hold for, no upper bound is claimed.
    """
    if not margin.both:
        return _with(bounds, _bounds(scores, bounds.alpha, bounds.alpha), _ALONE)
    half = bounds.alpha / 2
    if half < SMALLEST_ALPHA:
        unbounded = replace(_bounds(scores, bounds.alpha, bounds.alpha), upper=None)
        return _with(replace(bounds, upper=1.0), unbounded, _BESIDE)
    return _with(replace(bounds, upper=again(half).upper), _bounds(scores, bounds.alpha, half), _BESIDE)


_HOW = {
    "exact": "Recovery: exact test of the ratio, given the items that some build has right.",
    "bayesian": "Recovery: Gaffke's bound on candidate - recovery x baseline, item by item.",
}
_ALONE = "It decides; the difference in points is told beside it."
_BESIDE = "Points and recovery must both be shown, and each upper bound is at half of alpha."


def _with(bounds: Bounds, found: RatioBounds, said: str) -> Bounds:
    told = RecoveryBounds(found.lower, found.upper, found.method, found.missing)
    return replace(bounds, recovery_bounds=told, reason=f"{bounds.reason} {_HOW[found.method]} {said}")


def _bounds(scores: ItemScores, alpha: float, alpha_above: float) -> RatioBounds:
    return ratio_bounds(
        Scores(scores.baseline, scores.candidate),
        alpha=alpha,
        strata=scores.strata,
        weights=scores.weights,
        clusters=scores.clusters,
        single_answers=scores.single_answers,
        highest=Scores(scores.lowest_baseline, scores.highest_candidate),
        alpha_above=alpha_above,
    )
