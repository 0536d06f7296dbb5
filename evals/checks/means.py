"""The mean of a task's scores as the gate counts: over items, each of which is the mean of its answers."""

from __future__ import annotations

import math

import numpy as np

from quantgate.evals.samples.columns import Columns


def item_means(samples: Columns) -> list[float]:
    """The mean score of each item that has a scored answer; rounded once, whatever the order of its answers."""
    scored = samples.scored
    codes, scores = samples.item.codes[scored], samples.score[scored]
    order = np.argsort(codes, kind="stable")
    begins = np.flatnonzero(np.diff(codes[order], prepend=-2))
    return [math.fsum(each) / len(each) for each in np.split(scores[order], begins)[1:]]


def mean_of_items(samples: Columns) -> float:
    """The mean over items of their answers' mean; of samples of which some are scored."""
    means = item_means(samples)
    return math.fsum(means) / len(means)
