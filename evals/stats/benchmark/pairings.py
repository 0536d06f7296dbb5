"""What pairs of answers of two builds differ by, counted over every way to pair an item's answers."""

from __future__ import annotations

import numpy as np
from scipy.special import betaln

from quantgate.evals.stats.checks import FloatArray, IntArray

_DECIMALS = 12
# Differences that are held at a time.
_BLOCK = 2_000_000


def mean_flips(baseline: FloatArray, candidate: FloatArray) -> float:
    """Pairs that differ, losses and gains, on average over all ways to pair 0/1 answers of shape (items, repeats)."""
    repeats = baseline.shape[1]
    ours, theirs = baseline.sum(axis=1), candidate.sum(axis=1)
    flips: FloatArray = ours * (repeats - theirs) + (repeats - ours) * theirs
    return float(flips.sum() / repeats)


def unit_differences(baseline: FloatArray, candidate: FloatArray) -> tuple[FloatArray, FloatArray]:
    """The distinct differences candidate - baseline of an item's units, ascending, and how many units have each.

    A unit is one answer of the build with fewer, r of them, and a group of the other's, so that no answer is in two
    units: they are independent given the item. The other build's R answers make groups of floor(R / r), and as many of
    one more as are left. Which answers meet is arbitrary, and the numbers returned are means over all ways; their sum
    is items * r and the mean difference that of the items' means. Scores that are not 0 or 1 are paired one to one,
    each answer with every one of the other build in turn.

    Parameters
    ----------
    baseline, candidate
        Scores in [0, 1], shape (items, R or r); the same items.
    """
    binary = all(np.isin(scores, (0.0, 1.0)).all() for scores in (baseline, candidate))
    if not binary:
        return _one_to_one(baseline, candidate)
    if baseline.shape[1] < candidate.shape[1]:
        # The mirror image: a unit's difference is baseline - candidate, with its sign changed.
        values, counts = unit_differences(candidate, baseline)
        return -values[::-1], counts[::-1]
    many, few = baseline.shape[1], candidate.shape[1]
    kinds, items = np.unique(np.column_stack([baseline.sum(axis=1), candidate.sum(axis=1)]), axis=0, return_counts=True)
    found: dict[float, float] = {}
    size, more = divmod(many, few)
    for group, groups in ((size, few - more), (size + 1, more)):
        if not groups:
            continue
        right = np.arange(group + 1)
        chance = _drawn(right, many, kinds[:, :1], group)
        for answer, share in ((1.0, kinds[:, 1] / few), (0.0, 1 - kinds[:, 1] / few)):
            masses = groups * ((items * share)[:, None] * chance).sum(axis=0)
            for count, mass in zip(right.tolist(), masses.tolist(), strict=True):
                value = round(answer - count / group, _DECIMALS) + 0.0
                found[value] = found.get(value, 0.0) + mass
    kept = sorted(value for value, mass in found.items() if mass > 0)
    return np.array(kept), np.array([found[value] for value in kept])


def _drawn(right: IntArray, many: int, known: FloatArray, group: int) -> FloatArray:
    """The chance that a group out of `many` answers, of which `known` are right, holds so many right ones.

    Hypergeometric; shape (items, numbers of right ones). `scipy.stats` has it, too, and takes half a second to load.
    """
    wrong = many - known
    possible = (right <= known) & (group - right <= wrong)
    inside, outside = np.minimum(right, known), np.minimum(group - right, wrong)
    ways_in_all = betaln(many + 1, 1) - betaln(many - group + 1, group + 1)
    ways_right = betaln(known + 1, 1) - betaln(inside + 1, known - inside + 1)
    ways_wrong = betaln(wrong + 1, 1) - betaln(outside + 1, wrong - outside + 1)
    return np.where(possible, np.exp(ways_right + ways_wrong - ways_in_all), 0.0)


def _one_to_one(baseline: FloatArray, candidate: FloatArray) -> tuple[FloatArray, FloatArray]:
    cross = baseline.shape[1] * candidate.shape[1]
    rows = max(1, _BLOCK // cross)
    values, counts = np.empty(0), np.empty(0)
    for first in range(0, len(baseline), rows):
        part = slice(first, first + rows)
        differences = np.round(candidate[part, :, None] - baseline[part, None, :], _DECIMALS).ravel() + 0.0
        new, times = np.unique(differences, return_counts=True)
        every = np.concatenate([values, new])
        values, place = np.unique(every, return_inverse=True)
        counts = np.bincount(place, np.concatenate([counts, times])).astype(np.float64)
    return values, counts * (min(baseline.shape[1], candidate.shape[1]) / cross)
