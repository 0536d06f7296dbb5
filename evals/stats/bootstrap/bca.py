"""BCa: the level at which a bootstrap distribution is read in place of alpha, corrected for bias and skewness."""

from __future__ import annotations

import math

import numpy as np
from scipy.special import ndtr, ndtri

from quantgate.evals.stats.checks import FloatArray
from quantgate.evals.stats.describe.resampled_mean import ResampledMean

# The correction has a pole, which no data of some size come near; beyond it the level is 0 or 1.
_LEAST_DENOMINATOR = 1e-9


def bca_level(means: ResampledMean, estimate: float, acceleration: float, tail: float) -> float:
    """The probability at which BCa reads the distribution of resampled means in place of `tail`.

    Parameters
    ----------
    means
        The distribution.
    estimate
        The mean that was observed. Where all resamples lie on one side of it there is no correction.
    acceleration
        See `acceleration`.
    tail
        In (0, 1): below a half for the lower end of an interval, above for the upper.

    References
    ----------
    Efron 1987, JASA 82:171.
    """
    bias = float(ndtri(means.rank(estimate)))
    if math.isinf(bias):
        return tail
    shifted = bias + float(ndtri(tail))
    return float(ndtr(bias + shifted / max(1 - acceleration * shifted, _LEAST_DENOMINATOR)))


def acceleration(influences: FloatArray, counts: FloatArray | None = None) -> float:
    """A sixth of the skewness of the mean's influences: how fast its standard error changes with the mean.

    Parameters
    ----------
    influences
        What each unit contributes to the mean's deviation from the truth, centred and divided by its stratum's number
        of units; not all 0.
    counts
        How many units have each; one each when omitted.
    """
    masses = np.ones(len(influences)) if counts is None else counts
    squares = float(masses @ influences**2)
    return float(masses @ influences**3) / (6 * squares * math.sqrt(squares))
