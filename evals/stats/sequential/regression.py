"""Whether a build is shown to be worse, at whatever answer one looks: single answers, repeats, strata."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from quantgate.evals.stats.checks import FloatArray, IntArray
from quantgate.evals.stats.sequential.betting import log_wealths, upper_bound
from quantgate.evals.stats.sequential.blocks import Blocks

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
    blocks: Blocks | None = None,
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
        Shape (i,), the differences of the first answers to the i first items in the drawn order.
    means
        For each number of whole passes that was looked at, the first included or not: shape (n,), the items' means.
    null
        The mean that is to be refuted: -margin.
    repeats
        Answers to each item at the full size; with one, `means` counts for nothing.
    lowest, highest
        What values can be.
    blocks
        Of all items, where strata weigh: the mean is then the macro average.

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
    values, stakes, counted = _arranged(first, blocks)
    wealth = log_wealths(values, null, lowest=lowest, highest=highest, stakes=stakes)[counted]
    best = max(float(wealth.max(initial=0.0)) + math.log(share), 0.0)
    for mean in means if repeats > 1 else ():
        values, stakes, _ = _arranged(mean, blocks)
        wealth = log_wealths(values, null, lowest=lowest, highest=highest, stakes=stakes)
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
    blocks: Blocks | None = None,
) -> float:
    """The upper confidence bound of the mean that belongs to `regression_pvalue`, at all times together.

    Parameters
    ----------
    alpha
        In (0, 1).
    first, means, repeats, lowest, highest, blocks
        As there.
    """
    share = 1.0 if repeats == 1 else FIRST_ANSWERS
    limits = {"lowest": lowest, "highest": highest}
    values, stakes, counted = _arranged(first, blocks)
    bound = upper_bound(values, alpha * share, stakes=stakes, counted=counted, **limits)
    for mean in means if repeats > 1 else ():
        values, stakes, _ = _arranged(mean, blocks)
        bound = min(bound, upper_bound(values, alpha * (1 - share), stakes=stakes, counted=[-1], **limits))
    return bound


def _arranged(values: npt.ArrayLike, blocks: Blocks | None) -> tuple[FloatArray, FloatArray | None, IntArray]:
    """Values, their stakes, and the places after which the wealth counts."""
    if blocks is None:
        array = np.asarray(values, dtype=np.float64)
        return array, None, np.arange(len(array))
    array, stakes, ends = blocks.arranged(values)
    return array, stakes, ends - 1
