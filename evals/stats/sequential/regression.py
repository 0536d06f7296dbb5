"""Whether a build is shown to be worse, at whatever answer one looks: single answers, repeats, strata."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from quantgate.evals.stats.checks import FloatArray, IntArray
from quantgate.evals.stats.sequential.betting import log_wealths, upper_bound

FIRST_ANSWERS = 0.2
"""The part of alpha that the bets on first answers have where more answers follow.

They see a broken build in the first pass; what is near the margin shows only when repeats are averaged. Of builds six
points worse than a margin of two, on 198 items x 16 answers at an accuracy of .7, it shows .81 after 7.4 passes on
average, where half of alpha shows .77 after 8.0, and all of it .24.
"""


def regression_pvalue(
    first: npt.ArrayLike,
    means: Sequence[npt.ArrayLike] = (),
    *,
    null: float,
    repeats: int = 1,
    lowest: float = -1.0,
    highest: float = 1.0,
) -> float:
    """P-value of "the mean is `null` or more" that holds at whatever answer one stops.

    Bets on the items' first answers may be looked at after each. After k whole passes the wealth of the same bets on
    the items' means of k answers is E(k): that of single answers, averaged over all ways to choose one answer of each
    item. Given the answers to an item but not their order, each choice is as likely, so E(k) is a martingale from the
    last pass back to the first, and P(E(k) ever reaches 1 / a) <= a E[E(1)] <= a: passes need no union bound. Both
    together share alpha, `FIRST_ANSWERS` of it and the rest.

    Parameters
    ----------
    first
        Shape (i,), the differences of the first answers to the i first items, or to the blocks of `blocks`.
    means
        For each number of whole passes that was looked at, the first included or not: shape (n,), the items' means.
    null
        The mean that is to be refuted: -margin.
    repeats
        Answers to each item at the full size; with one, `means` counts for nothing.
    lowest, highest
        What values can be.

    Returns
    -------
    float
        A probability; below alpha exactly where `regression_upper_bound` at alpha is below `null`.

    Raises
    ------
    ValueError
        As `evals.stats.sequential.betting.Bets`.

    References
    ----------
    Ville 1939; Doob 1953 (maximal inequalities, for reverse martingales as well); Waudby-Smith and Ramdas 2024, JRSS B
    86:1; Ramdas and Manole 2023, arXiv 2304.02611 (averages over exchangeable values).
    """
    share = 1.0 if repeats == 1 else FIRST_ANSWERS
    wealth = log_wealths(first, null, lowest=lowest, highest=highest)
    best = max(float(wealth.max(initial=0.0)) + math.log(share), 0.0)
    for values in means if repeats > 1 else ():
        wealth = log_wealths(values, null, lowest=lowest, highest=highest)
        best = max(best, float(wealth[-1]) + math.log1p(-share))
    return math.exp(-best)


def regression_upper_bound(
    first: npt.ArrayLike,
    means: Sequence[npt.ArrayLike] = (),
    *,
    alpha: float,
    repeats: int = 1,
    lowest: float = -1.0,
    highest: float = 1.0,
) -> float:
    """The upper confidence bound of the mean that belongs to `regression_pvalue`, at all times together.

    Parameters
    ----------
    alpha
        In (0, 1).
    first, means, repeats, lowest, highest
        As there.
    """
    share = 1.0 if repeats == 1 else FIRST_ANSWERS
    bound = upper_bound(first, alpha * share, lowest=lowest, highest=highest)
    for values in means if repeats > 1 else ():
        later = upper_bound(values, alpha * (1 - share), lowest=lowest, highest=highest, at_end=True)
        bound = min(bound, later)
    return bound


def blocks(
    values: npt.ArrayLike, strata: Sequence[str | None], weights: Mapping[str, float] | None = None
) -> FloatArray:
    """What to bet on where strata weigh: blocks of items, with a mean that is the macro average.

    As many blocks as the smallest stratum has items; each takes, of every stratum, the next items in proportion to its
    size, which are averaged and then weighed. Where the items of a stratum come in random order each block is expected
    to be the macro average, whatever came before. A block counts once all of its items and those of the blocks before
    are there.

    Parameters
    ----------
    values
        Shape (i,), of the i first items in the drawn order.
    strata
        Shape (n,), the stratum of each of the n items that are asked in all, in that order.
    weights
        Weight of each stratum; equal when omitted. Those without weight are left out.

    Returns
    -------
    FloatArray
        Shape (blocks,).

    Raises
    ------
    ValueError
        More values than strata, or weights that leave no stratum.
    """
    array = np.asarray(values, dtype=np.float64)
    if len(array) > len(strata):
        raise ValueError(f"{len(array)} values, but strata names {len(strata)} items")
    block, share = block_shares(strata, weights)
    there = int(block[len(array) :][share[len(array) :] > 0].min(initial=block.max() + 1))
    come = block[: len(array)] < there
    return np.bincount(block[: len(array)][come], (share[: len(array)] * array)[come], there).astype(np.float64)


def block_shares(
    strata: Sequence[str | None], weights: Mapping[str, float] | None = None
) -> tuple[IntArray, FloatArray]:
    """The block that each item belongs to, and what it counts for there: shape (n,) each, as in `blocks`.

    Items of a stratum without weight count for nothing.
    """
    places: dict[str | None, list[int]] = {}
    for place, name in enumerate(strata):
        places.setdefault(name, []).append(place)
    given = {name: 1.0 if weights is None else weights.get(name or "", 0.0) for name in places}
    total = math.fsum(given.values())
    if total <= 0:
        raise ValueError("no stratum has a weight: there is nothing to average")
    count = min(len(members) for name, members in places.items() if given[name] > 0)
    block, share = np.zeros(len(strata), dtype=np.int64), np.zeros(len(strata))
    for name, members in places.items():
        if given[name] > 0:
            sizes = np.diff(np.arange(count + 1) * len(members) // count)
            block[members] = np.repeat(np.arange(count), sizes)
            share[members] = np.repeat(given[name] / total / sizes, sizes)
    return block, share
