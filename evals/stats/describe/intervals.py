"""Intervals that describe the paired difference and decide nothing: bootstrap, Newcombe's and Bonett and Price's."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
from scipy.special import ndtri

from quantgate.evals.stats.bootstrap.bca import acceleration, bca_level
from quantgate.evals.stats.checks import FloatArray, check_confidence, check_counts, check_differences
from quantgate.evals.stats.describe.resampled_mean import ResampledMean, exact_distribution, simulated_distribution

BOOTSTRAP_METHODS = ("percentile", "basic", "bca")
SEED = 20_250_419


def bootstrap_interval(
    differences: npt.ArrayLike,
    *,
    confidence: float = 0.95,
    method: str = "percentile",
    draws: int | None = None,
    seed: int = SEED,
) -> tuple[float, float]:
    """Two-sided bootstrap interval of the mean difference, items resampled with their repeats (already averaged).

    Descriptive only: with equal differences it is a point, so that 20 equal answers would "prove" any margin, and for
    few flips it passes a build that is worse by the margin far more often than it should (n = 198, margin 2 points:
    9.2% in place of 5%). `evals.stats.paired_bounds` decides.

    Parameters
    ----------
    differences
        Shape (n,), each in [-1, 1], one per item.
    confidence
        Two-sided level, in (0, 1).
    method
        "percentile", "basic" (reflected at the estimate) or "bca" (bias-corrected and accelerated).
    draws
        None for the limit of infinitely many resamples, which needs no random numbers and is exact for differences on a
        grid of up to 1/64 (`evals.stats.describe.resampled_mean`); a number of at least 100 for what so many resamples
        would show.
    seed
        Of the simulation; unused otherwise.

    Returns
    -------
    tuple[float, float]
        (lower, upper). Exchanging the builds mirrors them where draws is None; the order of items changes nothing.

    Raises
    ------
    ValueError
        An argument out of its range.

    References
    ----------
    Efron 1987, JASA 82:171 (BCa); Efron and Tibshirani 1993.
    """
    values = np.sort(check_differences(differences))
    check_confidence(confidence)
    if method not in BOOTSTRAP_METHODS:
        raise ValueError(f"method must be one of {', '.join(BOOTSTRAP_METHODS)}, got {method!r}")
    if draws is not None and draws < 100:
        raise ValueError(f"draws must be at least 100, got {draws}")
    estimate, tail = math.fsum(values) / len(values), (1 - confidence) / 2
    if values[0] == values[-1]:
        return float(values[0]), float(values[0])
    means = exact_distribution(values) if draws is None else simulated_distribution(values, draws, seed)
    low, high = _bca_levels(values, means, estimate, tail) if method == "bca" else (tail, tail)
    lower, upper = means.lower_quantile(low), means.upper_quantile(high)
    return (2 * estimate - upper, 2 * estimate - lower) if method == "basic" else (lower, upper)


def newcombe_interval(
    losses: int, gains: int, n: int, both_right: int, confidence: float = 0.95
) -> tuple[float, float]:
    """Newcombe's interval (his method 10) of the difference (gains - losses)/n: Wilson's intervals, squared and added.

    The two Wilson intervals of the builds' accuracies are combined with the correlation phi of their answers, which
    needs all four cells of the table; the correction for continuity of a positive phi is his.

    Parameters
    ----------
    losses
        Items that only the baseline got right.
    gains
        Items that only the candidate got right.
    n
        Items in all.
    both_right
        Items that both got right, at most n - losses - gains.
    confidence
        Two-sided level, in (0, 1).

    Raises
    ------
    ValueError
        Counts that do not fit, or a confidence outside (0, 1).

    References
    ----------
    Newcombe 1998, Stat Med 17:2635, whose difference is baseline - candidate.

    Examples
    --------
    >>> [round(limit, 4) for limit in newcombe_interval(16, 6, 161, both_right=59)]
    [-0.1186, -0.0046]
    """
    check_counts(losses, gains, n)
    check_confidence(confidence)
    if isinstance(both_right, bool) or not isinstance(both_right, int | np.integer):
        raise ValueError(f"both_right must be a whole number, got {both_right!r}")
    if not 0 <= both_right <= n - losses - gains:
        raise ValueError(f"both_right must lie between 0 and n - losses - gains = {n - losses - gains}: {both_right}")
    both_wrong = n - losses - gains - both_right
    old, new = both_right + losses, both_right + gains
    cross = both_right * both_wrong - losses * gains
    spread = math.sqrt(old * (n - old)) * math.sqrt(new * (n - new))
    phi = (max(cross - n / 2, 0.0) if cross > 0 else cross) / spread if spread else 0.0
    z = _deviate(confidence)
    (old_low, old_high), (new_low, new_high) = _wilson(old, n, z), _wilson(new, n, z)
    down, up = new / n - new_low, old_high - old / n
    rise, fall = new_high - new / n, old / n - old_low
    estimate = (gains - losses) / n
    return (
        max(estimate - math.sqrt(max(down**2 - 2 * phi * down * up + up**2, 0.0)), -1.0),
        min(estimate + math.sqrt(max(rise**2 - 2 * phi * rise * fall + fall**2, 0.0)), 1.0),
    )


def bonett_price_interval(losses: int, gains: int, n: int, confidence: float = 0.95) -> tuple[float, float]:
    """Bonett and Price's adjusted Wald interval: Wald's with one loss and one gain more (n + 2 items).

    Parameters
    ----------
    losses, gains, n
        As in `newcombe_interval`.
    confidence
        Two-sided level, in (0, 1).

    Returns
    -------
    tuple[float, float]
        (lower, upper), cut to [-1, 1]. It is centred at (gains - losses)/(n + 2).

    Raises
    ------
    ValueError
        Counts that do not fit, or a confidence outside (0, 1).

    References
    ----------
    Bonett and Price 2012, J Educ Behav Stat 37:479.

    Examples
    --------
    >>> [round(limit, 4) for limit in bonett_price_interval(16, 6, 161)]
    [-0.1195, -0.0032]
    """
    check_counts(losses, gains, n)
    check_confidence(confidence)
    loss_rate, gain_rate = (losses + 1) / (n + 2), (gains + 1) / (n + 2)
    centre = (gains - losses) / (n + 2)
    reach = _deviate(confidence) * math.sqrt((loss_rate + gain_rate - centre**2) / (n + 2))
    return max(centre - reach, -1.0), min(centre + reach, 1.0)


def _bca_levels(values: FloatArray, means: ResampledMean, estimate: float, tail: float) -> tuple[float, float]:
    """The two tail probabilities at which BCa reads the bootstrap distribution in place of `tail`, twice."""
    skewed = acceleration((values - estimate) / len(values))
    return bca_level(means, estimate, skewed, tail), 1 - bca_level(means, estimate, skewed, 1 - tail)


def _wilson(right: int, n: int, z: float) -> tuple[float, float]:
    centre = (right + z * z / 2) / (n + z * z)
    reach = z * math.sqrt(right * (n - right) / n + z * z / 4) / (n + z * z)
    return centre - reach, centre + reach


def _deviate(confidence: float) -> float:
    return float(-ndtri((1 - confidence) / 2))
