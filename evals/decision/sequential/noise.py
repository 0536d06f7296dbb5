"""How the mean difference of scores varies: by which items were drawn, and by the noise of their answers."""

from __future__ import annotations

import numpy as np

from quantgate.evals.pairing.item_scores import ItemScores
from quantgate.evals.stats.checks import FloatArray
from quantgate.evals.stats.strata import split_strata


def variances(scores: ItemScores, recovery: float, repeats: int) -> tuple[float, float]:
    """The variance between items of candidate - `recovery` x baseline, and that of one pair of answers within one.

    With n items answered k times the mean has the squared standard error (between + within / k) / n, that of a macro
    average where strata weigh, with clusters as units where there are any. Of one answer to each item nothing tells the
    two apart: all is between them.
    """
    within = _noise(scores, recovery, repeats)
    whole = len(scores.item_ids) * _error(scores, scores.candidate - recovery * scores.baseline)
    return max(whole - within / repeats, 0.0), within


def worst_item(scores: ItemScores) -> float:
    """How much more than one item of all the one that nobody has seen counts for, by its stratum and its cluster."""
    parts = split_strata(scores.differences, scores.strata, scores.weights, scores.clusters)
    items = len(scores.item_ids)
    return max(part.weight * items / part.items * float(part.sizes.max()) for part in parts)


def _error(scores: ItemScores, values: FloatArray) -> float:
    """The squared standard error of the mean over items, or over the strata's means, clusters being the unit."""
    parts = split_strata(np.clip(values, -1.0, 1.0), scores.strata, scores.weights, scores.clusters)
    found = 0.0
    for part in parts:
        apart = (part.values - part.mean) * part.sizes
        found += part.weight**2 * float(apart @ apart) / part.items**2
    return found


def _noise(scores: ItemScores, recovery: float, repeats: int) -> float:
    """The variance of one pair of answers around its item's mean, such that it counts as the standard error does."""
    if repeats == 1:
        return 0.0
    answers = scores.answers[0]
    pairs = answers.candidate - recovery * answers.baseline
    each = np.nan_to_num(np.nanvar(pairs, axis=1, ddof=1)) if pairs.size else np.zeros(len(pairs))
    names = np.array(scores.strata or ("",) * len(each))
    strata = sorted(set(names.tolist()))
    return float(
        sum(each[names == name].mean() / (names == name).sum() for name in strata) * len(each) / len(strata) ** 2
    )
