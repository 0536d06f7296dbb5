"""The A/A noise floor: how many flips re-running the same build causes, and how many more the candidate shows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from quantgate.evals.stats.checks import FloatArray
from quantgate.evals.stats.describe.agreement import Share, share
from quantgate.evals.stats.exact.tango import tango_interval


@dataclass(frozen=True)
class NoiseFloor:
    """Flips of the candidate beside those of a second run of the baseline, over the same items.

    `flips` is psi, candidate against baseline; `noise` is psi_0, the baseline against itself; `excess` = psi - psi_0,
    in [-1, 1], with its interval `low` to `high`. `explained` is psi_0 / psi, at most 1: the share of the candidate's
    flips that re-running alone accounts for; None where the candidate shows no flip. `candidate_difference` and
    `noise_difference` are the mean changes of score against the baseline's first run.
    """

    n: int
    flips: Share
    noise: Share
    excess: float
    low: float
    high: float
    explained: float | None
    candidate_difference: float
    noise_difference: float


def noise_floor(
    baseline: npt.ArrayLike, again: npt.ArrayLike, candidate: npt.ArrayLike, confidence: float = 0.95
) -> NoiseFloor:
    """Compare the flips baseline-candidate with the flips of a second run of the same baseline.

    Were the candidate the same build, its flips would have the law of the second run's: what is in excess is the
    candidate's own. Both kinds of flip are seen on the same items and share the first run, so they are paired
    indicators, and the interval of the excess is Tango's for their difference: items that only the second run flips
    against items that only the candidate flips. It describes; the margin is never taken from it.

    Parameters
    ----------
    baseline, again, candidate
        Scores in [0, 1], shape (n,), of the same items in the same order. With repeats they are item means of equal
        numbers of answers, and a flip is any change of the mean.
    confidence
        Two-sided level of all intervals.

    Raises
    ------
    ValueError
        No item, shapes that differ, scores that are not in [0, 1], or a confidence outside (0, 1).

    References
    ----------
    Tango 1998, Stat Med 17:891, for the interval.
    """
    first, second, other = (
        _checked(name, values) for name, values in (("baseline", baseline), ("again", again), ("candidate", candidate))
    )
    if not len(first) == len(second) == len(other):
        raise ValueError(
            f"the runs must hold the same items, got {len(first)} (baseline), {len(second)} (again) and "
            f"{len(other)} (candidate)"
        )
    n = len(first)
    # Means of the same answers in another order may differ in the last bit.
    noisy, flipped = ~np.isclose(first, second, rtol=0, atol=1e-9), ~np.isclose(first, other, rtol=0, atol=1e-9)
    low, high = tango_interval(int((noisy & ~flipped).sum()), int((flipped & ~noisy).sum()), n, confidence)
    flips, noise = share(int(flipped.sum()), n, confidence), share(int(noisy.sum()), n, confidence)
    return NoiseFloor(
        n=n,
        flips=flips,
        noise=noise,
        excess=(flips.count - noise.count) / n,
        low=low,
        high=high,
        explained=min(noise.count / flips.count, 1.0) if flips.count else None,
        candidate_difference=float((other - first).mean()),
        noise_difference=float((second - first).mean()),
    )


def _checked(name: str, values: npt.ArrayLike) -> FloatArray:
    scores = np.asarray(values, dtype=np.float64)
    if scores.ndim != 1 or scores.size == 0:
        raise ValueError(f"{name} must hold one score per item and at least one item, got shape {scores.shape}")
    wrong = np.flatnonzero(~((scores >= 0) & (scores <= 1)))
    if wrong.size:
        raise ValueError(f"{name}[{wrong[0]}] is {scores[wrong[0]]}, not a score in [0, 1]")
    return scores
