"""Each stratum of a task judged by itself; they are shown and never decide."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from quantgate.evals.decision.bounds import Bounds
from quantgate.evals.decision.types import StratumFigures
from quantgate.evals.decision.verdict import verdict_of
from quantgate.evals.pairing.item_scores import ItemScores
from quantgate.evals.settings.margin import Margin


def strata_figures(
    scores: ItemScores, margin: Margin, bounds_of: Callable[[ItemScores], Bounds]
) -> tuple[StratumFigures, ...]:
    """A row for each stratum, at the task's margin; `bounds_of` gives the bounds of some of its items."""
    if scores.parts is None:
        return ()
    names = np.array(scores.parts)
    return tuple(_stratum(name, scores, names == name, margin, bounds_of) for name in sorted(set(scores.parts)))


def _stratum(
    name: str,
    scores: ItemScores,
    chosen: NDArray[np.bool_],
    margin: Margin,
    bounds_of: Callable[[ItemScores], Bounds],
) -> StratumFigures:
    own = replace(scores.of(chosen), strata=None, parts=None)
    bounds = bounds_of(own)
    return StratumFigures(
        stratum=name,
        items=len(own.item_ids),
        baseline=float(own.baseline.mean()),
        candidate=float(own.candidate.mean()),
        difference=bounds.estimate,
        lower=bounds.lower,
        upper=bounds.upper,
        verdict=verdict_of(bounds, margin),
        recovery_bounds=bounds.recovery_bounds,
        kl_bounds=bounds.kl_bounds,
    )
