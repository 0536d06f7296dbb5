"""How many documents would settle a task of log-probabilities that could not be told."""

from __future__ import annotations

import numpy as np

from quantgate.evals.decision.bounds import Bounds
from quantgate.evals.decision.described import Prospect
from quantgate.evals.decision.measured import Measured
from quantgate.evals.decision.prospects import AIM
from quantgate.evals.fidelity.planning import (
    agreement_needed,
    documents_needed,
    power_of_agreement,
    power_of_documents,
)
from quantgate.evals.pairing.item_scores import Divergences, ItemScores
from quantgate.evals.stats.checks import FloatArray

_MOST_DOCUMENTS = 20_000


def fidelity_prospects(
    measured: Measured, bounds: Bounds, scores: ItemScores, divergences: Divergences
) -> tuple[Prospect, ...]:
    """What would settle it if the builds do not differ, and if what was seen of both measures is true.

    More documents alone do, in each of which the same tokens are scored again to the same end.
    """
    nothing = np.zeros(1)
    seen = np.minimum(scores.differences, 0.0)
    return (
        _prospect(0.0, nothing, nothing, measured, bounds.alpha),
        _prospect(bounds.estimate, seen, divergences.lowest, measured, bounds.alpha),
    )


def _prospect(
    difference: float, agreement: FloatArray, divergences: FloatArray, measured: Measured, alpha: float
) -> Prospect:
    """The documents that show all that the margin says; no number where what is to be shown is not so."""
    points, limit = measured.margin.points, measured.margin.kl
    most = max(measured.items, _MOST_DOCUMENTS)
    numbers: list[int | None] = [measured.items]
    if points is not None:
        if -float(np.mean(agreement)) >= points:
            return Prospect(difference, "items", None, None, 0.0, settles=False)
        numbers.append(agreement_needed(agreement, points, alpha, AIM, most))
    if limit is not None:
        if float(np.mean(divergences)) >= limit:
            return Prospect(difference, "items", None, None, 0.0, settles=False)
        numbers.append(documents_needed(divergences, limit, alpha, AIM, most))
    items = max(most if number is None else number for number in numbers)
    power = 1.0 if points is None else power_of_agreement(agreement, points, alpha, items)
    if limit is not None:
        power = min(power, power_of_documents(divergences, limit, alpha, items))
    return Prospect(difference, "items", items, 1, power, settles=None not in numbers)
