"""What the mean over a suite rests on: the assumptions of its tasks, one stratum or more each."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np

from quantgate.evals.planning.types import Assumptions, Part


def assume_suite(tasks: Mapping[str, Assumptions], shares: Mapping[str, float]) -> Assumptions:
    """The tasks as the strata of one mean, in which each has its share.

    Items and repeats are planned for all tasks alike: the same part of each task's items, or the same number of
    answers to all of them.
    """
    known = [tasks[name] for name in shares]
    parts = tuple(
        Part(shares[name] / len(tasks[name].strata), one.discordance, one.between, one.within, tasks[name].one_answer)
        for name in shares
        for one in tasks[name].each
    )
    items = [one.items for one in known]
    tokens = [one.tokens for one in known if one.tokens is not None]
    accuracies = [share * accuracy for name, share in shares.items() if (accuracy := tasks[name].accuracy) is not None]
    weighed = ", ".join(f"{name} {share:.3g}" for name, share in shares.items())
    return Assumptions(
        task=f"suite of {len(shares)} tasks",
        items=sum(items),
        strata=tuple(size for one in known for size in one.strata),
        discordance=_mean([one.discordance for one in known], items),
        between=_mean([one.between for one in known], items),
        within=_mean([one.within for one in known], items),
        tokens=_mean(tokens, items) if len(tokens) == len(known) else None,
        notes=(
            f"the mean over {weighed}: its power is that of the bound over strata, which decides there; items are the "
            "same part of every task's, repeats those of every item",
            "the suite's power is its own: that its tasks pass too, each at its margin, is planned for each of them",
        ),
        parts=parts,
        one_answer=all(one.one_answer for one in known),
        accuracy=math.fsum(accuracies) if len(accuracies) == len(shares) else None,
    )


def _mean(values: list[float], items: list[int]) -> float:
    return float(np.average(values, weights=items))
