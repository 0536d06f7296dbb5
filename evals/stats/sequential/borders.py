"""Where single answers pass and where they show a regression, in losses and gains: to look ahead and to simulate."""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
from scipy.special import ndtri

from quantgate.evals.stats.checks import SMALLEST_ALPHA, BoolArray, IntArray
from quantgate.evals.stats.exact.edges import largest_true
from quantgate.evals.stats.exact.tango import most_losses_reaching
from quantgate.evals.stats.sequential.betting import log_wealth_of_counts
from quantgate.evals.stats.sequential.crossing import passing_outcomes


@lru_cache(maxsize=256)
def most_losses_passing(n: int, margin: float, level: float) -> IntArray:
    """Per number of gains, 0 to n, the most losses of n items that pass the exact test at a level, or -1.

    Below the level that the exact test can be held to, that of Tango's asymptotic one.
    """
    most = most_losses_reaching(n, -margin, -float(ndtri(level)), (0, n))
    if level >= SMALLEST_ALPHA:
        gains, of_flips = np.arange(n + 1), passing_outcomes(n, margin, level)
        most = largest_true(lambda losses: np.asarray(losses <= of_flips[losses + gains]), most, n - gains)
    most.setflags(write=False)
    return most


@lru_cache(maxsize=256)
def fewest_losses_regressed(n: int, margin: float, alpha: float) -> IntArray:
    """Per number of gains g, 0 to n, the fewest losses at which the bets have 1 / alpha after n items.

    More than n - g where none are enough.
    """
    gains = np.arange(n + 1)

    def too_few(losses: IntArray) -> BoolArray:
        return np.asarray(log_wealth_of_counts(losses, gains, n, -margin) < -math.log(alpha))

    fewest = largest_true(too_few, np.minimum((gains + 2 * margin * n + 8).astype(np.int64), n - gains), n - gains) + 1
    fewest.setflags(write=False)
    return fewest
