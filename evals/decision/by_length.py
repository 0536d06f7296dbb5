"""Scores by length of context, for tasks whose strata say one: each build's own, with bounds; they never decide."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np

from quantgate.evals.decision.length_figures import BuildScore, LengthFigures
from quantgate.evals.pairing.item_scores import ItemScores
from quantgate.evals.stats.bounds import paired_bounds
from quantgate.evals.stats.checks import FloatArray

_LENGTH = re.compile(r"0*(\d+(?:\.\d)?)k ")
_K = 1024


def length_of(stratum: str) -> int | None:
    """The length in tokens that a stratum's name begins with, as `016k rounds_8`; `None` where it says none.

    >>> length_of("016k rounds_8"), length_of("000.5k single"), length_of("airline")
    (16384, 512, None)
    """
    told = _LENGTH.match(stratum)
    return None if told is None else int(float(told[1]) * _K)


def length_figures(scores: ItemScores, alpha: float) -> tuple[LengthFigures, ...]:
    """A row for each length, shortest first; none where some stratum says no length.

    A build's answers that are missing count for nothing in its lower bound, for all they can in its upper one.
    """
    found = [length_of(name) for name in scores.parts or ()]
    if not found or None in found:
        return ()
    lengths = np.array(found)
    return tuple(_figures(int(length), scores.of(lengths == length), alpha) for length in np.unique(lengths))


def _figures(length: int, own: ItemScores, alpha: float) -> LengthFigures:
    own = replace(own, strata=None, parts=None)
    return LengthFigures(
        length,
        len(own.item_ids),
        _score(own, own.baseline, own.lowest_baseline, own.baseline, alpha),
        _score(own, own.candidate, own.candidate, own.highest_candidate, alpha),
        alpha,
    )


def _score(own: ItemScores, told: FloatArray, low: FloatArray, high: FloatArray, alpha: float) -> BuildScore:
    # The bounds are those of a mean of values from -1 to 1, to which scores are stretched.
    bounds = paired_bounds(2 * low - 1, highest=2 * high - 1, alpha=alpha, clusters=own.clusters, method="bayesian")
    return BuildScore(float(told.mean()), (bounds.lower + 1) / 2, (bounds.upper + 1) / 2)
