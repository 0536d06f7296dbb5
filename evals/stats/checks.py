"""What every statistic asks of its arguments, and the types of their arrays."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]

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


def check_margin(margin: float) -> None:
    """Raise ValueError unless `margin` is a loss that a candidate could have."""
    if not 0 < margin < 1:
        raise ValueError(f"margin must lie between 0 and 1 (0.02 means two points), got {margin}")


def check_confidence(confidence: float) -> None:
    """Raise ValueError unless `confidence` is a two-sided level."""
    if not 0 < confidence < 1:
        raise ValueError(f"confidence must lie between 0 and 1, got {confidence}")


def check_differences(differences: npt.ArrayLike) -> FloatArray:
    """The differences as an array, or a ValueError that says which of them is not a number in [-1, 1]."""
    values = np.asarray(differences, dtype=np.float64)
    if values.ndim != 1:
        raise ValueError(f"differences must be one-dimensional, one value per item, got shape {values.shape}")
    if values.size == 0:
        raise ValueError("differences is empty: there is no item to compare")
    wrong = np.flatnonzero(~(np.abs(values) <= 1))
    if wrong.size:
        first = int(wrong[0])
        raise ValueError(
            f"differences[{first}] is {values[first]}, not a number in [-1, 1] ({wrong.size} of {values.size} wrong)"
        )
    return values


def check_asked(n: int, repeats: int = 1) -> None:
    """Raise ValueError unless at least one item is asked, and at least once."""
    if n < 1 or repeats < 1:
        raise ValueError(f"items and repeats must be at least 1, got {n} and {repeats}")


def check_truth(n: int, margin: float, discordance: float, difference: float) -> None:
    """Raise ValueError unless builds can flip and differ so, on so many items."""
    check_asked(n)
    check_margin(margin)
    if not 0 <= discordance <= 1:
        raise ValueError(f"discordance must lie between 0 and 1, got {discordance}")
    if not abs(difference) <= discordance:
        raise ValueError(f"difference {difference} is larger than the discordance rate {discordance} allows")
