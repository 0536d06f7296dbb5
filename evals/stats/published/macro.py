"""Divisions of a published macro average over its strata that are extreme, for bounds of what it leaves open."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import numpy as np

from quantgate.evals.stats.checks import FloatArray


def arrangements(strata: tuple[int, ...], repeats: int, baseline: float, candidate: float) -> Iterator[FloatArray]:
    """Differences of all items, stratum after stratum, for each division that is tried; each shape (items,).

    Each is extreme in its way: the difference spread evenly or confined to each stratum in turn, without an opposed
    flip; and as many opposed flips as fit when wrong (or right) answers gather in one stratum after the other, smallest
    or largest first, half or all of it.

    Parameters
    ----------
    strata
        Items of each stratum.
    repeats
        Answers to each item.
    baseline, candidate
        Macro averages, shares.
    """
    count, net = len(strata), candidate - baseline
    yield np.concatenate([_spread(size, net, repeats) for size in strata])
    for place in range(count if abs(net) * count <= 1 else 0):
        yield np.concatenate([_spread(n, net * count * (at == place), repeats) for at, n in enumerate(strata)])
    for order in (sorted(range(count), key=lambda at: strata[at]), sorted(range(count), key=lambda at: -strata[at])):
        for most in (0.5, 1.0):
            first, second = (_gathered(order, accuracy, most) for accuracy in (baseline, candidate))
            yield np.concatenate([_opposed(n, *rates) for n, *rates in zip(strata, first, second, strict=True)])
    yield np.concatenate([_opposed(size, baseline, candidate) for size in strata])


def _gathered(order: Sequence[int], accuracy: float, most: float) -> list[float]:
    """Accuracies of strata with the given mean: what is rarer, wrong or right, fills up to `most` of each in turn."""
    rare = min(accuracy, 1 - accuracy)
    left, shares = rare * len(order), [0.0] * len(order)
    for place in order:
        shares[place] = min(left, most)
        left -= shares[place]
    return shares if accuracy < 0.5 else [1 - share for share in shares]


def _spread(size: int, difference: float, repeats: int) -> FloatArray:
    """Item differences of the given mean, spread as little as `repeats` answers to an item allow, shape (size,)."""
    total = difference * size * repeats
    each = math.floor(total / size)
    more = np.clip(total - each * size - np.arange(size), 0, 1)
    return np.asarray(np.clip((each + more) / repeats, -1, 1), dtype=np.float64)


def _opposed(size: int, baseline: float, candidate: float) -> FloatArray:
    """Differences of items all right or all wrong, one build's right ones on the other's wrong ones, shape (size,)."""
    first, second = (np.clip(accuracy * size - np.arange(size), 0, 1) for accuracy in (baseline, candidate))
    return np.asarray(second[::-1] - first, dtype=np.float64)
