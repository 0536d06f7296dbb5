"""The bounds that decide a task, by its policy."""

from __future__ import annotations

from quantgate.evals.decision.measured import Bounds
from quantgate.evals.pairing.item_scores import ItemScores
from quantgate.evals.settings.policy import TaskPolicy
from quantgate.evals.stats.bounds import paired_bounds


def bounds_of(scores: ItemScores, policy: TaskPolicy, alpha: float) -> Bounds:
    """The bounds that decide, each at error probability `alpha`, which a family makes smaller than the policy's.

    What is missing counts against the candidate in the lower, for it in the upper one.
    """
    found = paired_bounds(
        scores.differences,
        highest=scores.highest,
        alpha=alpha,
        strata=scores.strata,
        weights=scores.weights,
        clusters=scores.clusters,
        method="auto" if scores.single_answers else "bayesian",
    )
    return Bounds(
        found.estimate, found.lower, found.upper, alpha, found.method, found.missing, found.clusters, found.reason
    )
