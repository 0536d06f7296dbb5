"""How often an agent succeeds in all of k trials (pass^k), or in at least one (pass@k), from n trials of each task."""

from __future__ import annotations

from collections.abc import Sequence
from math import comb

Trials = int | Sequence[int]
"""Trials of every task, or of each."""


def pass_hat_k(successes: Sequence[int], trials: Trials, k: int) -> float:
    """The chance that all of `k` trials of a task succeed, as the mean over tasks of C(c, k) / C(n, k).

    Parameters
    ----------
    successes
        How many trials of each task succeeded, c.
    trials
        How many trials each task had, n; one number for all of them, or one each.
    k
        From 1 to the smallest n.

    Returns
    -------
    float
        In [0, 1]; for k = 1 the mean success rate. Unbiased for the mean over tasks of p^k.

    Raises
    ------
    ValueError
        When there is no task, the lengths differ, a count is impossible, or a task has fewer than `k` trials.

    References
    ----------
    Yao, Shinn, Razavi and Narasimhan 2024, tau-bench, arXiv:2406.12045, section 3.

    Examples
    --------
    >>> round(pass_hat_k([4, 2, 0], 4, 2), 6)
    0.388889
    """
    counts = _checked(successes, trials, k)
    return sum(comb(c, k) / comb(n, k) for c, n in counts) / len(counts)


def pass_at_k(successes: Sequence[int], trials: Trials, k: int) -> float:
    """The chance that at least one of `k` trials of a task succeeds, as the mean over tasks of 1 - C(n-c, k) / C(n, k).

    Parameters, returned value and errors are those of `pass_hat_k`.

    References
    ----------
    Chen et al. 2021, Evaluating large language models trained on code, arXiv:2107.03374, equation 1.
    """
    counts = _checked(successes, trials, k)
    return sum(1.0 - comb(n - c, k) / comb(n, k) for c, n in counts) / len(counts)


def _checked(successes: Sequence[int], trials: Trials, k: int) -> list[tuple[int, int]]:
    each = [trials] * len(successes) if isinstance(trials, int) else list(trials)
    if not successes or len(each) != len(successes):
        raise ValueError(f"one count of trials per task is needed: {len(successes)} tasks, {len(each)} counts")
    for c, n in zip(successes, each, strict=True):
        if not 0 <= c <= n:
            raise ValueError(f"{c} successes in {n} trials cannot be")
        if not 1 <= k <= n:
            raise ValueError(f"k must lie between 1 and the trials of every task, not {k} with {n} trials")
    return list(zip(successes, each, strict=True))
