"""How many documents would settle a task of log-probabilities that could not be told."""

from __future__ import annotations

import math
from collections.abc import Sequence

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
    agreement = _by_text(np.minimum(scores.differences, 0.0), scores.clusters)
    divergence = _by_text(divergences.lowest, scores.clusters)
    each = measured.items / len(agreement)
    told = (0.0, nothing, nothing), (bounds.estimate, agreement, divergence)
    return tuple(_prospect(*one, measured, bounds.alpha, each) for one in told)


def _by_text(values: FloatArray, clusters: Sequence[str] | None) -> FloatArray:
    """The mean of each text's documents, where some are parts of one text: the unit."""
    if clusters is None:
        return values
    _, places, counts = np.unique(np.asarray(clusters), return_inverse=True, return_counts=True)
    return np.asarray(np.bincount(places, weights=values) / counts)


def _prospect(
    difference: float, agreement: FloatArray, divergences: FloatArray, measured: Measured, alpha: float, each: float
) -> Prospect:
    """The documents, so many of `each` text, that show all that the margin says; none where what is to be is not so."""
    points, limit = measured.margin.points, measured.margin.kl
    asked = math.ceil(measured.items / each)
    most = max(asked, _MOST_DOCUMENTS)
    numbers: list[int | None] = [asked]
    if points is not None:
        if -float(np.mean(agreement)) >= points:
            return Prospect(difference, "items", None, None, 0.0, settles=False)
        numbers.append(agreement_needed(agreement, points, alpha, AIM, most))
    if limit is not None:
        if float(np.mean(divergences)) >= limit:
            return Prospect(difference, "items", None, None, 0.0, settles=False)
        numbers.append(documents_needed(divergences, limit, alpha, AIM, most))
    texts = max(most if number is None else number for number in numbers)
    power = 1.0 if points is None else power_of_agreement(agreement, points, alpha, texts)
    if limit is not None:
        power = min(power, power_of_documents(divergences, limit, alpha, texts))
    return Prospect(difference, "items", math.ceil(texts * each), 1, power, settles=None not in numbers)
