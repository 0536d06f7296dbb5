"""How alike two builds answer, right or wrong: flips, equal answers and Cohen's kappa. Describes; decides nothing."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import betaincinv, ndtri

from quantgate.evals.stats.checks import check_confidence, check_counts


@dataclass(frozen=True)
class Share:
    """A share `count` / `n` of items, with its Clopper-Pearson interval, all in [0, 1]."""

    count: int
    n: int
    estimate: float
    low: float
    high: float


@dataclass(frozen=True)
class Kappa:
    """Cohen's kappa with its large-sample standard error and normal interval, the latter cut off at -1 and 1."""

    estimate: float
    standard_error: float
    low: float
    high: float


def share(count: int, n: int, confidence: float = 0.95) -> Share:
    """The share `count` of `n` with the exact (Clopper-Pearson) interval.

    Raises
    ------
    ValueError
        Counts that do not fit, or a confidence outside (0, 1).

    References
    ----------
    Clopper and Pearson 1934, Biometrika 26:404.

    Examples
    --------
    >>> result = share(0, 20)
    >>> result.estimate, result.low, round(result.high, 6)
    (0.0, 0.0, 0.168433)
    """
    check_counts(count, 0, n)
    check_confidence(confidence)
    tail = (1 - confidence) / 2
    low = 0.0 if count == 0 else float(betaincinv(count, n - count + 1, tail))
    high = 1.0 if count == n else float(betaincinv(count + 1, n - count, 1 - tail))
    return Share(count, n, count / n, low, high)


def discordance(losses: int, gains: int, n: int, confidence: float = 0.95) -> Share:
    """psi, the share of items that flip either way, with its interval.

    Raises
    ------
    ValueError
        As `share`.
    """
    check_counts(losses, gains, n)
    return share(losses + gains, n, confidence)


def cohen_kappa(both_right: int, losses: int, gains: int, both_wrong: int, confidence: float = 0.95) -> Kappa | None:
    """Cohen's kappa of two builds' right and wrong answers, from the four counts of items.

    Returns
    -------
    Kappa | None
        The kappa; None where both builds are all right or all wrong: chance alone agrees fully then.

    Raises
    ------
    ValueError
        Counts that are negative, not whole or all 0.
    """
    return table_kappa([[both_right, losses], [gains, both_wrong]], confidence)


def table_kappa(table: npt.ArrayLike, confidence: float = 0.95) -> Kappa | None:
    """Cohen's kappa of a square table of counts: rows one rater's classes, columns the other's.

    The standard error is the large-sample one for a kappa that is not assumed to be 0; it is 0 at full agreement.

    Parameters
    ----------
    table
        Shape (classes, classes), counts.
    confidence
        Two-sided level of the interval.

    Returns
    -------
    Kappa | None
        The kappa; None where only one class was ever used by both, which leaves it undefined (0/0).

    Raises
    ------
    ValueError
        A table that is not square or holds no counts, or a confidence outside (0, 1).

    References
    ----------
    Cohen 1960, Educ Psychol Meas 20:37; Fleiss, Cohen and Everitt 1969, Psychol Bull 72:323 (the error).

    Examples
    --------
    >>> result = table_kappa([[106, 10, 4], [22, 28, 10], [2, 12, 6]])  # the example of 1969
    >>> round(result.estimate, 3), round(result.standard_error**2, 6)
    (0.429, 0.002885)
    """
    counts = np.asarray(table, dtype=np.float64)
    if counts.ndim != 2 or counts.shape[0] != counts.shape[1]:
        raise ValueError(f"the table must be square, got shape {counts.shape}")
    if not (np.isfinite(counts) & (counts >= 0) & (counts == np.floor(counts))).all():
        raise ValueError("the table must hold whole numbers >= 0")
    check_confidence(confidence)
    n = float(counts.sum())
    if n == 0:
        raise ValueError("the table is empty: there is no item to compare")
    if float(np.diag(counts).max()) == n:
        return None
    p, rows, columns = counts / n, counts.sum(axis=1) / n, counts.sum(axis=0) / n
    observed, expected = float(np.trace(counts)) / n, float(rows @ columns)
    kappa = (observed - expected) / (1 - expected)
    agree = np.diag(p) @ (1 - (rows + columns) * (1 - kappa)) ** 2
    off = p * (columns[:, None] + rows[None, :]) ** 2
    differ = (1 - kappa) ** 2 * (off.sum() - np.trace(off))
    variance = (agree + differ - (kappa - expected * (1 - kappa)) ** 2) / (n * (1 - expected) ** 2)
    error = math.sqrt(max(float(variance), 0.0))
    reach = float(-ndtri((1 - confidence) / 2)) * error
    return Kappa(kappa, error, max(kappa - reach, -1.0), min(kappa + reach, 1.0))
