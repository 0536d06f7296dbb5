"""What several answers to each item show beside their mean: pass@k, pass^k and the majority's score."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from quantgate.evals.samples.columns import NO_TEXT, Columns, Floats, digest

_EMPTY = np.uint64(digest(""))


@dataclass(frozen=True, slots=True)
class RepeatMetrics:
    """Means over the items that were answered k times; fractions.

    `pass_at_k`: at least one of k answers is right; `pass_hat_k`: all are. `majority`: the result that most answers
    agree on is right.
    """

    k: int
    items: int
    pass_at_k: float
    pass_hat_k: float
    majority: float


def repeat_metrics(samples: Columns, k: int) -> RepeatMetrics | None:
    """The metrics over the items that have at least `k` scored answers; `None` where no item has, or k is 1."""
    scored = samples.take(samples.scored)
    items, place, asked = np.unique(scored.item.codes, return_inverse=True, return_counts=True)
    complete = asked >= k
    if k < 2 or not complete.any():
        return None
    from quantgate.evals.stats.describe.pass_k import pass_at_k, pass_hat_k

    right = np.bincount(place, scored.score == 1.0, minlength=len(items)).astype(np.int64)
    tried = right[complete].tolist(), asked[complete].tolist()
    return RepeatMetrics(
        k=k,
        items=int(complete.sum()),
        pass_at_k=pass_at_k(*tried, k),
        pass_hat_k=pass_hat_k(*tried, k),
        majority=math.fsum(majority_scores(scored)[complete]) / int(complete.sum()),
    )


def majority_scores(samples: Columns) -> Floats:
    """For each item, in the order of their codes, the score of the result that most of its answers agree on.

    Answers without a result have no vote. Of several results with as many votes the mean score is taken: what a toss
    would give on average. 0 where no answer has a result.

    References
    ----------
    Wang et al. 2022, arXiv 2203.11171.
    """
    items, place = np.unique(samples.item.codes, return_inverse=True)
    votes = np.where((samples.vote == NO_TEXT) | (samples.vote == _EMPTY), samples.extracted, samples.vote)
    voting = np.flatnonzero(votes != NO_TEXT)
    order = voting[np.lexsort((voting, votes[voting], place[voting]))]
    ours, theirs = place[order], votes[order]
    last = np.flatnonzero(np.append((ours[1:] != ours[:-1]) | (theirs[1:] != theirs[:-1]), True)[: len(order)])
    times, of_item, scores = np.diff(last, prepend=-1), ours[last], samples.score[order][last]
    most = np.zeros(len(items), dtype=np.int64)
    np.maximum.at(most, of_item, times)
    leading = times == most[of_item]
    ties = np.bincount(of_item[leading], minlength=len(items))
    return np.bincount(of_item[leading], scores[leading], minlength=len(items)) / np.maximum(ties, 1)
