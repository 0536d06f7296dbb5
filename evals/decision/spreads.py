"""Measures where the variance of a task's differences comes from, stratum by stratum, in the unit that decides."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from quantgate.evals.decision.measured import Spread
from quantgate.evals.pairing.item_scores import ItemScores
from quantgate.evals.pairing.pairs import TaskPairs
from quantgate.evals.stats.checks import FloatArray
from quantgate.evals.stats.describe.repeats import item_differences, row_means


def spreads_of(pairs: TaskPairs, scores: ItemScores, recovery: float | None = None) -> tuple[Spread, ...]:
    """One for each stratum that weighs, in the order of their names.

    Where a recovery decides, the differences are from so much of the baseline's scores.

    Differences are never taken to have less variance than one answer that differs would give: few equal answers do not
    show that there is none.
    """
    share = 1.0 if recovery is None else recovery
    within = _within(pairs, len(scores.item_ids), share)
    scores = replace(scores, baseline=share * scores.baseline)
    asked = pairs.asked["baseline"], pairs.asked["candidate"]
    if scores.strata is None:
        return (_spread(scores, within, asked),)
    names = np.array(scores.strata)
    return tuple(
        _spread(scores.of(names == name), within[:, names == name], asked) for name in sorted(set(scores.strata))
    )


def _within(pairs: TaskPairs, items: int, share: float) -> FloatArray:
    """The variance of one answer of either build to each item, shape (2, items); 0 where both were asked once."""
    if pairs.most_repeats < 2:
        return np.zeros((2, items))
    baseline, candidate = (
        row_means(scores) for scores in (share * pairs.filled("baseline"), pairs.filled("candidate"))
    )
    both = item_differences(baseline, candidate, alike=True).within
    ours = both / 2 if min(pairs.asked.values()) < 2 else baseline.within
    return np.stack([ours, both - ours])


def _spread(scores: ItemScores, within: FloatArray, asked: tuple[int, int]) -> Spread:
    """The differences of units from the mean, each in proportion to its items, as the mean's variance has them."""
    items = len(scores.item_ids)
    place = np.arange(items) if scores.clusters is None else np.unique(scores.clusters, return_inverse=True)[1]
    sizes = np.bincount(place)
    units, mean = len(sizes), items / len(sizes)
    away = np.bincount(place, scores.differences - scores.differences.mean()) / mean
    noise = np.stack([np.bincount(place, each) for each in within]) / mean**2
    squares = away**2 * (units / max(units - 1, 1)) - (noise[0] / asked[0] + noise[1] / asked[1])
    least = 1 / (min(asked) ** 2 * units)
    return Spread(
        units=units,
        largest=float(sizes.max()) / mean,
        between=max(float(squares.mean()), 0.0 if noise.any() else least),
        error=float(squares.std()) / units**0.5,
        within=float(noise.sum(axis=0).mean()),
        of_baseline=float(noise[0].mean()),
    )
