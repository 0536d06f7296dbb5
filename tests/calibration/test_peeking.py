"""Looking again at a pair that has grown: what it errs as looks are counted, and what it would without, enumerated."""

import numpy as np
import pytest
from scipy.signal import convolve2d
from scipy.stats import multinomial

from quantgate.evals.decision.look import CountedLook, look_at
from quantgate.evals.settings.requirements import SMALLEST_ALPHA
from quantgate.evals.stats.exact.noninferiority import noninferiority_pvalue

ALPHA, MARGIN = 0.05, 0.1
SIZES = (30, 60, 90)
COUNTED = [look_at(CountedLook(number), ALPHA, SMALLEST_ALPHA).alpha for number in (1, 2, 3)]


def outcomes(n: int, psi: float) -> np.ndarray:
    """The probability of each (losses, gains) of n items at a true loss of the margin, shape (n + 1, n + 1)."""
    losses, gains = np.indices((n + 1, n + 1))
    counts = np.stack([losses, gains, n - losses - gains], axis=-1)
    law = multinomial(n, [(psi + MARGIN) / 2, (psi - MARGIN) / 2, 1 - psi])
    return np.where(counts[..., 2] >= 0, law.pmf(np.maximum(counts, 0)), 0.0)


def passing(n: int, level: float) -> np.ndarray:
    """Which (losses, gains) pass, shape (n + 1, n + 1); fewer losses and more gains never fail what passes."""
    found, most = np.zeros((n + 1, n + 1), dtype=bool), -1
    for gains in range(n + 1):
        while most + 1 + gains <= n and noninferiority_pvalue(most + 1, gains, n, MARGIN) < level:
            most += 1
        found[: most + 1, gains] = True
    return found


def error(levels) -> float:
    """How often such a build passes at any of the looks, at the worst discordance rate of a grid."""
    sets = [passing(n, level) for n, level in zip(SIZES, levels, strict=True)]
    worst = 0.0
    for psi in (0.11, 0.15, 0.2, 0.3, 0.45, 0.6, 0.8, 0.95):
        left, passed, before = np.ones((1, 1)), 0.0, 0
        for n, passes in zip(SIZES, sets, strict=True):
            left = convolve2d(left, outcomes(n - before, psi))
            passed += float(left[passes].sum())
            left, before = np.where(passes, 0.0, left), n
        worst = max(worst, passed)
    return worst


@pytest.mark.slow
def test_counted_looks_err_no_more_than_they_say():
    assert pytest.approx([ALPHA, ALPHA / 50, 0.0]) == COUNTED
    assert error(COUNTED) <= 1.02 * ALPHA
    # And not because nothing passes any more: the first look is the fixed test.
    assert error(COUNTED) >= error([ALPHA, 0.0, 0.0]) > 0.04


@pytest.mark.slow
def test_looks_that_nobody_counts_err_far_more():
    assert error([ALPHA] * 3) > 0.09
