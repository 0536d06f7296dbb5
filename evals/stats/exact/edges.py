"""Where a condition on whole numbers, which fails from some point on, fails: for many at once, or beside another."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]


def largest_true(
    holds: Callable[[IntArray], BoolArray],
    guess: IntArray,
    last: IntArray,
) -> IntArray:
    """Per element the largest integer in [0, last] at which a condition holds that fails from some point on; or -1."""
    low = np.clip(guess, -1, last)  # -1 counts as holding
    high = low + 1  # last + 1 counts as failing
    step = 1
    while (wrong := (low >= 0) & ~holds(np.maximum(low, 0))).any():
        high = np.where(wrong, low, high)
        low = np.where(wrong, np.maximum(low - step, -1), low)
        step *= 2
    step = 1
    while (wrong := (high <= last) & holds(np.minimum(high, last))).any():
        low = np.where(wrong, high, low)
        high = np.where(wrong, np.minimum(high + step, last + 1), high)
        step *= 2
    while (high - low > 1).any():
        middle = (low + high) // 2
        yes = (middle < 0) | holds(np.maximum(middle, 0))
        low, high = np.where(yes, middle, low), np.where(yes, high, middle)
    return low


def largest_beside(nearly: Callable[[int], bool], holds: Callable[[int], bool], last: int) -> int:
    """The largest integer in [0, last] at which a costly condition holds, or -1: a walk from where a cheap one ends.

    Both fail from some point on; `nearly`, which is asked by bisection, about where `holds` does.
    """
    low, high = -1, last
    while low < high:
        middle = (low + high + 1) // 2
        if nearly(middle):
            low = middle
        else:
            high = middle - 1
    found = low
    while found >= 0 and not holds(found):
        found -= 1
    if found == low:
        while found < last and holds(found + 1):
            found += 1
    return found
