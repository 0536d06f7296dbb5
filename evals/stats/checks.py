"""What every statistic asks of its arguments, and the type of their arrays."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]

SMALLEST_ALPHA = 0.001
"""The exact test spends 1e-4 on the discordance rate; this leaves it something to test with."""


def check_counts(losses: int, gains: int, n: int) -> None:
    """Raise ValueError unless `losses` and `gains` are whole numbers >= 0 that fit into `n` >= 1 items."""
    for name, value in (("losses", losses), ("gains", gains), ("n", n)):
        if isinstance(value, bool) or not isinstance(value, int | np.integer):
            raise ValueError(f"{name} must be a whole number, got {value!r}")
    if n < 1:
        raise ValueError(f"n must be at least 1, got {n}")
    if losses < 0 or gains < 0:
        raise ValueError(f"losses and gains must not be negative, got {losses} and {gains}")
    if losses + gains > n:
        raise ValueError(f"losses + gains = {losses + gains} exceeds n = {n}")


def check_alpha(alpha: float) -> None:
    """Raise ValueError unless `alpha` is one that the exact test can decide at."""
    if not SMALLEST_ALPHA <= alpha < 0.5:
        raise ValueError(f"alpha must be at least {SMALLEST_ALPHA} and below 0.5, got {alpha}")
