"""The bounds that decide a task, by its policy."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from quantgate.evals.decision.agreeing import fidelity_bounds
from quantgate.evals.decision.bounds import Bounds
from quantgate.evals.decision.recovering import with_recovery
from quantgate.evals.pairing.item_scores import ItemScores
from quantgate.evals.settings.policy import TaskPolicy
from quantgate.evals.settings.requirements import DecidingMethod, Target
from quantgate.evals.stats.benchmark.bounds import Block, bounds_of_blocks
from quantgate.evals.stats.bootstrap.bounds import bootstrap_bounds
from quantgate.evals.stats.bootstrap.setting import Bootstrap
from quantgate.evals.stats.bounds import paired_bounds
from quantgate.evals.stats.results import PairedBounds


def bounds_of(scores: ItemScores, policy: TaskPolicy, alpha: float) -> Bounds:
    """The bounds that decide, each at error probability `alpha`, which a family makes smaller than the policy's.

    What is missing counts against the candidate in the lower, for it in the upper one. Where the policy chooses a
    bootstrap and there is none, since no two items differ, the bound that holds stands in.
    """
    if scores.divergences is not None:
        return fidelity_bounds(scores, scores.divergences, policy.margin, alpha)
    if policy.method is not DecidingMethod.AUTO and policy.target is Target.QUESTIONS:
        return _by_bootstrap(scores, Bootstrap(policy.method), _over_items(scores, alpha))
    bounds = _of_difference(scores, policy, alpha)
    if policy.margin.recovery is None:
        return bounds
    return with_recovery(bounds, scores, policy.margin, lambda level: _of_difference(scores, policy, level))


def _of_difference(scores: ItemScores, policy: TaskPolicy, alpha: float) -> Bounds:
    found = _on_these(scores, alpha) if policy.target is Target.BENCHMARK else _over_items(scores, alpha)
    return Bounds(
        found.estimate,
        found.lower,
        found.upper,
        alpha,
        found.method,
        found.missing,
        found.clusters,
        found.reason,
        policy.target,
    )


def _over_items(scores: ItemScores, alpha: float) -> PairedBounds:
    return paired_bounds(
        scores.differences,
        highest=scores.highest,
        alpha=alpha,
        strata=scores.strata,
        weights=scores.weights,
        clusters=scores.clusters,
        method="auto" if scores.single_answers else "bayesian",
    )


def _on_these(scores: ItemScores, alpha: float) -> PairedBounds:
    """For these very items: pairs of answers are the unit. Items that are alike are none the less these ones.

    Repeats that are one answer over and over count once.
    """
    repeated = [each for each in scores.answers if each.repeated]
    if any(not each.one for each in repeated):
        blocks = [Block(each.baseline, each.candidate, bool(each.one)) for each in scores.answers]
        found = bounds_of_blocks(blocks, alpha=alpha, strata=scores.strata, weights=scores.weights)
    else:
        found = _over_items(replace(scores, clusters=None), alpha)
    return replace(found, reason=" ".join([found.reason, *_counted_once(scores)]))


def _counted_once(scores: ItemScores) -> list[str]:
    """Of which items repeats are one answer over and over, and why: of all, or of some tasks of several."""
    items: Counter[str] = Counter()
    for each in scores.answers:
        if each.repeated and each.one:
            items[each.one] += len(each.baseline)
    return [
        f"{'Each item' if count == len(scores.item_ids) else f'Each of {count:,} items'} counts once: {why}."
        for why, count in items.items()
    ]


def _by_bootstrap(scores: ItemScores, method: Bootstrap, holds: PairedBounds) -> Bounds:
    """The bootstrap's bounds over items, or clusters of them."""
    chosen = bootstrap_bounds(
        scores.differences,
        scores.highest,
        method,
        alpha=holds.alpha,
        strata=scores.strata,
        weights=scores.weights,
        clusters=scores.clusters,
    )
    lacks = chosen.lower is None or chosen.upper is None
    why = (
        "where no two of them differ it has no bound, and the one that holds stands in"
        if lacks
        else "the policy asks for it"
    )
    return Bounds(
        holds.estimate,
        holds.lower if chosen.lower is None else chosen.lower,
        holds.upper if chosen.upper is None else chosen.upper,
        holds.alpha,
        method.value,
        holds.missing,
        holds.clusters,
        f"{chosen.reason}: {why}.",
        holds=holds.method,
    )
