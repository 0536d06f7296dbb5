"""What two published accuracies can prove of a recovery, over every pairing of the items."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from quantgate.evals.stats.ratio.exact import ratio_lower_bound, ratio_pvalue
from quantgate.evals.stats.verdict import BoundsVerdict

# Bounds of so many pairings are computed, the two ends among them.
_MOST_BOUNDED = 12


@dataclass(frozen=True, slots=True)
class PublishedRecovery:
    """The bounds of candidate / baseline over the pairings that two numbers of right answers allow, best and worst.

    `verdict` is equivalent, non_inferior or regressed where that holds under every pairing, else inconclusive; `upper`s
    are infinite where nothing bounds the ratio above.
    """

    lower_best: float
    lower_worst: float
    upper_best: float
    upper_worst: float
    verdict: BoundsVerdict


def judge_recovery(
    baseline_correct: int,
    pairings: Sequence[tuple[int, int]],
    recovery: float,
    alpha: float = 0.05,
    alpha_above: float | None = None,
) -> PublishedRecovery | None:
    """Judge a recovery by what is known of one answer per item; None where the baseline has none right.

    As `evals.stats.published.pairings.judge_claim`: p-values rule over all pairings, bounds are those of some, and the
    widest are at the ends, where a test finds them.

    Parameters
    ----------
    baseline_correct
        Right answers of the baseline.
    pairings
        The (losses, gains) that the numbers of right answers allow, as `pairings.feasible_pairings` has them.
    recovery
        The ratio that must be shown, in (0, 1).
    alpha, alpha_above
        Error probability of each bound, and of the upper one where that is another.
    """
    if baseline_correct == 0:
        return None
    above = alpha if alpha_above is None else alpha_above
    places = np.unique(np.linspace(0, len(pairings) - 1, _MOST_BOUNDED).round().astype(int)).tolist()
    lowers, uppers = [], []
    for losses, gains in (pairings[place] for place in places):
        known = baseline_correct + gains
        lowers.append(ratio_lower_bound(losses, gains, known, alpha))
        inverse = ratio_lower_bound(gains, losses, known, above)
        uppers.append(1 / inverse if inverse > 0 else float("inf"))

    def all_show(ratio: float, level: float, *, exchanged: bool = False) -> bool:
        """Whether every pairing shows that the ratio is above, or, exchanged, that its inverse is."""
        for losses, gains in pairings:
            first, second = (gains, losses) if exchanged else (losses, gains)
            if ratio_pvalue(first, second, baseline_correct + gains, ratio) >= level:
                return False
        return True

    verdict: BoundsVerdict = "inconclusive"
    if min(lowers) > recovery and all_show(recovery, alpha):
        mirrored = max(uppers) < 1 / recovery and all_show(recovery, above, exchanged=True)
        verdict = "equivalent" if mirrored else "non_inferior"
    elif max(uppers) < recovery and all_show(1 / recovery, above, exchanged=True):
        verdict = "regressed"
    return PublishedRecovery(max(lowers), min(lowers), min(uppers), max(uppers), verdict)
