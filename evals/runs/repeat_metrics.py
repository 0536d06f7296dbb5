"""What several answers to each item show beside their mean: pass@k, pass^k and the majority's score."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from quantgate.evals.contract.records import Sample
from quantgate.evals.stats.describe.pass_k import pass_at_k, pass_hat_k


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


def repeat_metrics(samples: Iterable[Sample], k: int) -> RepeatMetrics | None:
    """The metrics over the items that have at least `k` scored answers; `None` where no item has, or k is 1."""
    by_item: dict[str, list[Sample]] = {}
    for sample in samples:
        if sample.score is not None:
            by_item.setdefault(sample.item_id, []).append(sample)
    complete = [answers for answers in by_item.values() if len(answers) >= k]
    if k < 2 or not complete:
        return None
    right = [sum(answer.score == 1.0 for answer in answers) for answers in complete]
    asked = [len(answers) for answers in complete]
    return RepeatMetrics(
        k=k,
        items=len(complete),
        pass_at_k=pass_at_k(right, asked, k),
        pass_hat_k=pass_hat_k(right, asked, k),
        majority=math.fsum(majority_score(answers) for answers in complete) / len(complete),
    )


def majority_score(answers: Sequence[Sample]) -> float:
    """The score of the result that most of an item's answers agree on (Wang et al. 2022, arXiv 2203.11171).

    Answers without a result have no vote. Of several results with as many votes the mean score is taken: what a toss
    would give on average. 0 where no answer has a result.
    """
    votes = [(answer.vote or answer.extracted, answer.score or 0.0) for answer in answers]
    counts = Counter(vote for vote, _ in votes if vote is not None)
    if not counts:
        return 0.0
    most = max(counts.values())
    leading = [vote for vote, count in counts.items() if count == most]
    scores = {vote: score for vote, score in votes if vote is not None}
    return math.fsum(scores[vote] for vote in leading) / len(leading)
